import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog

import engine.workers.render
from engine.events import Accepted, Failed, Progress, WorkerEvent
from engine.models.model import Drawing, Drawn, Step
from engine.workers.render import Renderer, Work
from tests.engine.workers.worker_bench import task
from tests.engine.workers.worker_doubles import Sleeper, Troubled, draw_all


def render(model: object, prompt: str = "x", cancelled: threading.Event | None = None) -> list[WorkerEvent]:
    said: list[WorkerEvent] = []
    with ThreadPoolExecutor(1) as encoders:
        work = task("job", prompt, steps=10)
        draw_all(Renderer({"demo": model}, 1, said.append, encoders), [Work(work, cancelled or threading.Event())])
    return said


class CancelledInStep(Sleeper):
    def __init__(self, cancelled: threading.Event) -> None:
        self.cancelled = cancelled
        self.steps = 0

    def render(self, drawings: Sequence[Drawing], on_step: Callable[[Step], None]) -> list[Drawn]:
        def counted(step: Step) -> None:
            self.steps = step.done
            on_step(step)
            if step.done == 3:
                self.cancelled.set()

        return super().render(drawings, counted)


def test_a_cancellation_takes_effect_within_one_step() -> None:
    cancelled = threading.Event()
    model = CancelledInStep(cancelled)
    assert render(model, cancelled=cancelled)[-1] == Failed("job", 1, 1, "cancelled", {})
    assert model.steps == 4


def test_now_and_then_the_log_says_how_often_the_caches_helped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.workers.render, "TASKS_PER_REPORT", 1)
    with structlog.testing.capture_logs() as logged:
        render(Sleeper())
    assert {"event": "caches", "log_level": "info", "model": "demo", "texts": "3 of 4"} in logged


def test_progress_is_thinned_out_but_its_last_step_is_always_told() -> None:
    steps = [event.step for event in render(Sleeper()) if isinstance(event, Progress)]
    assert 1 < len(steps) < 10
    assert steps[-1] == 10


@pytest.mark.parametrize(
    ("prompt", "code", "facts"),
    [
        ("OutOfMemory", "out_of_memory", {}),
        ("RequestError", "bad_size", {"width": 1}),
        ("ZeroDivisionError", "render_failed", {"kind": "ZeroDivisionError"}),
    ],
)
def test_each_failure_has_its_code_and_tells_no_more_than_it_should(prompt: str, code: str, facts: dict) -> None:
    assert render(Troubled(), prompt) == [Accepted("job", 1, 1), Failed("job", 1, 1, code, facts)]


def test_a_request_for_a_model_that_is_not_loaded_fails() -> None:
    said: list[WorkerEvent] = []
    with ThreadPoolExecutor(1) as encoders:
        draw_all(Renderer({}, 1, said.append, encoders), [Work(task("job"), threading.Event())])
    assert said[-1] == Failed("job", 1, 1, "render_failed", {"kind": "KeyError"})
