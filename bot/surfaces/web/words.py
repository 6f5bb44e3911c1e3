"""The page's own words: the browser gets them in every language and chooses; sentences follow what it asks for."""

from __future__ import annotations

import gradio as gr

from bot.commands.table import DRAWING_COMMANDS
from bot.words.localisation import FALLBACK, in_each_language, keys_of, knows_language
from bot.words.replies import key

# What the page says in words that stand in other files too.
SHARED = ("option-enhance", "option-exact", "option-map", "option-negative", "prompt-placeholder")
FILES = ("web.ftl", "results.ftl")
# Gradio knows Chinese by its countries only.
LOCALES = {"en": ("en",), "de": ("de",), "ru": ("ru",), "zh": ("zh", "zh-CN", "zh-TW")}


def word(key: str) -> str:
    """Write a mark that the browser replaces by the message called `key`, in its language."""
    return str(gr.I18n()(key))


def dictionary() -> gr.I18n:
    """Say every message of the page in every language, by the names that Gradio has for them."""
    own = [name for file in FILES for name in keys_of(file)]
    commands = [key("command", command.name) for command in DRAWING_COMMANDS]
    said = {each: in_each_language(each) for each in (*own, *commands, *SHARED)}
    return gr.I18n(
        **{
            locale: {name: words[language] for name, words in said.items()}
            for language, locales in LOCALES.items()
            for locale in locales
        }
    )


def locale_of(request: gr.Request) -> str:
    """Return the locale in which a browser wants to be answered."""
    return preferred(request.headers.get("accept-language", ""))


def preferred(accepted: str) -> str:
    """Choose from an Accept-Language header such as "fr, de-AT;q=0.8, en;q=0.5" the locale to speak, here "de-AT"."""
    ranked = sorted((_ranked(each) for each in accepted.split(",")), key=lambda it: -it[1])  # equals keep their order
    return next((locale for locale, quality in ranked if quality > 0 and knows_language(locale)), FALLBACK)


def _ranked(part: str) -> tuple[str, float]:
    locale, _, quality = (each.strip() for each in part.partition(";"))
    try:
        return locale, float(quality.lower().removeprefix("q=") or 1)
    except ValueError:
        return locale, 0.0
