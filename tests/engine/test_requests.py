"""What other code asks of a request in place of its type, for every mode."""

import pytest

from engine.request import Part
from engine.requests import MODES, Batch, Mix, Variations
from tests.engine.every_mode import ENDS, PICTURE, REQUESTS


def those(fact):
    return {request.mode for request in REQUESTS if fact(request)}


def test_there_is_a_request_here_for_every_mode():
    assert {request.mode: type(request) for request in REQUESTS} == dict(MODES)


@pytest.mark.parametrize(
    ("fact", "modes"),
    [
        (lambda it: it.is_animation, {"morph"}),
        (lambda it: it.one_by_one, {"batch"}),
        (lambda it: it.has_parts, {"mix", "morph"}),
        (lambda it: it.is_average, {"mix"}),
        (lambda it: it.confirms_mask, {"inpaint"}),
        (lambda it: it.sized_by_picture, {"outpaint", "upscale"}),
        (lambda it: it.in_tiles, {"upscale"}),
        (lambda it: not it.draws, {"segment"}),
        (lambda it: not it.has_one_prompt, {"mix", "morph", "batch"}),
        (lambda it: it.batch_key() is None, {"morph", "batch", "segment", "upscale"}),
        (lambda it: it.model_copy(update={"strength": 0.5}).denoising_strength == 0.5, {"img2img", "upscale"}),
    ],
)
def test_a_fact_is_told_of_the_modes_that_it_is_true_of(fact, modes):
    assert those(fact) == modes


def test_pictures_are_counted_as_a_person_gets_them():
    counted = {request.mode: request.pictures_counted() for request in REQUESTS if request.pictures_counted() != 1}
    assert counted == {"text2img": 3, "img2img": 2, "mix": 4, "batch": 2, "segment": 0}


def test_the_words_of_one_picture_are_its_own_where_each_has_some():
    mix = Mix(model="demo", parts=(Part(text="a fox"), Part(text="a cat")))
    batch = Batch(model="demo", prompts=("a fox", "a cat"))
    assert [mix.text_of(1), batch.text_of(1)] == ["a fox + a cat", "a cat"]
    assert Variations(model="demo", picture=PICTURE).text_of(0) == ""


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda it: it.mode)
def test_all_words_are_said_anew_and_nothing_else_changes(request_):
    given = request_.model_copy(update={"negative_prompt": "rain"})
    said = given.with_texts(str.upper)
    assert said.texts() == tuple(text.upper() for text in given.texts())
    assert said.negative_prompt == "RAIN"
    assert said.with_texts(str.lower) == given


def test_what_is_drawn_from_is_the_prompt_the_parts_or_the_picture():
    drawn = {request.mode: request.parts_drawn() for request in REQUESTS}
    fox = Part(text="a fox")
    assert (drawn["text2img"], drawn["mix"], drawn["morph"]) == ((fox,), ENDS, ENDS)
    assert (drawn["variations"], drawn["upscale"]) == ((Part(picture=PICTURE), fox), ())
