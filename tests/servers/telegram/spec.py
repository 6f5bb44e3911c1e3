"""Checks of requests and results against a machine-readable description of the Bot API."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .params import Params

VARIABLE = "KANDINSKY_BOT_SPECS"
FILE = "telegram-bot-api.json"
ARRAY = "Array of "
# The fields that tell the subtypes of a union apart.
TAGS = ("type", "status", "source")
PLAIN = {"Integer": int, "Float": (int, float), "String": str, "Boolean": bool}


class Spec:
    """The methods and types of the Bot API; each check yields one sentence per violation."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._methods = {name.lower(): method for name, method in description["methods"].items()}
        self._types = description["types"]

    @classmethod
    def from_environment(cls) -> Spec | None:
        """Return the description in the folder the environment names, or None where it names none."""
        folder = os.environ.get(VARIABLE)
        return cls(json.loads((Path(folder) / FILE).read_text())) if folder else None

    def check_request(self, method: str, params: Params) -> Iterator[str]:
        """Check that a method exists and its parameters are known, complete and of their types."""
        described = self._methods.get(method.lower())
        if described is None:
            yield f"{method}: no such method"
            return
        fields = {field["name"]: field for field in described.get("fields", [])}
        given = params.values | {name: upload for name, upload in params.files.items() if name in fields}
        yield from self._check_names(method, fields, given)
        for name in fields.keys() & given.keys():
            values = _readings(given[name], fields[name]["types"])
            yield from self._best(f"{method}.{name}", fields[name]["types"], values, params)

    def check_result(self, method: str, result: Any) -> Iterator[str]:
        """Check that a result is what the method promises."""
        returns = self._methods.get(method.lower(), {}).get("returns", [])
        yield from self._best(f"{method} ->", returns, [result], None)

    def _check_names(self, where: str, fields: dict[str, Any], given: dict[str, Any]) -> Iterator[str]:
        yield from (f"{where}: unknown {name}" for name in given.keys() - fields.keys())
        required = {name for name, field in fields.items() if field["required"]}
        yield from (f"{where}: {name} is missing" for name in required - given.keys())

    def _best(self, where: str, types: list[str], values: list[Any], params: Params | None) -> list[str]:
        """Return the violations of the reading that comes nearest to one of the types."""
        tried = [list(self._check(where, kind, value, params)) for kind in types for value in values]
        return min(tried, key=len, default=[])

    def _check(self, where: str, kind: str, value: Any, params: Params | None) -> Iterator[str]:
        if kind.startswith(ARRAY):
            yield from self._check_array(where, kind.removeprefix(ARRAY), value, params)
        elif kind in PLAIN:
            yield from self._check_plain(where, kind, value, params)
        elif kind == "InputFile":
            if isinstance(value, str | dict | list | int):
                yield f"{where}: no uploaded file"
        elif subtypes := self._types[kind].get("subtypes"):
            yield from self._best(where, _tagged(self._types, subtypes, value), [value], params)
        else:
            yield from self._check_object(where, kind, value, params)

    def _check_plain(self, where: str, kind: str, value: Any, params: Params | None) -> Iterator[str]:
        if not isinstance(value, PLAIN[kind]) or (isinstance(value, bool) and kind != "Boolean"):
            yield f"{where}: {type(value).__name__} is no {kind}"
        elif kind == "String" and params and _dangling(value, params):
            yield f"{where}: {value} names no uploaded file"

    def _check_array(self, where: str, kind: str, value: Any, params: Params | None) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{where}: {type(value).__name__} is no array"
            return
        for index, item in enumerate(value):
            yield from self._check(f"{where}[{index}]", kind, item, params)

    def _check_object(self, where: str, kind: str, value: Any, params: Params | None) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where}: {type(value).__name__} is no {kind}"
            return
        fields = {field["name"]: field for field in self._types[kind].get("fields", [])}
        yield from self._check_names(f"{where} ({kind})", fields, value)
        for name in fields.keys() & value.keys():
            yield from self._best(f"{where}.{name}", fields[name]["types"], [value[name]], params)


def _readings(value: Any, types: list[str]) -> list[Any]:
    """Return what a form's string may mean: itself, or the JSON it holds."""
    if not isinstance(value, str) or types == ["String"]:
        return [value]
    try:
        return [value, json.loads(value)]
    except ValueError:
        return [value]


def _dangling(reference: str, params: Params) -> bool:
    prefix = "attach://"
    return reference.startswith(prefix) and reference.removeprefix(prefix) not in params.files


def _tagged(types: dict[str, Any], subtypes: list[str], value: Any) -> list[str]:
    """Return the subtypes whose description quotes the tag of a value, or all where none does."""
    tag = next((value[key] for key in TAGS if key in value), None) if isinstance(value, dict) else None
    return [name for name in subtypes if tag and _tag_of(types[name]) == tag] or subtypes


def _tag_of(described: dict[str, Any]) -> str:
    """Return the tag a type's own description fixes, such as photo in "must be photo"."""
    for field in described.get("fields", []):
        if field["name"] in TAGS:
            return field["description"].rpartition(" ")[2].strip(".\"'“”*")
    return ""


def aiogram_violations(method: str, params: Params) -> list[str]:
    """Check a request with aiogram's model of the method; unknown parameters end up in its extras."""
    from aiogram import methods

    named = ((getattr(model, "__api_method__", None), model) for model in vars(methods).values())
    model = next(model for name, model in named if isinstance(name, str) and name.lower() == method.lower())
    plain = {name for name, field in model.model_fields.items() if field.annotation in (str, str | None)}
    given = {name: value if name in plain else _decoded(value) for name, value in params.values.items()}
    given |= {name: f"attach://{name}" for name in params.files if name in model.model_fields}
    try:
        extra = model.model_validate(given).model_extra
    except ValueError as error:
        return [f"{method}: {error}"]
    return [f"{method}: unknown {name}" for name in extra or {}]


def _decoded(value: Any) -> Any:
    """Return the object or array a form's string holds, or the string."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
