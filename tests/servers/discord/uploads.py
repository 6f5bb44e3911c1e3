"""Request bodies: JSON, or multipart with payload_json and files."""

import json
import re
from typing import Any

from aiohttp import BodyPartReader, web

from .errors import invalid_json
from .messages import Form
from .world import Upload


async def read_form(request: web.Request) -> Form:
    """Return a request's JSON and files; raise 400/50109 on broken JSON."""
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request)
    body = await request.read()
    return Form(_parse(body) if body else None)


async def _read_multipart(request: web.Request) -> Form:
    fields: dict[str, Any] = {}
    files: dict[str, Upload] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        name, data = part.name or "", bytes(await part.read(decode=True))
        number = re.fullmatch(r"files?\[(\d+)\]", name)
        if number:
            files[number[1]] = Upload(part.filename or "unknown", data, part.headers.get("Content-Type", ""))
        elif name == "payload_json":
            fields = _parse(data)
    return Form(fields, files)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise invalid_json() from None
