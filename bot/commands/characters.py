"""Characters that can be written down: JSON and a shell can carry halves of some, which neither file nor chat takes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TypeVar

from bot.commands.table import Invocation

J = TypeVar("J")
HALF = re.compile(r"[\ud800-\udfff]")


def clean(text: str) -> str:
    """Replace what is only half a character."""
    return text.encode("utf-8", "replace").decode()


def cleaned(invocation: Invocation) -> Invocation:
    """Return a command whose words can be written down."""
    words = {name: it for name, it in invocation.options.items() if isinstance(it, str)}
    if _is_whole("".join(words.values())):
        return invocation
    return replace(invocation, options={**invocation.options, **{name: clean(it) for name, it in words.items()}})


def clean_json(value: J) -> J:
    """Return what JSON said, all of which can be written down."""
    text = json.dumps(value, ensure_ascii=False)
    whole: J = value if _is_whole(text) else json.loads(clean(text))
    return whole


def _is_whole(text: str) -> bool:
    return not HALF.search(text)
