"""Checks of the traffic against Discord's OpenAPI document, where one is at hand."""

import functools
import json
import os
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

SPECS_VARIABLE = "KANDINSKY_BOT_SPECS"
FILE_NAME = "discord-openapi.json"


class Spec:
    """Say where requests and answers leave the documented shape."""

    def __init__(self, document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        # Client libraries send identifiers as numbers too, and Discord takes them.
        schemas["SnowflakeType"] = {"type": ["string", "integer"]}
        # The codes of nested errors are names in reality, numbers in the document.
        schemas["InnerErrors"]["properties"]["_errors"]["items"] = {"required": ["code", "message"]}
        self._document = document
        self._paths = [(_matcher(path), operations) for path, operations in _literal_first(document["paths"])]
        self._validators: dict[str, Draft202012Validator] = {}

    def check_request(self, method: str, path: str, body: Any) -> list[str]:
        """List how a request's body breaks the document."""
        operation = self._operation(method, path)
        if operation is None:
            return [f"{method} {path}: not documented"]
        if body is None or "requestBody" not in operation:
            return []
        return self._check(f"request {method} {path}", operation["requestBody"]["content"], body)

    def check_answer(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """List how an answer breaks the document."""
        operation = self._operation(method, path)
        if operation is None or status >= 500:
            return []
        responses = operation["responses"]
        answer = responses.get(str(status)) or responses.get(f"{status // 100}XX")
        if answer is None:
            return [f"answer {method} {path}: status {status} is not documented"]
        name = answer.get("$ref", "").rpartition("/")[2]
        content = self._document["components"]["responses"][name]["content"] if name else answer.get("content")
        return self._check(f"answer {method} {path} {status}", content, body) if content else []

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for pattern, operations in self._paths:
            if pattern.fullmatch(path):
                return operations.get(method.lower())
        return None

    def _check(self, what: str, content: dict[str, Any], body: Any) -> list[str]:
        error = best_match(self._validator(content["application/json"]["schema"]).iter_errors(body))
        return [f"{what}: {error.json_path}: {error.message[:300]}"] if error else []

    def _validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        key = json.dumps(schema)
        if key not in self._validators:
            whole = {**schema, "components": self._document["components"]}
            self._validators[key] = Draft202012Validator(whole)
        return self._validators[key]


def _literal_first(paths: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(paths.items(), key=lambda item: item[0].count("{"))


def _matcher(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))


@functools.cache
def load_spec(folder: str) -> Spec:
    """Read the document of a folder, once."""
    return Spec(json.loads((Path(folder) / FILE_NAME).read_text(encoding="utf-8")))


def configured_spec() -> Spec | None:
    """Return the specification that the environment names, if it names one that holds Discord's."""
    folder = os.environ.get(SPECS_VARIABLE)
    return load_spec(folder) if folder and (Path(folder) / FILE_NAME).is_file() else None
