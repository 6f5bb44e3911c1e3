"""The command table: the same words mean the same request everywhere, and every bad value gets its own error."""

import discord
import pytest

from bot.commands.parsing import parse_text
from bot.commands.requesting import to_request
from bot.commands.table import COMMANDS, IMAGINE, Invocation, find
from bot.service.answers.lookups import help_text
from bot.words import replies
from bot.words.localisation import say
from engine.catalog import DEMO, KANDINSKY_2_2, Catalog
from engine.errors import RequestError

CATALOG = Catalog([DEMO, KANDINSKY_2_2])


def request(text: str):
    return to_request(parse_text(text, "telegram"), CATALOG)


def test_flags_may_stand_anywhere_and_bare_words_are_the_prompt():
    made = request("/imagine a red --seed 7 circle\n--no blur, noise --steps=9 --guidance 3.5 --count 2")
    assert (made.prompt, made.negative_prompt) == ("a red circle", "blur, noise")
    assert (made.seed, made.steps, made.guidance_scale, made.count) == (7, 9, 3.5, 2)


def test_a_phrase_ends_at_the_next_flag():
    assert request("/imagine a cat --no a dog --seed 1").negative_prompt == "a dog"


@pytest.mark.parametrize("flag", ["--seed 7", "--seed=7", "—seed 7", "–seed 7", "--SEED 7"])
def test_a_flag_reads_as_phones_write_it(flag):
    assert request(f"/imagine a cat {flag}").seed == 7


@pytest.mark.parametrize(
    ("flag", "on"),
    [("--file", True), ("--file=yes", True), ("--file=TRUE", True), ("--file=no", False), ("—file=False", False)],
)
def test_a_switch_takes_no_word_but_may_be_set_to_yes_or_no(flag, on):
    assert parse_text(f"/imagine a {flag} no cat", "telegram").options == {"prompt": "a no cat", "file": on}


@pytest.mark.parametrize("prompt", ["a -- b", "it's 50% off -5", "a--b", '"quoted" \\ $HOME', "红色圆圈", "5--6"])
def test_a_prompt_is_kept_as_it_was_written(prompt):
    assert request(f"/imagine {prompt}").prompt == prompt


@pytest.mark.parametrize(
    ("size", "expected"),
    [("128x192", (128, 192)), ("128×64", (128, 64)), ("16:9", (192, 128)), ("1:1", (128, 128)), ("1:2", (64, 192))],
)
def test_a_size_is_pixels_or_a_ratio(size, expected):
    made = request(f"/imagine a cat --size {size}")
    assert (made.width, made.height) == expected
    assert request(f"/imagine a cat --seed {made.seed} --ar {size}") == made


def test_what_is_left_open_comes_from_the_model():
    made = request("/imagine a cat --model kandinsky-2-2")
    assert (made.width, made.height, made.steps, made.guidance_scale) == (768, 768, 50, 4.0)
    assert 0 <= made.seed < 2**32


def test_minus_one_means_any_seed():
    assert len({request("/imagine a cat --seed -1").seed for _ in range(4)}) > 1


def test_a_command_in_a_group_may_name_the_bot():
    assert parse_text("/imagine@Some_Bot a cat", "telegram").options == {"prompt": "a cat"}


def test_discord_s_typed_options_make_the_same_request():
    native = Invocation(IMAGINE, {"prompt": "a cat", "seed": 7, "guidance": 3.0, "size": None, "count": 2})
    assert to_request(native, CATALOG) == request("/imagine a cat --seed 7 --guidance 3 --count 2")


