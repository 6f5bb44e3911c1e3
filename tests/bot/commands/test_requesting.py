"""Commands about pictures: which picture goes where, how parts and weights are written, what is refused."""

import dataclasses

import pytest

from bot.commands.parsing import parse_text
from bot.commands.parts import split_parts
from bot.commands.requesting import again, to_request
from bot.commands.table import AGAIN, Invocation, Taken
from bot.words import replies
from engine.catalog import DEMO, KANDINSKY_2_2, KANDINSKY_3, NO_SAVINGS, Catalog, Savings
from engine.errors import RequestError
from engine.request import InputPicture, Part

CATALOG = Catalog([DEMO, KANDINSKY_2_2, dataclasses.replace(KANDINSKY_3, modes=("text2img",))])


def kept(name: str = "photo.png", digit: str = "a", width: int = 128, height: int = 128) -> Taken:
    return Taken(name, InputPicture(sha256=digit * 64, width=width, height=height))


def request(text: str, *pictures: Taken):
    return to_request(dataclasses.replace(parse_text(text, "telegram"), pictures=pictures), CATALOG)


def test_a_picture_that_comes_along_is_the_one_that_the_command_needs():
    made = request("/img2img a fox --strength 0.4", kept())
    assert (made.mode, made.prompt, made.strength, made.picture) == ("img2img", "a fox", 0.4, kept().picture)


def test_the_second_picture_of_an_inpaint_is_its_mask():
    made = request("/inpaint a hat", kept(), kept("mask.png", "b"))
    assert (made.picture.sha256[0], made.mask.sha256[0]) == ("a", "b")
    assert request("/inpaint a hat", kept()).mask is None


@pytest.mark.parametrize(
    ("size", "drawn"),
    [((128, 192), (128, 192)), ((100, 100), (128, 128)), ((4000, 3000), (128, 128)), ((1600, 800), (192, 64))],
)
def test_a_picture_is_drawn_over_at_its_own_size_or_at_one_of_its_ratio(size, drawn):
    made = request("/img2img a fox", kept(width=size[0], height=size[1]))
    assert (made.width, made.height) == drawn


def test_a_size_that_was_asked_for_counts():
    assert request("/img2img a fox --size 192x64", kept()).width == 192


def test_a_panorama_is_drawn_in_the_widest_size_that_the_model_makes():
    made = request("/img2img a fox", kept(width=4000, height=16))
    assert (made.width, made.height) == (256, 64)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('"a tiger":0.4 "a cat"', [("a tiger", "0.4"), ("a cat", None)]),
        ("«тигр»:2 „Katze“:1 “猫”", [("тигр", "2"), ("Katze", "1"), ("猫", None)]),
        ("cat.png:0.6 image2:0.4", [("cat.png", "0.6"), ("image2", "0.4")]),
        ("a tiger:0.4 | a cat in a hat", [("a tiger", "0.4"), ("a cat in a hat", None)]),
        ("  ", []),
        ("at 16:9", [("at 16", "9")]),
    ],
)
def test_parts_are_written_in_quotation_marks_or_between_bars(text, parts):
    assert list(split_parts(text)) == parts


def test_pictures_are_mixed_by_their_names_their_numbers_or_just_because_they_came():
    pictures = (kept("cat.png"), kept("dog.png", "b"), kept("fox.png", "c"))
    made = request('/mix cat.png:0.6 "a tiger":0.3 image2:0.1', *pictures)
    assert made.parts == (
        Part(picture=pictures[0].picture, weight=0.6),
        Part(text="a tiger", weight=0.3),
        Part(picture=pictures[1].picture, weight=0.1),
        Part(picture=pictures[2].picture),
    )


def test_a_morph_leads_from_one_end_to_the_other():
    made = request('/morph "a cat" --frames 5', kept())
    assert (made.start, made.end, made.frames) == (Part(text="a cat"), Part(picture=kept().picture), 5)


