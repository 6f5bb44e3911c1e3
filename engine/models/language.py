"""Tell which language a prompt is written in, without a network or a learned network."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

ENGLISH = "en"
UNKNOWN = "unknown"

# The first word of a letter's Unicode name is its script. A script of one language decides by itself; in the others
# only these languages compete: with every language in the race, two or three words go to a rare one.
_LANGUAGES = MappingProxyType(
    {
        "LATIN": (
            "en", "cs", "da", "de", "es", "fi", "fr", "hu", "id", "it", "nl", "no", "pl", "pt", "ro", "sv", "tr", "vi",
        ),
        "CYRILLIC": ("ru", "uk", "bg", "sr"),
        "ARABIC": ("ar", "fa", "ur"),
        "DEVANAGARI": ("hi", "mr", "ne"),
        "CJK": ("zh",),
        "HIRAGANA": ("ja",),
        "KATAKANA": ("ja",),
        "HANGUL": ("ko",),
        "GREEK": ("el",),
        "HEBREW": ("he",),
        "THAI": ("th",),
        "GEORGIAN": ("ka",),
        "ARMENIAN": ("hy",),
        "BENGALI": ("bn",),
        "TAMIL": ("ta",),
    }
)  # fmt: skip
# One ideograph or syllable says as much as a few letters: it weighs as much where scripts are mixed.
_WEIGHTS = MappingProxyType({"CJK": 4, "HIRAGANA": 4, "KATAKANA": 4, "HANGUL": 3})
# Most prompts are English, and names and art words look foreign: another language must be this much more probable.
# Chosen on the prompts of tests/engine/models/short_prompts.py.
_ENGLISH_BIAS = 4.0
# Of one or two words next to nothing is known: "a cat" has more of Spanish than of English to a counter of letters.
_ENGLISH_BIAS_OF_FEW = 12.0
FEW_WORDS = 2


@dataclass(frozen=True, slots=True)
class Understood:
    """Say what a prompt was taken for: the text to draw, and where it comes from.

    `source_language` is an ISO 639-1 code or "unknown". `problem` is a code whose sentence people read:
    the prompt then goes through as it was written.
    """

    text: str
    source_language: str
    translated: bool = False
    problem: str | None = None


def detect(text: str) -> str:
    """Tell the language of `text` as an ISO 639-1 code, or "unknown" where it holds no letters of a known script."""
    text = unicodedata.normalize("NFKC", text)
    script = _script(text)
    if script is None:
        return UNKNOWN
    languages = _LANGUAGES[script]
    return languages[0] if len(languages) == 1 else _likeliest(text, languages)


def _script(text: str) -> str | None:
    letters = Counter(unicodedata.name(letter, "").split(" ")[0] for letter in text if letter.isalpha())
    weights = {script: count * _WEIGHTS.get(script, 1) for script, count in letters.items() if script in _LANGUAGES}
    if not weights:
        return None
    script = max(weights, key=weights.__getitem__)
    # Japanese is written in ideographs with kana between them, Chinese never has kana.
    return "HIRAGANA" if script == "CJK" and weights.keys() & {"HIRAGANA", "KATAKANA"} else script


def _likeliest(text: str, languages: Sequence[str]) -> str:
    scores: dict[str, float] = {
        language: score for language, score in _identifier().rank(text) if language in languages
    }
    if ENGLISH in scores:
        scores[ENGLISH] *= _ENGLISH_BIAS_OF_FEW if len(text.split()) <= FEW_WORDS else _ENGLISH_BIAS
    return max(scores, key=scores.__getitem__)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # half a second that other prompts need not wait

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(sorted({language for group in _LANGUAGES.values() for language in group}))
    return identifier
