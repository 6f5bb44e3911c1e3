"""`tune` writes what suits the device where the bot reads it, keeps to its time, and what the owner set counts."""

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console
from structlog.testing import capture_logs

from bot.assembly import catalog_of, worker_settings
from bot.config import Config, load
from bot.surfaces.shell import tune as shell
from bot.surfaces.shell.doctor import examine
from engine import tuned
from engine.errors import EngineError, RequestError
from engine.kandinsky.bench import machine
from engine.kandinsky.placing.device import choose
from engine.settings import WorkerSettings
from engine.tuned import Measured, Tuned
from engine.workers.child import _as_tuned
from tests.bot.surfaces.shell import tuning_doubles


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KANDINSKY_BOT_ENGINE__CACHE_DIR", str(tmp_path / "cache"))


def tune(main: Callable[..., None], monkeypatch: pytest.MonkeyPatch, minutes: float = 1, **engine: object) -> str:
    monkeypatch.setattr(shell.tuning, "main", main)
    written = io.StringIO()
    shell.tune(load(None, engine=engine), Console(file=written, width=200), minutes)
    return written.getvalue()


def test_the_last_that_was_found_is_written_and_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = tune(tuning_doubles.quick, monkeypatch)
    assert "Best here: batches of 8, memory auto, compile off." in said
    assert tuned.read(tmp_path / "cache" / tuned.FILE) == tuning_doubles.found(8)
    assert "that counts" not in said


def test_the_time_is_kept_to_and_what_was_found_until_then_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    began = time.monotonic()
    said = tune(tuning_doubles.hung, monkeypatch, minutes=0.05, batch_size=3)
    assert time.monotonic() - began < 20
    assert "Best here: batches of 2, memory auto, compile off." in said
    assert "The configuration sets batch_size, and that counts." in said
    assert tuned.read(tmp_path / "cache" / tuned.FILE) == tuning_doubles.found(2)


def test_nothing_is_written_where_nothing_was_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="nothing_tuned"):
        tune(tuning_doubles.dead, monkeypatch)
    assert not (tmp_path / "cache" / tuned.FILE).exists()


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(RequestError, match="unwritable"):
        tune(lambda *_: pytest.fail("measured"), monkeypatch)


def here(batch_size: int = 8, device: str | None = None, **rates: object) -> Tuned:
    """Make up what was measured on this device."""
    known = device or machine.identity(choose("cpu"))
    measured = Measured(batches={1: 1.0, batch_size: 9.0}, **rates)
    return Tuned.of(known, machine.versions(), datetime.now(UTC), {"demo": measured})


def settings(tmp_path: Path, found: Tuned | str, **engine: object) -> WorkerSettings:
    """Read the settings of the worker as the bot does when it starts."""
    (tmp_path / "cache").mkdir(exist_ok=True)
    text = found if isinstance(found, str) else found.model_dump_json()
    (tmp_path / "cache" / tuned.FILE).write_text(text)
    config: Config = load(None, engine={"device": "cpu", **engine})
    return worker_settings(config, catalog_of(config))


def test_the_worker_takes_what_was_measured_here_and_not_what_was_set_by_hand(tmp_path: Path) -> None:
    assert _as_tuned(settings(tmp_path, here())).batch_size == 8
    assert _as_tuned(settings(tmp_path, here(), batch_size=3)).batch_size == 3


def test_what_was_measured_elsewhere_is_ignored_with_a_line_in_the_log(tmp_path: Path) -> None:
    with capture_logs() as logs:
        assert _as_tuned(settings(tmp_path, here(device="another card"))).batch_size == 4
    [line] = [line for line in logs if line["event"] == "tuning_ignored"]
    assert line["reason"].startswith("it is for another card")


def test_a_damaged_file_is_ignored_with_a_line_in_the_log(tmp_path: Path) -> None:
    with capture_logs() as logs:
        assert settings(tmp_path, "{}").tuned is None
    assert [line["event"] for line in logs] == ["tuning_ignored"]


def test_a_worker_that_compiles_may_be_silent_for_as_long_as_that_takes(tmp_path: Path) -> None:
    found = here(compile={"off": 1.0, "default": 2.0}, silence_s=300)
    longer = settings(tmp_path, found)
    assert (longer.hang_s, longer.as_tuned().keeping.compile) == (600, "default")
    impatient = settings(tmp_path, found, hang_s=60)
    assert (impatient.hang_s, impatient.as_tuned().keeping.compile) == (60, "off")
    assert settings(tmp_path, found, compile="off").hang_s == 120
    assert settings(tmp_path, here()).hang_s == 120


def advice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv("KANDINSKY_BOT_STORE__PATH", str(tmp_path))
    monkeypatch.setenv("KANDINSKY_BOT_WEB__ENABLED", "false")
    monkeypatch.setenv("KANDINSKY_BOT_ENGINE__DEVICE", "cpu")
    written = io.StringIO()
    examine(None, Console(file=written, width=400))
    return written.getvalue()


def test_the_doctor_says_what_was_measured_and_whether_it_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "tuning: none" in advice(monkeypatch, tmp_path)
    settings(tmp_path, here())
    fits = advice(monkeypatch, tmp_path)
    assert "ok    tuning: of today, for " in fits
    assert "batches of 8, memory auto, compile off" in fits
    settings(tmp_path, here(device="another card").model_copy(update={"at": datetime(2026, 1, 1, tzinfo=UTC)}))
    assert "days old, ignored: it is for another card, and this is " in advice(monkeypatch, tmp_path)
    settings(tmp_path, "{}")
    assert "cannot be read, and is ignored" in advice(monkeypatch, tmp_path)
    monkeypatch.setenv("KANDINSKY_BOT_ENGINE__BATCH_SIZE", "2")
    settings(tmp_path, here())
    assert "the configuration sets batch_size, and that counts" in advice(monkeypatch, tmp_path)
