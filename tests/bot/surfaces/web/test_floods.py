"""What comes too often, too large or too slowly is bounded, and leaves the page to the others."""

import asyncio
import logging
import os
import time
from types import SimpleNamespace

import httpx
import pytest
import pytest_asyncio

from bot.surfaces.web import gate, server
from bot.surfaces.web.calls import MAX_CALL
from engine.jobs import JobStatus
from engine.pictures import inputs
from tests.bot.surfaces.web.attacking import ask, call, guess, picture, raw
from tests.bot.surfaces.web.web_bot import Visitor, WebBot

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
def no_tracebacks(capfd, caplog):
    """Let every failure be a line, and never a traceback."""
    with caplog.at_level(logging.WARNING):
        yield
    out, err = capfd.readouterr()
    assert "Traceback" not in out + err + caplog.text


async def test_bodies_are_bounded_before_anything_reads_them(bot, visitor, monkeypatch):
    large = call(data=[{"text": "x" * MAX_CALL, "files": []}])
    began = time.monotonic()
    assert (await visitor.http.post("/gradio_api/run/say", content=large, headers=JSON)).status_code == 413
    assert (await visitor.http.post("/login", content=b"x" * 20_000)).status_code == 413

    async def endless():
        for _ in range(64):
            yield b"x" * 65536

    assert (await visitor.http.post("/gradio_api/run/say", content=endless(), headers=JSON)).status_code == 413
    monkeypatch.setattr(gate, "MAX_UPLOAD", 1024 * 1024)
    answer = await visitor.http.post("/gradio_api/upload", files={"files": ("a.png", b"x" * 2 * 1024 * 1024)})
    assert answer.status_code == 413
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "body", [b"", b"x", b"--b\r\n\r\n", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"]
)
async def test_a_malformed_upload_is_refused(visitor, body):
    for kind in ("multipart/form-data; boundary=b", "multipart/form-data", "text/plain"):
        answer = await visitor.http.post("/gradio_api/upload", content=body, headers={"content-type": kind})
        assert answer.status_code < 500


async def test_one_address_uploads_only_so_much(bot, visitor, monkeypatch):
    monkeypatch.setattr(bot.web._gate, "_uploads", gate.Buckets(30_000, 1.0))
    statuses = []
    for _ in range(4):
        answer = await visitor.http.post("/gradio_api/upload", files={"files": ("a.png", b"x" * 10_000)})
        statuses.append(answer.status_code)
    assert statuses == [200, 200, 429, 429]
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["detail"].startswith("Too many files at once.")


async def test_one_address_asks_only_so_often_and_looks_as_often_as_it_likes(bot, visitor, monkeypatch):
    monkeypatch.setattr(bot.web._gate, "_asked", gate.Buckets(5, 0.1))
    asked = [visitor.http.post("/gradio_api/run/press", json={"data": ["x"]}) for _ in range(50)]
    statuses = [answer.status_code for answer in await asyncio.gather(*asked)]
    assert (statuses.count(200), statuses.count(429)) == (5, 45)
    await visitor.look()
    assert visitor.chat != []


async def test_a_full_disk_takes_no_uploads(bot, visitor, monkeypatch):
    monkeypatch.setattr("bot.surfaces.web.files.shutil", SimpleNamespace(disk_usage=lambda _: SimpleNamespace(free=9)))
    answer = await visitor.http.post("/gradio_api/upload", files={"files": ("a.png", picture())})
    assert answer.status_code == 507


