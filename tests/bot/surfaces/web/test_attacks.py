"""What somebody may try on the page, over real sockets: nothing is served, fetched or said that should not be."""

import io
import json
import logging
import os
import re
import socket

import pytest
import pytest_asyncio
from PIL import Image

from tests.bot.surfaces.web.attacking import call, picture, status_of
from tests.bot.surfaces.web.web_bot import FORM, Visitor, WebBot

SMALL = "--size 64x64 --steps 2"
JSON = {"content-type": "application/json"}

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one bot for all, each test with a browser of its own


@pytest.fixture(scope="module", autouse=True)
def quick_page():
    """Let a page that has everything ask again soon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.surfaces.web.app.WAIT_S", 0.05)
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory):
    async with WebBot(tmp_path_factory.mktemp("store")).running() as bot:
        yield bot


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(bot):
    async with Visitor(bot.url) as visitor:
        yield visitor


@pytest.fixture(autouse=True)
def own_folder(monkeypatch):
    """Let a bot of one test leave the other's folder be, which Gradio reads from the environment."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", os.environ.get("GRADIO_TEMP_DIR", ""))


@pytest.fixture(autouse=True)
def nothing_fetched(monkeypatch):
    """Let nobody here ask another host: what the page fetches for a stranger would show in the names it looks up."""
    original, asked = socket.getaddrinfo, []

    def look_up(host, *rest, **named):
        asked.append(host)
        return original(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield
    assert {str(host) for host in asked} <= {"127.0.0.1", "b'127.0.0.1'"}


@pytest.fixture(autouse=True)
def no_tracebacks(capfd, caplog):
    """Let every failure be a line, and never a traceback."""
    with caplog.at_level(logging.WARNING):
        yield
    out, err = capfd.readouterr()
    assert "Traceback" not in out + err + caplog.text


ELSEWHERE = "http://example.com/fox.png"
FETCHES = [
    f"{prefix}{address}"
    for prefix in ("/gradio_api/file/", "/gradio_api/file=", "/gradio_api/proxy=", "/gradio_api//file=", "/file=")
    for address in (
        ELSEWHERE, "HTTP://EXAMPLE.COM/fox.png", "http%3A%2F%2Fexample.com%2Ffox.png", "http:%2F%2Fexample.com/fox.png",
        "//example.com/fox.png", "https:/example.com/fox.png",
    )
]  # fmt: skip


@pytest.mark.parametrize("path", [*FETCHES, "/gradio_api/FILE/http://example.com/", "/gradio_api/file%2Fhttp://a.b/"])
async def test_nothing_is_fetched_for_anybody(bot, path):
    assert await status_of(bot, path) == 404
    assert await status_of(bot, path, "HEAD") == 404


PATHS = [
    "/gradio_api/file=/etc/passwd", "/gradio_api/file=/files/../../etc/passwd", "/gradio_api/file=/files/",
    "/gradio_api/file=/files/%2e%2e/%2e%2e/etc/passwd", "/gradio_api/file=/files/..%2f..%2fetc/passwd",
    "/gradio_api/file=/files//etc/passwd", "/gradio_api/file=/files/%00", "/gradio_api/file=pyproject.toml",
    "/gradio_api/file=/files/" + "x" * 5_000, "/assets/../../../routes.py", "/assets/..%2f..%2froutes.py",
    "/static/%2e%2e/%2e%2e/routes.py", "/assets//etc/passwd", "/svelte/x",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_no_path_leads_out_of_what_is_served(bot, path):
    assert await status_of(bot, path) == 404


async def test_the_folder_of_the_page_has_no_other_name_than_its_alias(bot, visitor):
    file = await visitor.upload(picture())
    assert file["path"].startswith("/files/")
    inside = file["path"].removeprefix("/files")
    assert await status_of(bot, f"/gradio_api/file={bot.web._files.folder}{inside}") == 404
    assert await status_of(bot, f"/gradio_api/file={file['path']}") == 200


ROUTES = [
    ("GET", "/openapi.json"), ("GET", "/docs"), ("GET", "/redoc"), ("GET", "/gradio_api/openapi.json"),
    ("GET", "/gradio_api/info"), ("GET", "/gradio_api/token"), ("GET", "/gradio_api/app_id"),
    ("GET", "/gradio_api/dev/reload"), ("GET", "/gradio_api/startup-events"), ("GET", "/gradio_api/heartbeat/x"),
    ("GET", "/gradio_api/queue/data?session_hash=x"), ("GET", "/gradio_api/queue/status"), ("GET", "/monitoring"),
    ("GET", "/gradio_api/runs"), ("GET", "/gradio_api/vibe-code"), ("GET", "/gradio_api/deep_link"),
    ("POST", "/gradio_api/queue/join"), ("POST", "/gradio_api/call/say"), ("POST", "/gradio_api/call/v2/say"),
    ("POST", "/gradio_api/api/say"), ("POST", "/gradio_api/reset"), ("POST", "/gradio_api/cancel"),
    ("POST", "/gradio_api/component_server"), ("POST", "/gradio_api/process_recording"),
    ("POST", "/gradio_api/stream/x"), ("POST", "/gradio_api/vibe-edit"), ("PUT", "/"), ("DELETE", "/gradio_api/upload"),
    ("TRACE", "/"), ("POST", "/"),
    ("OPTIONS", "/gradio_api/run/say"), ("GET", "/gradio_api/custom_component/x/client/y/z"), ("GET", "/manifest.json"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_what_the_page_does_not_need_is_not_there(bot, method, path):
    assert await status_of(bot, path, method) == 404


CRAFTED = {
    "nothing": b"", "no JSON": b"{", "a list": b"[]", "a number": b"7", "no data": b"{}", "bytes": b"\xff\xfe\x00",
    "data is a text": call(data="x"), "data is an object": call(data={}), "too few": call(data=[]),
    "too many": call(data=[{"text": "x"}] * 9), "a number for a line": call(data=[7]), "null": call(data=[None]),
    "a list for words": call(data=[{"text": ["x"]}]), "words for files": call(data=[{"text": "x", "files": "y"}]),
    "a file without a path": call(data=[{"text": "x", "files": [{}]}]),
    "a path that is a number": call(data=[{"text": "x", "files": [{"path": 7}]}]),
    "beyond the last": call(fn_index=99), "before the first": call(fn_index=-1), "no index": call(fn_index=None),
    "a text for the index": call(fn_index="0"), "half an index": call(fn_index=0.5), "yes": call(fn_index=True),
    "deep": b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "less deep": call(data=[json.loads("[" * 30 + "]" * 30)]),
    "not a number": b'{"data": [NaN], "fn_index": 0}', "infinity": b'{"data": [1e999], "fn_index": 3}',
    "a long number": b'{"data": [' + b"9" * 5_000 + b'], "fn_index": 3}',
}  # fmt: skip


NUMBERS = ("a number for a line", "null")


@pytest.mark.parametrize("kind", CRAFTED)
async def test_a_crafted_call_is_refused_and_nothing_is_said_for_it(visitor, kind):
    for name in ("predict", "say", "draw", "watch", "show", "defaults", "example"):
        if name == "predict" or kind not in ("beyond the last", "before the first", "no index", "half an index", "yes"):
            name_takes_it = (name == "say" and "index" in kind) or (name == "watch" and kind in NUMBERS)
            answer = await visitor.http.post(f"/gradio_api/run/{name}", content=CRAFTED[kind], headers=JSON)
            assert 400 <= answer.status_code < 500 or name_takes_it, (name, answer.text)


WRONG = [
    ("press", [["x"]]), ("press", [{}]), ("watch", ["x"]), ("watch", [2.0**60]), ("show", ["nothing"]), ("show", [[]]),
    ("defaults", ["no model", "imagine"]), ("defaults", [{}, {}]), ("steps", ["none", "demo"]), ("example", []),
    ("draw", []), ("draw", [[]] * len(FORM)), ("draw", list({**FORM, "canvas": {"layers": "x"}}.values())),
    ("draw", list({**FORM, "image": "/etc/passwd"}.values())), ("draw", list({**FORM, "extend": [1]}.values())),
    ("clear", []), ("listen", []), ("nothing", []), ("say/", [{"text": "x"}]), ("__class__", []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values"), WRONG)
async def test_values_that_no_page_sends_are_refused(visitor, name, values):
    answer = await visitor.http.post(f"/gradio_api/run/{name}", json={"data": values, "session_hash": "x"})
    assert 400 <= answer.status_code < 500, answer.text


async def test_odd_sessions_events_and_keys_change_nothing(visitor):
    odd = {"session_hash": "../x" * 50, "event_id": {}, "trigger_id": "x", "batched": True, "oauth_token": "x"}
    body = {"data": [{"text": "/queue", "files": []}], **odd}
    assert (await visitor.http.post("/gradio_api/run/say", json=body)).status_code == 200
    await visitor.until(lambda page: "nothing in the queue" in page.last)
    for key in ("", "x", "go:../../etc:1", "reroll:0123456789:99999999999999999999", "\x00", "🦊" * 999):
        assert (await visitor.http.post("/gradio_api/run/press", json={"data": [key]})).status_code == 200


async def test_a_defect_is_one_line_and_an_error_without_words(bot, visitor, monkeypatch):
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(bot.web._service, "attend", broken)
    answer = await visitor.http.post("/gradio_api/run/say", json={"data": [{"text": "x", "files": []}]})
    assert answer.status_code == 500
    assert "secret" not in answer.text


HOSTILE = '"><img src=x onerror=alert(1)><script>alert(1)</script>'


async def test_hostile_words_and_file_names_stay_words(bot, visitor):
    file = await visitor.upload(picture(), "<img src=x onerror=alert(1)>.png")
    await visitor.say(f"/img2img {HOSTILE} --caption <b>x</b> --steps 2", file)
    await visitor.until(lambda page: len(page.pictures) == 2 or (len(page.texts) == 2 and page.last != "…"))
    written = "".join(part["text"] for message in visitor.chat for part in message["content"] if "text" in part)
    written = re.sub('<img alt="[^"<>]*" src="data:image/jpeg;base64,[^"<>]*">', "", written)  # a preview
    assert set(re.findall("<[^ >]+", written)) <= {"<div", "</div", "<button", "</button"}
    for name, data in (
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("x.html", b"<script>"),
    ):
        served = await visitor.http.get(f"/gradio_api/file={(await visitor.upload(data, name))['path']}")
        assert served.headers["content-disposition"].startswith("attachment")
        assert served.headers["content-type"] == "application/octet-stream"


async def test_another_s_upload_and_pictures_are_found_only_by_their_address(bot, visitor):
    await visitor.say(f"a fox {SMALL}")
    await visitor.until(lambda page: page.pictures)
    path = visitor.pictures[0]["path"]
    async with Visitor(bot.url) as thief:
        await thief.look()
        assert thief.chat == []
        for guess in (path.rpartition("/")[0], path.replace(path.split("/")[2], "A" * 22), "/files"):
            assert (await thief.http.get(f"/gradio_api/file={guess}")).status_code == 404
    assert len(path.split("/")[2]) == 22


FOREIGN = [
    {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://localhost:3000"},
    {"origin": "http://127.0.0.1:3000"}, {"sec-fetch-site": "cross-site"},
]  # fmt: skip


@pytest.mark.parametrize("headers", FOREIGN)
async def test_another_site_changes_nothing_in_a_browser_s_name_and_reads_nothing(bot, visitor, headers):
    form = {"content-type": "text/plain", **headers}
    for path in ("/gradio_api/run/say", "/gradio_api/upload", "/login"):
        answer = await visitor.http.post(path, content=call(), headers=form)
        assert answer.status_code == 403
    assert (await visitor.http.get("/logout", headers=headers)).status_code == 403
    seen = await visitor.http.get("/config", headers=headers)
    assert not [name for name in seen.headers if name.startswith("access-control-")]
    asking = {**headers, "access-control-request-method": "POST"}
    assert (await visitor.http.options("/gradio_api/run/say", headers=asking)).status_code == 404
    await visitor.look()
    assert visitor.chat == []


async def test_the_page_itself_may(bot, visitor):
    for headers in ({"sec-fetch-site": "same-origin"}, {"origin": bot.url}, {"sec-fetch-site": "none"}):
        answer = await visitor.http.post("/gradio_api/run/watch", json={"data": [0]}, headers=headers)
        assert answer.status_code == 200


async def test_every_answer_carries_the_headers(bot, visitor):
    file = await visitor.upload(picture())
    for path in ("/", "/config", "/nothing", "/theme.css", f"/gradio_api/file={file['path']}"):
        headers = (await visitor.http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"].partition("style-src")[0]
        assert headers["referrer-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert headers["cache-control"] != "public"
        assert "server" not in headers


async def test_no_answer_names_a_folder_of_this_machine(bot, visitor):
    folder = str(bot.web._files.folder)
    await visitor.say(f"a fox {SMALL}", await visitor.upload(picture()))
    await visitor.until(lambda page: len(page.pictures) == 2)
    visitor.open_page()
    shown = await visitor.http.post("/gradio_api/run/watch", json={"data": [0]})
    answers = [shown, await visitor.http.get("/"), await visitor.http.get("/config")]
    for answer in answers:
        assert folder not in answer.text
        assert "/tmp/" not in answer.text
    for file in visitor.pictures:
        assert Image.open(io.BytesIO(await visitor.get(file))).size == (64, 64)