def test_outpainting_names_its_sides_or_a_ratio():
    assert request("/outpaint a field --extend left,top --share 0.25", kept()).extend == ("left", "top")
    assert request("/outpaint a field --extend all", kept()).extend == ("left", "right", "top", "bottom")
    assert request("/outpaint a field --ar 2:1", kept()).ratio == 2


def test_an_enlarged_picture_has_twice_its_sides():
    made = request("/upscale", kept(width=300, height=200))
    assert (made.width, made.height) == (600, 400)


BAD = {
    "/img2img a fox": "/img2img needs a picture",
    "/img2img": "/img2img needs a picture",
    "/mix": "Name 2 to 4 things to mix",
    '/mix "a cat"': "Name 2 to 4 things to mix",
    '/mix "1" "2" "3" "4" "5"': "Name 2 to 4 things to mix",
    '/mix "a":0 "b":0': "All weights are 0",
    '/morph "a cat"': "so it needs two; 1 were given",
    '/morph "a" "b" --frames 2': "frames must be between 3 and 24; 2 is not.",
}
BAD_WITH_PICTURE = {
    "/img2img a fox --strength 0": "strength must be between 0.02 and 1; 0 is not.",
    "/img2img": "The prompt is empty.",
    "/outpaint a field --extend up": "up is not a side. Choose from: left, right, top, bottom, all",
    "/outpaint a field --ar 9:1": "is not a ratio between 1:8 and 8:1",
    "/img2img a fox --model kandinsky-3": "kandinsky-3 cannot do img2img. These can: demo, kandinsky-2-2",
}


@pytest.mark.parametrize("text", BAD)
def test_what_lacks_a_part_is_refused_in_a_sentence(text):
    with pytest.raises(RequestError) as caught:
        request(text)
    assert BAD[text] in replies.error(caught.value)


@pytest.mark.parametrize("text", BAD_WITH_PICTURE)
def test_what_is_wrong_about_a_picture_is_refused_in_a_sentence(text):
    with pytest.raises(RequestError) as caught:
        request(text, kept())
    assert BAD_WITH_PICTURE[text] in replies.error(caught.value)


def test_more_pictures_than_a_command_takes_are_refused():
    with pytest.raises(RequestError) as caught:
        request("/img2img a fox", kept(), kept("b.png", "b"))
    assert "/img2img takes at most 1 picture." in replies.error(caught.value)


def test_a_command_of_words_alone_takes_no_picture():
    with pytest.raises(RequestError) as caught:
        request("/imagine a fox", kept())
    assert "/imagine draws from words alone." in replies.error(caught.value)


def test_a_picture_that_would_become_too_large_is_not_enlarged():
    with pytest.raises(RequestError, match="too_large_to_upscale"):
        request("/upscale", kept(width=2049, height=100))


@pytest.mark.parametrize(("given", "saved"), [
    ({"of": "0123456789"}, Savings(300, 7)),
    ({"quality": "normal"}, DEMO.savings["normal"]),
    ({"model": "kandinsky-2-2", "size": "768x768"}, NO_SAVINGS),
    ({"exact": True}, NO_SAVINGS),
])  # fmt: skip
def test_what_is_drawn_again_saves_what_it_saved_unless_that_is_asked_for_anew(given, saved):
    drawn = request("/imagine a fox").model_copy(update={"savings": Savings(300, 7)})
    assert again(drawn, Invocation(AGAIN, given), CATALOG).savings == saved


def test_every_step_is_made_in_full_where_the_operator_or_the_person_says_so():
    assert request("/imagine a fox").saves == DEMO.savings["normal"] != NO_SAVINGS
    assert request("/imagine a fox --exact").saves == NO_SAVINGS
    full = to_request(parse_text("/imagine a fox", "telegram"), CATALOG.without_savings())
    assert full.savings == NO_SAVINGS
    assert full.cost() > request("/imagine a fox").cost()
