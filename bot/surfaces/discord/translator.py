"""Say in each language what Discord shows before a command is sent; which one, it chooses by each person's app."""

from __future__ import annotations

from collections.abc import Callable

from discord import Locale
from discord.app_commands import TranslationContextTypes, Translator, locale_str

from bot.words.localisation import FALLBACK, language_of, speaking


def in_their_language(words: Callable[[], str]) -> locale_str:
    """Mark what `words` says, which is English here, to be said again in each language."""
    with speaking(FALLBACK):
        return locale_str(words(), words=words)


class Words(Translator):
    """Translate what was marked; the names of commands and options, which nobody marked, stay as they are."""

    async def translate(self, string: locale_str, locale: Locale, context: TranslationContextTypes) -> str | None:
        """Say `string` in the language of `locale`, or nothing where that is English anyway."""
        words: Callable[[], str] | None = string.extras.get("words")
        if words is None or language_of(str(locale)) == FALLBACK:
            return None
        with speaking(str(locale)):
            return words()
