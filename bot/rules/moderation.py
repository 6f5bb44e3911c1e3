"""Find blocked words in what people write, however they spell them. Pure.

A blocked word counts as a whole word only, so that it is not found in a harmless one. It is found with letters doubled,
with digits and signs in the place of letters, with letters of other scripts that look alike, with marks on them, and
with something in between. Where a script writes no spaces, it is found anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby

from confusable_homoglyphs.categories import alias
from confusable_homoglyphs.confusables import confusables_data

# Digits and signs that stand for letters; those that stand for two are read both ways.
_DIGITS = str.maketrans("0345789", "oeastbg")
_SIGNS = str.maketrans("@€!$+(", "aeistc")
_ONES = (str.maketrans("1|", "ii"), str.maketrans("1|", "ll"))
_GAPS = str.maketrans("@€!$+(|", ".......")
# The same letters in another order, under the cover of a digit.
RESPELT = {"porn": ("pr0n",), "fuck": ("fcuk",)}
# Marks above and below letters; the vowel signs of other scripts, which are letters, stand lower.
_LOWEST_MARK = 200
_LETTER = re.compile(r"[^\W\d_]")
_LETTERS = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_MOST_MARKS = 30
# What may stand between the letters of a word, and what must where each stands apart.
_BETWEEN = r"(?:[^\w\s]|_){0,3}"
_APART = r"[\W_]{1,3}"
_GAP = r"[\W_]+"
# How often a letter is read where it is repeated: who asks for more does not wait for the answer of all others.
_REPEATED = 30
# From this length on a letter that is only doubled is no other word: "god" and "good" are two.
_DOUBLES_FROM = 4
_APART_FROM = 3


def blocked_word(texts: Iterable[str], words: Iterable[str]) -> str | None:
    """Find the first of `words`, or phrases, that one of `texts` contains; `None` where all are harmless."""
    read = set[str]().union(*(_spellings(text) for text in texts))
    for word in words:
        if any(pattern.search(text) for pattern in _patterns(word) for text in read):
            return word
    return None


def fold(text: str) -> str:
    """Write `text` plainly: one width, one case, no marks, nothing invisible."""
    text = "".join(_with_few_marks(text))
    whole = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    seen = (it for it in whole if unicodedata.category(it) != "Cf" and unicodedata.combining(it) < _LOWEST_MARK)
    return unicodedata.normalize("NFKC", "".join(seen)).casefold()


def _with_few_marks(text: str) -> Iterator[str]:
    """Leave out the marks on a letter beyond the first 30, as the Stream-Safe Text Format does (UAX #15, section 13).

    No language has more, and Python sorts them in a time that grows with the square of their number.
    """
    marks = 0
    for sign in text:
        marks = marks + 1 if unicodedata.combining(sign) else 0
        if marks <= _MOST_MARKS:
            yield sign


def _spellings(text: str) -> set[str]:
    """List the ways to read a text: digits and signs as what they are or as letters, and letters as they look."""
    plain = fold(text)
    return {each for text in (plain, _unmasked(plain)) for each in _readings(text)}


def _readings(text: str) -> Iterator[str]:
    apart = text.translate(_GAPS)
    yield apart
    yield _with_letters(apart, _DIGITS)
    for ones in _ONES:
        yield _with_letters(text, _DIGITS | _SIGNS | ones)


def _with_letters(text: str, table: dict[int, int]) -> str:
    """Read digits and signs as letters, where there is a letter beside them: a number is none."""
    return re.sub(r"\S+", lambda it: it[0].translate(table) if _LETTER.search(it[0]) else it[0], text)


def _unmasked(text: str) -> str:
    """Write words in Latin letters that only look as if they were of another script.

    A word of Cyrillic letters alone is a Cyrillic word, where any other of the text can be nothing else.
    """
    tokens = re.split(r"(\w+)", text)
    native = {_script(token) for token in tokens if token.isalpha() and _latin(token) is None} - {""}
    return "".join(token if _script(token) in native else _latinised(token) for token in tokens)


def _script(token: str) -> str:
    """Name the script of a token's letters: nothing where it has none, or they are of several."""
    scripts = {alias(letter) for letter in token if letter.isalpha()}
    return str(scripts.pop()) if len(scripts) == 1 else ""


def _latin(token: str) -> str | None:
    """Write a token in Latin letters, or return `None` where it does not look like any."""
    latinised = _latinised(token)
    return latinised if latinised.isascii() else None


def _latinised(token: str) -> str:
    return "".join(_look_alike(letter) for letter in token)


@lru_cache(maxsize=4096)
def _look_alike(letter: str) -> str:
    if letter.isascii():
        return letter
    for case in (letter, letter.upper()):
        for known in confusables_data.get(case, ()):
            if len(known["c"]) == 1 and known["c"].isascii() and known["c"].isalpha():
                return str(known["c"]).lower()
    return letter


@lru_cache(maxsize=4096)
def _patterns(word: str) -> tuple[re.Pattern[str], ...]:
    """Compile what finds a blocked word or phrase."""
    folded = fold(word)
    spelt = dict.fromkeys((folded, _latinised(folded), *RESPELT.get(folded, ())))
    return tuple(re.compile(pattern) for each in spelt if (pattern := _pattern(each)))


def _pattern(phrase: str) -> str:
    # An underscore is a sign between letters: as a letter too it would be read both ways, in as many ways as there are.
    words = _LETTERS.findall(phrase)
    if not words:
        return ""
    before = "" if _UNSPACED.match(words[0]) else r"(?<![^\W_])"
    after = "" if _UNSPACED.match(words[-1][-1]) else r"(?![^\W_])"
    return before + _GAP.join(_word(word) for word in words) + after


def _word(word: str) -> str:
    """Find a word whose letters follow each other, or stand each apart: "b.aad", "b a d", never "ba d"."""
    if _UNSPACED.search(word):
        return r"[\W_]{0,3}".join(map(re.escape, word))
    if word.isdecimal():
        return word
    together = _BETWEEN.join(_run(letter, len(list(same)), len(word)) for letter, same in groupby(word))
    return f"(?:{together}|{_APART.join(word)})" if len(word) >= _APART_FROM else together


def _run(letter: str, count: int, length: int) -> str:
    """Find `count` of a letter, or more: with short words a single one is no double."""
    more = f"(?:{_BETWEEN}{letter})"
    if count == 1 and length < _DOUBLES_FROM:
        return f"{letter}(?:{more}{{2,{_REPEATED}}})?"
    return f"{letter}{more}{{{count - 1},{count + _REPEATED}}}"
