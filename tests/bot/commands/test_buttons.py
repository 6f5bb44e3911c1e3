"""Buttons: keys that hold all there is to know, and layouts that fit every platform."""

import pytest

from bot.commands import buttons
from bot.commands.buttons import VERBS, Button
from bot.words import replies
from bot.words.localisation import LANGUAGES, speaking
from engine.errors import RequestError
from engine.jobs import Job, JobStatus
from engine.request import InputPicture, Part
from engine.requests import AnyRequest, Batch, Mix, Morph, Text2Image, Upscale

CAT, TIGER = Part(text="a cat"), Part(text="a tiger")
PICTURE = InputPicture(sha256="0" * 64, width=64, height=64)


def job(request: AnyRequest) -> Job:
    return Job("0123456789", request, "me", "here", "web", "k", {}, JobStatus.POSTED, 1, 0.0)


REQUESTS = {
    "one": Text2Image(model="demo", prompt="a fox"),
    "four": Text2Image(model="demo", prompt="a fox", count=4),
    "upscale": Upscale(model="demo", picture=PICTURE),
    "mix": Mix(model="demo", parts=(CAT, TIGER)),
    "morph": Morph(model="demo", start=CAT, end=TIGER),
    "batch": Batch(model="demo", prompts=("a cat", "a tiger")),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("number", [0, 4])
def test_a_key_is_read_back_as_the_button_that_it_came_from(verb, number):
    button = Button(verb, "0123456789", number)
    assert Button.read(button.key) == button
    assert button.key.isascii()
    assert len(button.key) <= 40  # Telegram takes 64 bytes, Discord 100 characters with a prefix


@pytest.mark.parametrize("key", ["", "again", "again:1", "dance:1:0", "again::0", "again:1:-1", "again:1:x"])
def test_a_foreign_key_is_refused(key):
    with pytest.raises(RequestError) as caught:
        Button.read(key)
    assert caught.value.code == "button_unknown"


@pytest.mark.parametrize("name", REQUESTS)
def test_every_button_gives_a_command_and_asks_for_options_that_it_takes(name):
    rows = buttons.on_result(job(REQUESTS[name]))
    assert all(rows)
    for button in (button for row in rows for button in row):
        verb = VERBS[button.verb]
        taken = {option.name for option in verb.command.options}
        assert {verb.option, *verb.asks} - {"of"} <= taken
        assert button.invocation().options[verb.option] == button.named


@pytest.mark.parametrize("name", REQUESTS)
def test_a_layout_fits_into_discord_s_five_rows_of_five(name):
    rows = buttons.on_result(job(REQUESTS[name]))
    assert sum(-(-len(row) // 5) for row in rows) <= 5
    keys = [button.key for row in rows for button in row]
    assert len(keys) == len(set(keys))


def test_each_of_four_pictures_has_its_own_buttons():
    keys = {button.key for row in buttons.on_result(job(REQUESTS["four"])) for button in row}
    for verb in ("variations", "upscale", "full"):
        assert {f"{verb}:0123456789:{number}" for number in (1, 2, 3, 4)} <= keys


def test_what_has_no_one_prompt_cannot_have_it_edited():
    layouts = {
        name: [button.verb for row in buttons.on_result(job(it)) for button in row] for name, it in REQUESTS.items()
    }
    edited = {name for name, verbs in layouts.items() if "edit" in verbs}
    assert edited == {"one", "four", "upscale"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_are_short_and_in_the_reader_s_language(language):
    with speaking(language):
        labels = [replies.button(Button(verb, "0123456789", 4)) for verb in VERBS]
    assert all(0 < len(label) <= 30 for label in labels)
    assert all(label.endswith(" 4") for label in labels)


@pytest.mark.parametrize("key", ["full:0123456789:" + "1" * 5_000, "full:" + "a" * 1_000_000 + ":1"])
def test_a_key_that_is_longer_than_any_is_none(key):
    with pytest.raises(RequestError, match="button_unknown"):
        Button.read(key)
