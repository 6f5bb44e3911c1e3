"""What the page refuses, before anything of Gradio sees it: a status, one sentence, and when to come again."""

from __future__ import annotations

import math

from starlette.exceptions import HTTPException

from bot.words.localisation import say


class Refused(HTTPException):
    """Refuse a request with `status` and a few words; `pause_s` says when it may be made again."""

    def __init__(self, status: int, words: str, pause_s: float = 0.0) -> None:
        headers = {"retry-after": str(math.ceil(pause_s))} if pause_s else None
        super().__init__(status, words, headers)


def not_found() -> Refused:
    """Refuse what there is not, or what is nobody's business."""
    return Refused(404, "Not found")


def too_many(code: str, pause_s: float) -> Refused:
    """Refuse what came too often, in this task's language."""
    return Refused(429, say(f"error-{code}", seconds=math.ceil(pause_s)), pause_s)
