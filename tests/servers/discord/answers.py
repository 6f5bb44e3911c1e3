"""Answers in the exact form Discord gives them."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return JSON whose content type has no charset: clients read anything else as text."""
    exact = {"Content-Type": "application/json", **(headers or {})}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=exact)


def no_content() -> web.Response:
    """Return the empty 204 answer."""
    return web.Response(status=204)