async def test_slow_bodies_and_silent_connections_are_given_up(bot, monkeypatch):
    monkeypatch.setattr(gate, "CALL_S", 0.3)
    monkeypatch.setattr(server, "HEAD_S", 0.3)
    head = f"Host: 127.0.0.1:{bot.settings.port}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    slow = raw(bot, f"POST /gradio_api/run/say HTTP/1.1\r\n{head}{{".encode())
    silent, half = raw(bot, b""), raw(bot, b"GET / HTTP/1.1\r\nHost: ")
    began = time.monotonic()
    answers = await asyncio.gather(slow, silent, half)
    assert answers[0].startswith(b"HTTP/1.1 408")
    assert time.monotonic() - began < 3


async def test_a_call_that_breaks_off_leaves_nothing(bot, visitor):
    before = set(bot.web._files.folder.iterdir())
    for path in ("/gradio_api/upload", "/gradio_api/run/say", "/login"):
        reader, writer = await asyncio.open_connection("127.0.0.1", bot.settings.port)
        kind = "multipart/form-data; boundary=b"
        writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: 999\r\n\r\n".encode())
        writer.write(b'--b\r\nContent-Disposition: form-data; name="files"; filename="x.png"\r\n\r\nabc')
        await writer.drain()
        writer.transport.abort()
        del reader
    await asyncio.sleep(0.2)
    assert set(bot.web._files.folder.iterdir()) == before


async def test_one_address_opens_only_so_many_connections(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "MAX_CONNECTIONS_PER_ADDRESS", 20)
    bot = WebBot(tmp_path)
    bot.settings = bot.settings.model_copy(update={"proxies": []})
    async with bot.running():
        opened = [await asyncio.open_connection("127.0.0.1", bot.settings.port) for _ in range(60)]
        await asyncio.sleep(0.2)
        gone = [reader.at_eof() or reader.exception() is not None for reader, _ in opened]
        assert gone.count(False) == 20
        for _, writer in opened:
            writer.close()
        await asyncio.sleep(0.1)
        async with Visitor(bot.url) as visitor:
            assert (await visitor.http.get("/")).status_code == 200


async def test_streams_and_sockets_leave_nothing_behind(bot, visitor):
    tasks = len(asyncio.all_tasks())
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
    for _ in range(10):
        answer = await visitor.http.get("/gradio_api/upload_progress", params={"upload_id": "x"})
        assert "done" in answer.text
        head = f"GET /gradio_api/queue/join HTTP/1.1\r\nHost: 127.0.0.1:{bot.settings.port}\r\n{upgrade}\r\n"
        assert (await raw(bot, head.encode(), 0.05)).startswith(b"HTTP/1.1 404")
    await asyncio.sleep(0.1)
    assert len(asyncio.all_tasks()) <= tasks + 3


async def test_guessing_the_password_is_slowed_down(tmp_path):
    bot = WebBot(tmp_path, auth="ada:a:password")
    async with bot.running(), Visitor(bot.url) as visitor:
        answers = await asyncio.gather(*(guess(visitor.http, f"wrong{n}") for n in range(100)))
        statuses = [answer.status_code for answer in answers]
        assert statuses.count(400) <= 6
        assert statuses.count(429) == 100 - statuses.count(400)
        late = next(answer for answer in answers if answer.status_code == 429)
        assert int(late.headers["retry-after"]) >= 1
        assert late.json()["detail"].startswith("Too many attempts. Try again in")
        right = await guess(visitor.http, "a:password")
        assert right.status_code == 429, "a guess in the pause is not looked at"
        other = await guess(visitor.http, "a:password", {"x-forwarded-for": "203.0.113.9"})
        assert other.status_code == 200, "another address, as a proxy on this machine says"
        cookies = other.headers.get_list("set-cookie")
        assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in cookies)


async def test_who_leaves_leaves_alone(tmp_path):
    bot = WebBot(tmp_path, auth="ada:a:password")
    async with bot.running(), Visitor(bot.url) as visitor, Visitor(bot.url) as other:
        for each in (visitor, other):
            assert (await guess(each.http, "a:password")).status_code == 200
        assert (await other.http.get("/logout?all_session=true")).status_code == 302
        assert (await visitor.http.get("/config")).status_code == 200
        assert (await other.http.get("/config")).status_code == 401


async def test_many_addresses_together_guess_only_so_often(tmp_path):
    bot = WebBot(tmp_path, auth="ada:a:password")
    async with bot.running(), Visitor(bot.url) as visitor:
        spread = [guess(visitor.http, "wrong", {"x-forwarded-for": f"203.0.113.{n}"}) for n in range(100)]
        statuses = [answer.status_code for answer in await asyncio.gather(*spread)]
        assert statuses.count(400) <= gate.GUESSES + 5


async def test_the_address_of_a_stranger_is_not_taken_from_what_they_say(tmp_path):
    bot = WebBot(tmp_path, auth="ada:a:password")
    bot.settings = bot.settings.model_copy(update={"proxies": []})
    async with bot.running(), Visitor(bot.url) as visitor:
        spread = [guess(visitor.http, "wrong", {"x-forwarded-for": f"203.0.113.{n}"}) for n in range(20)]
        statuses = [answer.status_code for answer in await asyncio.gather(*spread)]
        assert statuses.count(400) <= 6


async def test_cookies_are_for_https_alone_where_there_is_https(bot):
    async with httpx.AsyncClient(trust_env=False) as http:
        cookie = (await http.get(bot.url, headers={"x-forwarded-proto": "https"})).headers["set-cookie"]
    assert "; Secure" in cookie


async def test_a_crowd_of_cookies_from_one_address_leaves_room_for_others(tmp_path):
    bot = WebBot(tmp_path, step_s=0.2)
    bot.settings = bot.settings.model_copy(update={"max_waiting_per_address": 5})
    async with bot.running():
        async with httpx.AsyncClient(base_url=bot.url, trust_env=False, timeout=20) as http:
            asked = [ask(http, n, "203.0.113.9") for n in range(30)]
            await asyncio.gather(*asked)
            assert len(await bot.store.jobs.with_status([JobStatus.QUEUED, JobStatus.LEASED])) == 5
            await ask(http, 99, "203.0.113.10")
            assert len(await bot.store.jobs.with_status([JobStatus.QUEUED, JobStatus.LEASED])) == 6
        async with Visitor(bot.url) as visitor:
            visitor.http.headers["x-forwarded-for"] = "203.0.113.9"
            await visitor.say("one more fox")
            await visitor.until(lambda page: "5 requests are waiting from your network address" in page.last)


async def test_a_place_is_given_back_when_a_job_is_over(tmp_path):
    bot = WebBot(tmp_path)
    bot.settings = bot.settings.model_copy(update={"max_waiting_per_address": 1})
    async with bot.running(), Visitor(bot.url) as visitor:
        for count in (1, 2, 3):
            await visitor.say(f"a fox {SMALL}")
            await visitor.until(lambda page, count=count: len(page.pictures) == count)


async def test_the_largest_upload_is_what_a_command_takes():
    assert gate.MAX_UPLOAD > 4 * inputs.MAX_BYTES
