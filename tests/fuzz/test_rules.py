"""Whatever is written as a setting, a language or a blocked word: a value that can be kept, or a sentence."""

import json
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.commands.styles import styles_of
from bot.rules.moderation import blocked_word, fold
from bot.rules.setting_table import TABLE, Context, find_setting
from bot.rules.settings import Settings, limits_of
from bot.surface import Origin
from bot.surfaces.web.words import preferred
from bot.words.localisation import LANGUAGES, knows_language, language_of
from engine.catalog import DEMO, Catalog
from engine.errors import RequestError
from tests.fuzz.growth import is_linear
from tests.fuzz.test_commands import answered
from tests.fuzz.written import TEXTS, WORDS

CATALOG = Catalog([DEMO])
NAMES = st.sampled_from([*(setting.name for setting in TABLE), "who-imagine", "who_demo", "--WHO-batch"])
ORIGINS = st.sampled_from([Origin("discord", "discord:1", "discord:2/3", "k"), Origin("web", "web:a", "web:a", "k")])


@given(st.one_of(NAMES, WORDS), TEXTS, ORIGINS)
def test_a_setting_is_read_and_what_was_read_can_be_kept(name, text, origin):
    context = Context(origin, CATALOG, styles_of({}), Settings())
    value = answered(lambda: find_setting(name, CATALOG).read(text, context))
    if value is not None:
        assert json.loads(json.dumps(value)) == value
        limits_of({find_setting(name, CATALOG).name: value})


@pytest.mark.parametrize("setting", [*TABLE, find_setting("who-imagine", CATALOG)], ids=lambda it: it.name)
@pytest.mark.parametrize("piece", ["1", "1 ", ",", "a,", "<@1>", "-", "9:", " "])
def test_a_setting_is_read_in_a_time_that_grows_with_its_length(setting, piece):
    context = Context(Origin("discord", "discord:1", "discord:2/3", "k"), CATALOG, styles_of({}), Settings())

    def read(text):
        with suppress(RequestError):
            setting.read(text, context)

    assert is_linear(read, piece, 5_000 // len(piece))


@given(TEXTS, st.lists(TEXTS.map(lambda text: text[:60]), max_size=5))
@example("snake" + "_" * 40 + "x", ["snake_case"])
@example("_ " * 400, ["_ _ _ _ a"])
def test_blocked_words_are_looked_for_in_anything(text, words):
    found = blocked_word([text], words)
    assert found is None or found in words


@given(st.text(max_size=40))
def test_a_text_is_folded_once_and_for_all(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    "piece", ["_", "a_", "a\u0301\u0323", "\u0301\u0323", "\u05bc\u05b0", "ﷺ", "1|", "a.", "а", "猫"]
)
def test_a_text_is_looked_through_in_a_time_that_grows_with_its_length(piece):
    words = ["snake_case", "_ _ a", "dead cat", "1488", "坏词", "a1b2"]
    assert is_linear(lambda text: blocked_word([text], words), piece, 800 // len(piece))


@given(st.one_of(TEXTS, st.lists(st.tuples(WORDS, WORDS)).map(lambda it: ",".join(f"{a};q={b}" for a, b in it))))
def test_any_wish_for_a_language_is_answered_in_one(text):
    assert knows_language(preferred(text))
    assert language_of(text) in LANGUAGES
