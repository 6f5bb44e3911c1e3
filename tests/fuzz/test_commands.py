"""Whatever is written as a command: an invocation that can be written down again, a request, or a sentence."""

from zlib import crc32

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.commands.buttons import VERBS, Button
from bot.commands.parsing import parse_text, read_words, write_text
from bot.commands.parts import split_parts
from bot.commands.repeating import line_for
from bot.commands.requesting import again, to_request
from bot.commands.styles import styles_of
from bot.commands.table import AGAIN, COMMANDS, DRAWING_COMMANDS, Invocation, Taken, Upload
from bot.words import replies
from bot.words.localisation import LANGUAGES, speaking
from engine.catalog import DEMO, KANDINSKY_2_2, Catalog
from engine.errors import RequestError
from engine.request import InputPicture
from tests.fuzz.growth import is_linear
from tests.fuzz.written import LINES, TEXTS

CATALOG = Catalog([DEMO, KANDINSKY_2_2])
STYLES = styles_of({})
SURFACES = st.sampled_from(("telegram", "web", "discord", "cli"))
PICTURES = tuple(Taken(name, InputPicture(sha256="0" * 64, width=64, height=48)) for name in ("cat.png", "b.jpg"))


def said(problem: RequestError) -> None:
    """Say a problem, each in one language or another; what is said can be sent."""
    with speaking(LANGUAGES[crc32(str(problem).encode()) % len(LANGUAGES)]):
        assert replies.error(problem).encode()


def answered(read):
    """Return what was read, or nothing where that is said in a sentence."""
    try:
        return read()
    except RequestError as problem:
        said(problem)
        return None


@given(st.one_of(LINES, TEXTS), SURFACES)
@example("", "web")
@example("   ", "telegram")
@example("/imagine a --negative=--seed b", "web")
def test_a_line_is_read_and_what_was_read_can_be_written_and_read_again(text, surface):
    invocation = answered(lambda: parse_text(text, surface))
    if invocation is not None:
        for main_last in (False, True):
            line = write_text(invocation, main_last=main_last)
            assert parse_text(line, surface).options == invocation.options


@given(LINES, st.integers(0, 2), st.sampled_from(("telegram", "web")))
def test_what_was_read_becomes_a_request_whose_file_can_be_drawn_again(text, pictures, surface):
    invocation = answered(lambda: parse_text(text, surface, PICTURES[:pictures]))
    if invocation is None or not invocation.command.request:
        return
    request = answered(lambda: to_request(invocation, CATALOG, STYLES))
    if request is not None:
        assert type(request).model_validate_json(request.model_dump_json()) == request
        line_for(request, 0, surface, CATALOG, STYLES)
        more = Invocation(AGAIN, {name: value for name, value in invocation.options.items() if name != "of"})
        answered(lambda: again(request, more, CATALOG, STYLES))


VALUES = st.one_of(TEXTS, st.none(), st.integers(), st.floats(), st.booleans(), st.sampled_from(PICTURES))


@given(st.data(), st.sampled_from(DRAWING_COMMANDS))
def test_options_that_no_parser_saw_become_a_request(data, command):
    names = st.sampled_from([option.name for option in command.options])
    options = data.draw(st.dictionaries(names, VALUES, max_size=6))
    if command.main in ("prompt", "parts"):
        options.setdefault(command.main, "a cat | a fox")
    answered(lambda: to_request(Invocation(command, options, data.draw(st.just(PICTURES))), CATALOG, STYLES))


@given(st.binary(max_size=200), TEXTS)
def test_a_list_of_prompts_is_any_file(data, typed):
    [batch] = [command for command in COMMANDS if command.name == "batch"]
    answered(lambda: to_request(Invocation(batch, {"prompts": typed, "list": Upload("l", data)}), CATALOG))


@given(TEXTS, st.sampled_from(COMMANDS), st.data())
def test_words_behind_a_command_or_a_flag_are_read(text, command, data):
    flags = [it.name for it in command.on("telegram") if not it.is_picture and it.name != command.main]
    option = data.draw(st.sampled_from([None, *flags]))
    answered(lambda: read_words(command, text, "telegram", option))


@given(TEXTS)
def test_parts_hold_all_that_was_written(text):
    parts = list(split_parts(text))
    assert all(words == words.strip() for words, _ in parts)
    left = "".join(words + (weight or "") for words, weight in parts)
    for sign in set(text) - set('"“”„«»|:') - {sign for sign in text if sign.isspace()}:
        assert left.count(sign) == text.count(sign)


@given(st.one_of(TEXTS, st.builds("{}:{}:{}".format, st.sampled_from([*VERBS]), TEXTS, st.integers())))
@example("full:0123456789:" + "9" * 5_000)
def test_a_button_s_key_is_read_back_or_is_none(key):
    button = answered(lambda: Button.read(key))
    if button is not None:
        assert Button.read(button.key) == button
        assert button.named


@pytest.mark.parametrize(
    "piece", ["a ", "a", "a|", "\n", "--seed 1 ", "--negative a ", '"', "„a|", "a.png ", ":1", "—", "=", "﷽"]
)
@pytest.mark.parametrize("command", ["imagine", "mix", "batch", "settings", "report"])
def test_a_line_is_read_in_a_time_that_grows_with_its_length(command, piece):
    def read(text):
        try:
            invocation = parse_text(f"/{command} {text}", "web")
            if invocation.command.request:
                to_request(invocation, CATALOG, STYLES)
        except RequestError as problem:
            replies.error(problem)

    assert is_linear(read, piece, 5_000 // len(piece))
