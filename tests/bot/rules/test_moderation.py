"""Blocked words are found however they are spelt, and not in harmless ones."""

import time

import pytest

from bot.rules.moderation import blocked_word
from tests.fuzz.growth import is_linear

WORDS = ("badword", "hate", "ass", "cunt", "porn", "god", "дурак", "坏词", "dead cat", "größe", "хуй", "1488")

FOUND = {
    "badword": [
        "a badword here", "BADWORD", "bádwörd", "b\u200bad\u00adword", "b.a.d.w.o.r.d", "b a d w o r d", "b_a_d-word",
        "baaadwoord", "b4dw0rd", "ｂａｄｗｏｒｄ", "𝕓𝕒𝕕𝕨𝕠𝕣𝕕", "bаdwоrd", "b@dword", "b*a*d*w*o*r*d", "(badword)",
        "ba\u0336d\u0336word", "b!a!d!w!o!r!d", "badword's",
    ],
    "hate": ["h4t3", "H A T E", "hаtе", "h@te", "HΑTΕ", "haaaate", "h-a-t-e"],
    "ass": ["a55", "a$$", "аss", "a.s.s", "asssss"],
    "porn": ["pr0n", "p0rn", "Роrn"],
    "god": ["god!", "goood", "g0d"],
    "дурак": ["ты дурак", "ДУРАК", "д.у.р.а.к", "дуpaк", "дурааак"],
    "坏词": ["画一个坏词吧", "坏 词", "坏\u200b词", "坏・词"],
    "dead cat": ["a dead cat", "dead, cat", "d3ad  c@t", "DEAD_CAT"],
    "größe": ["GRÖSSE", "grosse", "größe"],
    "хуй": ["xyй", "ХУЙ"],
    "1488": ["1488", "88 and 1488!"],
}  # fmt: skip

HARMLESS = [
    "Scunthorpe", "a classic assassin in the grass", "hateful", "a good dog", "as sassy as a sparrow", "popcorn",
    "455 pixels, 4:3", "the dead of night, a cat", "dead cats", "рак и сор", "an orange cat", "14880",
    "глубокий пруд", "好词", "b a d", "a 55 mm lens", "porno", "pronoun", "ha te", "", "ha, tea",
]  # fmt: skip


@pytest.mark.parametrize(("word", "text"), [(word, text) for word, texts in FOUND.items() for text in texts])
def test_a_blocked_word_is_found_however_it_is_spelt(word, text):
    assert blocked_word([text], [word]) == word


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_text_is_none_for_containing_a_blocked_word(text):
    assert blocked_word([text], WORDS) is None


def test_a_word_of_cyrillic_letters_is_no_latin_one_where_the_text_is_russian():
    assert blocked_word(["старый сор под столом"], ["cop"]) is None
    assert blocked_word(["an old сор under the table"], ["cop"]) == "cop"


def test_all_texts_are_looked_through_and_the_first_word_is_named():
    assert blocked_word(["a cat", "a hate, a god"], WORDS) == "hate"
    assert blocked_word(["a cat"], []) is None
    assert blocked_word(["a cat"], ["", "  ", "."]) is None


def test_a_long_text_of_signs_is_looked_through_in_no_time():
    words = [f"{word}{ending}" for word in ("slaughter", "assassination", "illicit") for ending in "abcdefghij"]
    began = time.perf_counter()
    for text in ("!|1" * 660, "a.s" * 660, "aaaa" * 500, "@" * 2_000, "i! i| " * 330):
        assert blocked_word([text], words) is None
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("word", ["snake_case", "_ _ _ a", "__x", "a_", "aaaab", "bad word", "abcabcx", "坏词坏词"])
@pytest.mark.parametrize("piece", ["_", "snake_", "_ ", "a.", "\u0301\u0323", "abc", "bad  ", "坏 。"])
def test_no_text_takes_longer_than_its_length(word, piece):
    """An underscore in a blocked word was both a letter and a sign between letters: 30 of them took minutes."""
    assert is_linear(lambda text: blocked_word([text], [word]), piece, 1_200 // len(piece))


@pytest.mark.parametrize("text", ["a snake_case here", "snake case", "snake-case", "SNAKE__CASE"])
def test_an_underscore_in_a_blocked_word_is_a_sign_between_letters(text):
    assert blocked_word([text], ["snake_case"]) == "snake_case"
    assert blocked_word(["snake, upper case"], ["snake_case", "_", "__"]) is None
