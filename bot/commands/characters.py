"""Characters that can be written down: JSON and a shell can carry halves of some, which neither file nor chat takes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TypeVar

from bot.commands.table import Invocation

J = TypeVar("J")


def clean(text: str) -> str:
    """Replace what is only half a character."""
    return text.encode("utf-8", "replace").decode()


def cleaned(invocation: Invocation) -> Invocation:
    """Return a command whose words can be written down."""
    options = {name: clean(it) if isinstance(it, str) else it for name, it in invocation.options.items()}
    return replace(invocation, options=options)


def clean_json(value: J) -> J:
    """Return what JSON said, all of which can be written down."""
    text = json.dumps(value, ensure_ascii=False)
    whole: J = value if clean(text) == text else json.loads(clean(text))
    return whole
