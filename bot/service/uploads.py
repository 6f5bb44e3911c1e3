"""What the chats share about pictures on their way in, before anything of them is downloaded."""

from __future__ import annotations

from engine.errors import RequestError
from engine.pictures import inputs

LONGEST_NAME = 60


def check_size(size_bytes: int) -> None:
    """Refuse by its declared size what `engine.pictures.inputs` would refuse; raise `RequestError`."""
    inputs.check_bytes(size_bytes)


def not_fetched(name: str) -> RequestError:
    """Say that the file called `name` could not be downloaded."""
    return RequestError("download_failed", file=name if len(name) <= LONGEST_NAME else f"…{name[1 - LONGEST_NAME :]}")