BAD = {
    "/imagine": "The prompt is empty",
    "/imagine --seed 7": "The prompt is empty",
    "/imagine " + "x" * 5000: "The prompt is too long: 5,000 characters, at most 2,000 are allowed.",
    "/imagine x --no " + "y" * 5000: "The negative is too long",
    "/imagine x --steps 9999": "steps must be between 1 and 150; 9999 is not.",
    "/imagine x --steps many": "steps must be between 1 and 150; many is not.",
    "/imagine x --steps 1.5": "steps must be between 1 and 150; “1.5” is not.",
    "/imagine x --guidance nan": "guidance must be between 0 and 30; nan is not.",
    "/imagine x --seed 4294967296": "seed must be between 0 and 4,294,967,295; 4294967296 is not.",
    "/imagine x --count 5": "count must be between 1 and 4; 5 is not.",
    "/imagine x --size 63x70000": "demo cannot draw 63x70000. Each side goes from 64 to 256 pixels in steps of 64",
    "/imagine x --size 100x100": "the nearest is 128x128.",
    "/imagine x --size 0x64": "0x64 is not a size.",
    "/imagine x --ar 99:1": "is not a size.",
    "/imagine x --size big": "big is not a size.",
    "/imagine x --model sdxl": "There is no model sdxl here. Choose from: demo, kandinsky-2-2.",
    "/imagine x --stps 3": "Did you mean --steps?",
    "/imagine x --colour red": "There is no option --colour. Choose from: negative, size,",
    "/imagine x --seed": "--seed needs a value after it.",
    "/imagine x --file=maybe": "--file may be yes or no; maybe is neither.",
    "/draw x": "There is no command /draw. Choose from: imagine, img2img, inpaint, outpaint, mix, morph, variations,",
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:40])
def test_bad_input_gets_one_sentence_that_names_it_and_what_is_allowed(text):
    with pytest.raises(RequestError) as caught:
        request(text)
    assert BAD[text] in replies.error(caught.value)


def test_every_command_and_option_is_described():
    for surface in ("discord", "telegram", "web"):
        for command in COMMANDS:
            if surface in command.surfaces:
                assert 1 <= len(replies.command_help(command)) <= 100
                assert all(1 <= len(replies.option_help(command, option)) <= 100 for option in command.on(surface))
                assert f"/{command.name}" in help_text(surface)


@pytest.mark.parametrize(("surface", "limit"), [("discord", 2_000), ("telegram", 4_096), ("web", 4_096)])
def test_every_help_fits_into_one_message(surface, limit):
    offered = [command for command in COMMANDS if surface in command.surfaces]
    texts = [help_text(surface), *(help_text(surface, command.name) for command in offered)]
    assert all(len(discord.utils.escape_markdown(text)) <= limit for text in texts)
    for command, text in zip(offered, texts[1:], strict=True):
        named = [option for option in command.on(surface) if surface == "discord" or not option.is_picture]
        assert all(f"{option.name}: {replies.option_help(command, option)}" in text for option in named)


def test_help_takes_a_name_as_people_write_it_and_refuses_others():
    assert help_text("telegram", " /IMG2IMG ").startswith("/img2img: ")
    assert "--strength" in help_text("telegram", "img2img")
    with pytest.raises(RequestError):
        help_text("discord", "start")


def test_pictures_are_sent_along_in_text_and_are_options_on_discord():
    assert say("pictures-help") in help_text("telegram", "inpaint")
    assert "mask: " not in help_text("telegram", "inpaint")
    assert "mask: " in help_text("discord", "inpaint")


def test_a_command_of_another_surface_is_unknown():
    with pytest.raises(RequestError):
        find("start", "discord")


def test_a_batch_keeps_the_ends_of_its_lines_and_nothing_else_does():
    batch = parse_text("/batch  a red fox \n\na  cat --steps 3\n--no blur,\nnoise", "telegram")
    assert batch.options == {"prompts": "a red fox\n\na cat", "steps": "3", "negative": "blur, noise"}
    assert parse_text("/batch@Some_Bot\na fox\na cat", "telegram").options == {"prompts": "a fox\na cat"}
    assert parse_text("/imagine\n a fox\nand a cat\n", "telegram").options == {"prompt": "a fox and a cat"}
    assert parse_text("/batch\n", "telegram").options == {}


def test_words_behind_a_main_option_that_takes_one_are_the_command_s_phrase():
    assert parse_text("/settings language de --scope me", "telegram").options == {
        "name": "language", "value": "de", "scope": "me",
    }  # fmt: skip
    assert parse_text("/report 0123456789 it is\nbad", "telegram").options == {
        "job": "0123456789", "reason": "it is bad",
    }  # fmt: skip
    assert parse_text("/cancel my job", "telegram").options == {"job": "my job"}
