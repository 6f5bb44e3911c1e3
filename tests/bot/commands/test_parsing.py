"""Command lines: what is written is read back as the same command, whoever writes it."""

import pytest

from bot.commands.parsing import parse_text, read_words, write_text
from bot.commands.table import AGAIN, BATCH, COMMANDS, IMAGINE, INPAINT, MIX, REPORT, Invocation, Upload

WEB = "web"
INVOCATIONS = [
    Invocation(IMAGINE, {"prompt": "a red circle", "seed": "7", "exact": True}),
    Invocation(IMAGINE, {"prompt": "a fox", "negative": "blue, blurry", "size": "16:9", "enhance": False}),
    Invocation(IMAGINE, {"seed": "7"}),
    Invocation(MIX, {"parts": '"a tiger":0.4 image1:0.6', "of": "0123456789.2"}),
    Invocation(AGAIN, {"of": "0123456789", "prompt": "a wolf", "caption": "grr"}),
    Invocation(INPAINT, {"where": "the fox's tail", "prompt": "a brush", "of": "0123456789"}),
    Invocation(BATCH, {"prompts": "a fox\na cat", "seed": "3"}),
    Invocation(REPORT, {"job": "0123456789", "reason": "it is ugly"}),
]


@pytest.mark.parametrize("main_last", [False, True])
@pytest.mark.parametrize("invocation", INVOCATIONS, ids=lambda it: it.command.name)
def test_what_is_written_is_read_back_as_the_same_command(invocation, main_last):
    read = parse_text(write_text(invocation, main_last=main_last), WEB)
    assert (read.command, read.options) == (invocation.command, invocation.options)


def test_bare_words_come_last_where_they_are_gone_on_with():
    again = Invocation(AGAIN, {"of": "0123456789", "prompt": "a wolf", "negative": "blue"})
    assert write_text(again) == "/again a wolf --of 0123456789 --negative blue"
    assert write_text(again, main_last=True) == "/again --of 0123456789 a wolf --negative blue"


def test_neither_pictures_nor_what_was_not_given_are_written():
    options = {"prompt": "a fox", "image": Upload("a.png", b""), "seed": None, "strength": 0.5}
    command = next(command for command in COMMANDS if command.name == "img2img")
    assert write_text(Invocation(command, options)) == "/img2img a fox --strength 0.5"


def test_words_behind_a_command_or_behind_one_of_its_flags_are_read_as_if_it_stood_there():
    assert read_words(IMAGINE, "a fox --seed 7", WEB) == parse_text("/imagine a fox --seed 7", WEB)
    assert read_words(INPAINT, "the hat --seed 7", WEB, "where") == parse_text("/inpaint --where the hat --seed 7", WEB)


@pytest.mark.parametrize("text", ["/imagine\ta fox", "/imagine\na fox", "  /imagine   a fox ", "/IMAGINE@a_bot a fox"])
def test_a_command_may_be_followed_by_any_white_space(text):
    assert parse_text(text, WEB) == Invocation(IMAGINE, {"prompt": "a fox"})
