"""No text is too long to be refused: bounds come before readers, and readers take steps in proportion to the length."""

import re

import pytest

from bot.commands.bounds import MAX_LIST_BYTES, MAX_TEXT, check_texts
from bot.commands.parsing import parse_text, read_words
from bot.commands.parts import split_parts
from bot.commands.requesting import to_request
from bot.commands.table import BATCH, IMAGINE, MIX, Invocation, Upload
from bot.words import replies
from engine.catalog import DEMO, Catalog
from engine.errors import RequestError
from engine.request import MAX_PROMPT
from tests.fuzz.growth import is_linear

CATALOG = Catalog([DEMO])


def sentence_of(problem: pytest.ExceptionInfo) -> str:
    return replies.error(problem.value)


@pytest.mark.parametrize("text", ["/mix " + "a|" * 500_000, "/imagine " + "a " * 500_000, "/batch " + "a\n" * 500_000])
def test_a_megabyte_is_refused_before_it_is_read(text):
    with pytest.raises(RequestError) as caught:
        parse_text(text, "web")
    assert "24,000 are read" in sentence_of(caught)
    with pytest.raises(RequestError):
        read_words(IMAGINE, text, "web")


@pytest.mark.parametrize(
    "options", [{"prompt": "a" * (MAX_TEXT + 1)}, {"prompt": "a" * 20_000, "negative": "a" * 20_000}]
)
def test_options_are_bounded_together_where_no_line_was_read(options):
    with pytest.raises(RequestError) as caught:
        check_texts(Invocation(IMAGINE, options))
    assert caught.value.code == "text_too_long"
    check_texts(Invocation(IMAGINE, {"prompt": "a" * MAX_TEXT, "image": Upload("a", b"a" * 100_000), "seed": None}))


def test_the_longest_batch_can_be_typed_and_a_prompt_that_is_too_long_has_a_sentence_of_its_own():
    longest = [letter * MAX_PROMPT for letter in "abcdefghij"]
    line = (
        "/batch " + "\n".join(longest) + "\n--negative " + "k" * MAX_PROMPT + " --size 64x64 --steps 3 --caption fine"
    )
    assert to_request(parse_text(line, "web"), CATALOG).texts() == tuple(longest)
    with pytest.raises(RequestError) as caught:
        to_request(parse_text("/imagine " + "a" * (MAX_PROMPT + 1), "web"), CATALOG)
    assert caught.value.code == "too_long"


def test_a_list_of_prompts_is_bounded_as_a_file():
    longest = ("\n".join("猫" * MAX_PROMPT for _ in range(10))).encode()
    made = to_request(Invocation(BATCH, {"list": Upload("list.txt", longest)}), CATALOG)
    assert len(made.texts()) == 10
    with pytest.raises(RequestError) as caught:
        to_request(Invocation(BATCH, {"list": Upload("list.txt", b"a\n" * MAX_LIST_BYTES)}), CATALOG)
    assert sentence_of(caught) == "list.txt is too large for a list of prompts: 192 kB, at most 96 kB are read."


@pytest.mark.parametrize(
    "piece",
    ["a|", "a ", '"', "„a|", '„"|', "«a", '"a" ', "a.png|", "a.png:1", ":1", ":1111", "1", ".png:11x", "|", "a\n"],
)
def test_parts_are_split_in_a_time_that_grow_with_the_length(piece):
    assert is_linear(lambda text: list(split_parts(text)), piece, 6_000 // len(piece))


def test_parts_on_several_lines_are_not_swallowed():
    assert list(split_parts("a tiger\nwith stripes | a cat:0.5")) == [("a tiger with stripes", None), ("a cat", "0.5")]
    assert list(split_parts("cat.png|dog.png:2")) == [("cat.png", None), ("dog.png", "2")]


def test_a_mix_of_hundreds_of_parts_is_refused_in_its_sentence():
    with pytest.raises(RequestError) as caught:
        to_request(Invocation(MIX, {"parts": "a|" * 10_000}), CATALOG)
    assert re.match("Name 2 to 4 things", sentence_of(caught))
