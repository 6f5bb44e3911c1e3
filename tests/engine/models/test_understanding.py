"""What a model is told: words that it reads, and nothing else of the request changed."""

import pytest
from PIL import Image

from engine.catalog import DEMO, KANDINSKY_2_2
from engine.models.language import Understood
from engine.models.model import Drawing, Drawn
from engine.models.understanding import Interpreted, understood
from engine.request import InputPicture, Part, Style
from engine.requests import Mix, Morph, Segment, Text2Image, Variations

GERMAN = {"ein Fuchs": "a fox", "eine Katze": "a cat", "hässlich": "ugly"}


INK = Style(name="ink", prompt="ink drawing", negative_prompt="photo")
SENT = InputPicture(sha256="0" * 64, width=64, height=64)


class Dictionary:
    """Know three words of German."""

    def understand(self, prompt: str, reads: frozenset[str]) -> Understood:
        if prompt == "???":
            return Understood(prompt, "xx", problem="translator_missing")
        if prompt in GERMAN and "de" not in reads:
            return Understood(GERMAN[prompt], "de", translated=True)
        return Understood(prompt, "en")


def spoken(request, reads=KANDINSKY_2_2.reads):
    return understood(request, Dictionary(), reads)


def test_a_prompt_that_the_model_does_not_read_is_translated_and_what_was_understood_is_noted():
    request = Text2Image(model="m", prompt="ein Fuchs", negative_prompt="hässlich", seed=3)
    said, notes = spoken(request)
    assert said == request.model_copy(update={"prompt": "a fox", "negative_prompt": "ugly"})
    assert notes == {"understood": "a fox"}


def test_what_the_model_reads_goes_through_without_a_word():
    request = Text2Image(model="m", prompt="ein Fuchs")
    assert spoken(request, DEMO.reads) == (request, {})
    assert spoken(Text2Image(model="m", prompt="a fox"))[1] == {}


def test_the_words_of_a_mix_and_a_morph_are_translated_too():
    fox, cat = Part(text="ein Fuchs", weight=2), Part(text="eine Katze")
    said, notes = spoken(Mix(model="m", parts=(fox, cat)))
    assert said.parts == (Part(text="a fox", weight=2), Part(text="a cat"))
    assert notes == {"understood": "a fox + a cat"}
    said, _ = spoken(Morph(model="m", start=cat, end=fox))
    assert (said.start.text, said.end.text, said.end.weight) == ("a cat", "a fox", 2)


def test_a_prompt_that_cannot_be_translated_is_drawn_as_it_is_and_the_reason_noted():
    request = Text2Image(model="m", prompt="???")
    assert spoken(request) == (request, {"problem": "translator_missing"})


def test_the_words_of_a_style_are_added_to_what_the_model_is_told_and_not_to_what_is_noted():
    request = Text2Image(model="m", prompt="ein Fuchs", negative_prompt="hässlich", style=INK)
    said, notes = spoken(request)
    assert (said.prompt, said.negative_prompt) == ("a fox, ink drawing", "ugly, photo")
    assert notes == {"understood": "a fox"}
    assert request.prompt == "ein Fuchs"
    assert spoken(Text2Image(model="m", prompt="a fox", style=INK))[1] == {}


def test_every_text_of_a_mix_and_a_morph_gets_its_style_and_no_picture_does():
    said, notes = spoken(Mix(model="m", parts=(Part(text="ein Fuchs"), Part(picture=SENT)), style=INK))
    assert said.parts == (Part(text="a fox, ink drawing"), Part(picture=SENT))
    assert notes == {"understood": "a fox"}
    said, _ = spoken(Morph(model="m", start=Part(text="a fox"), end=Part(text="a cat"), style=INK))
    assert (said.start.text, said.end.text) == ("a fox, ink drawing", "a cat, ink drawing")


def test_a_style_stands_alone_where_there_are_no_other_words_and_nowhere_when_something_is_looked_for():
    said, _ = spoken(Variations(model="m", picture=SENT, style=INK))
    assert (said.prompt, said.negative_prompt) == ("ink drawing", "photo")
    looked_for = Segment(model="m", prompt="the fox", picture=SENT, style=INK)
    assert spoken(looked_for) == (looked_for, {})


def test_each_of_a_batch_has_its_own_notes_beside_those_of_the_model():
    class Model:
        def render(self, drawings, on_step):
            return [Drawn([Image.new("RGB", (8, 8))], {"drew": drawing.request.prompt}) for drawing in drawings]

    drawings = [Drawing(Text2Image(model="m", prompt=prompt)) for prompt in ("ein Fuchs", "a dog")]
    drawn = Interpreted(Model(), Dictionary(), KANDINSKY_2_2.reads).render(drawings, lambda step: None)
    assert [each.notes for each in drawn] == [{"drew": "a fox", "understood": "a fox"}, {"drew": "a dog"}]


@pytest.mark.parametrize("spec", [DEMO, KANDINSKY_2_2], ids=lambda spec: spec.name)
def test_every_model_reads_english(spec):
    assert "en" in spec.reads
