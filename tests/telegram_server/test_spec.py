"""Requests and results are checked against a description of the Bot API."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.servers.telegram.params import Params, Upload
from tests.servers.telegram.spec import Spec


def parameter(name: str, *types: str, required: bool = False) -> dict[str, Any]:
    return {"name": name, "types": types, "required": required, "description": ""}


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    """A description of two methods, found through the environment."""
    reply = {"fields": [parameter("message_id", "Integer", required=True)]}
    sent = [parameter("chat_id", "Integer", "String", required=True), parameter("photo", "InputFile", "String")]
    method = {"fields": [*sent, parameter("reply_parameters", "Reply")], "returns": ["Array of Reply"]}
    (tmp_path / "telegram-bot-api.json").write_text(
        json.dumps({"methods": {"send": method}, "types": {"Reply": reply}})
    )
    monkeypatch.setenv("KANDINSKY_BOT_SPECS", str(tmp_path))
    loaded = Spec.from_environment()
    assert loaded
    return loaded


@pytest.mark.parametrize(
    ("method", "values", "violations"),
    [
        ("send", {"chat_id": "5", "reply_parameters": '{"message_id": 1}'}, []),
        ("draw", {}, ["draw: no such method"]),
        ("send", {}, ["send: chat_id is missing"]),
        ("send", {"chat_id": 5, "colour": "red"}, ["send: unknown colour"]),
        ("send", {"chat_id": 5, "photo": "attach://a"}, []),
        ("send", {"chat_id": 5, "reply_parameters": {}}, ["send.reply_parameters (Reply): message_id is missing"]),
        ("send", {"chat_id": 5, "reply_parameters": 7}, ["send.reply_parameters: int is no Reply"]),
    ],
)
def test_requests_are_checked(spec: Spec, method: str, values: dict[str, Any], violations: list[str]) -> None:
    assert list(spec.check_request(method, Params(values, {"a": Upload("a.png", b"x")}))) == violations


def test_results_are_checked(spec: Spec) -> None:
    assert list(spec.check_result("send", [{"message_id": 1}])) == []
    assert list(spec.check_result("send", [{"message_id": "1"}])) == ["send ->[0].message_id: str is no Integer"]
