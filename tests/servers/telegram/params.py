"""The parameters and files of one request, from JSON, urlencoded or multipart bodies."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from .errors import bad_request


@dataclass(frozen=True)
class Upload:
    """One uploaded file."""

    name: str
    data: bytes = field(repr=False)
    mime_type: str = "application/octet-stream"


@dataclass(frozen=True)
class Params:
    """What a request asks, as it came; the accessors convert forms' strings."""

    values: dict[str, Any]
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter as text."""
        return str(self.values.get(name, default))

    def integer(self, name: str) -> int | None:
        """Return a parameter as a whole number, or None where it is absent."""
        if name not in self.values:
            return None
        try:
            return int(self.values[name])
        except (TypeError, ValueError):
            raise bad_request(f'parameter "{name}" must be an integer') from None

    def flag(self, name: str) -> bool:
        """Return a parameter as a Boolean, false where it is absent."""
        return str(self.values.get(name, "")).lower() in {"true", "yes", "1"}

    def decoded(self, name: str) -> Any:
        """Return an object or array, decoded where a form carried it as a JSON string."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None

    def source(self, reference: str | None, name: str = "") -> Upload | str:
        """Return the uploaded file a reference means, or the file id or address it is itself."""
        if reference is None:
            reference = f"attach://{name}"
        if not reference.startswith("attach://"):
            return reference
        key = reference.removeprefix("attach://")
        if key not in self.files:
            raise bad_request(f"there is no {name or key} in the request")
        return self.files[key]


async def read_params(request: web.Request) -> Params:
    """Read the query and the body of a request, whichever way they are encoded."""
    values: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        values |= await request.json() if request.can_read_body else {}
        return Params(values)
    files: dict[str, Upload] = {}
    for name, part in (await request.post()).items():
        if isinstance(part, web.FileField):
            files[name] = Upload(part.filename, part.file.read(), part.content_type)
        else:
            values[name] = part.decode() if isinstance(part, bytes | bytearray) else part
    return Params(values, files)
