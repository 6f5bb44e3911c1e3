"""A browser gets the page's words in every language, and sentences in the one that it asks for."""

import re
from types import SimpleNamespace

import pytest

from bot.surfaces.web.page import build
from bot.surfaces.web.words import dictionary, preferred
from engine.catalog import DEMO, KANDINSKY_2_2, Catalog


def texts(value: object) -> list[str]:
    """List every text within a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    return [text for each in value for text in texts(each)] if isinstance(value, list) else [str(value)]


async def _handle(*_: object) -> None:
    """Stand for a handler."""


def test_the_page_brings_its_words_in_every_language():
    words = dictionary().translations
    assert words.keys() == {"en", "de", "ru", "zh", "zh-CN", "zh-TW"}
    assert len({tuple(each) for each in words.values()}) == 1
    assert words["de"]["web-generate"] == "Malen"
    assert words["zh-TW"] == words["zh"]
    assert not [text for text in texts(words) if "{" in text]  # the browser fills nothing in


async def test_all_that_the_page_shows_is_marked_to_be_said_in_the_reader_s_language():
    handlers = SimpleNamespace(say=_handle, draw=_handle, press=_handle, watch=_handle)
    components = build(handlers, Catalog([DEMO, KANDINSKY_2_2])).get_config_file()["components"]
    shown = [each["props"].get(name) for each in components for name in ("label", "info", "placeholder", "title")]
    shown += [name for each in components for name, value in each["props"].get("choices") or () if name != value]
    written = {text for text in shown if text}
    assert len(written) > 30
    assert {text for text in written if "__i18n__" not in text} <= {"kandinsky-bot", "16:9"}
    marked = set(re.findall(r'"key": "([^"]+)"', " ".join(written)))
    assert marked <= dictionary().translations["en"].keys()


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de-AT"),
        ("fr, en;q=0.5, ru ; q=0.9", "ru"),
        ("zh-CN", "zh-CN"),
        ("fr, *;q=0.1", "en"),
        ("de;q=0, en", "en"),
        ("de;q=much, ru;q=0.1", "ru"),
        ("", "en"),
    ],
)
def test_a_browser_is_answered_in_the_language_that_it_likes_best_of_those_spoken(accepted, locale):
    assert preferred(accepted) == locale
