"""How the files of pictures are called, and what such a name tells. Pure."""

from __future__ import annotations

import re

from engine.events import Picture

NAME = "kandinsky"
_OF_JOB = re.compile(rf"{NAME}-([^-.]+)-\d+\.\w+")


def file_name(name: str, number: int, picture: Picture) -> str:
    """Name the file of picture `number`, counted from 1, of the job called `name`."""
    return f"{NAME}-{name}-{number}{picture.suffix}"


def job_in(file: str) -> str | None:
    """Read which job made a picture from the name of its file, `None` where it is not of this bot."""
    match = _OF_JOB.fullmatch(file)
    return match[1] if match else None
