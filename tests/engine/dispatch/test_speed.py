"""What is said about how long a job takes: near the truth, and as sure as the jobs before it were regular."""

from random import Random

import pytest

from engine.dispatch.speed import Speed, total
from engine.jobs import Job, JobStatus
from engine.requests import Text2Image


def request(model: str = "demo", steps: int = 10) -> Text2Image:
    return Text2Image(model=model, prompt="x", width=100, height=100, steps=steps, seed=1)


def finished(seconds: float, **fields: object) -> Job:
    return Job("1", request(**fields), "me", "here", "web", "k", {}, JobStatus.RENDERED, 1, 0.0, seconds)


def learned(seconds: list[float]) -> Speed:
    speed = Speed()
    for each in seconds:
        speed.learn(finished(each))
    return speed


def width(speed: Speed, jobs: int = 1) -> float:
    """Tell how far the ends are from the middle, as a share of it."""
    prediction = total([speed.predict("demo", request().cost())] * jobs)
    low, high = prediction.ends()
    return (high - low) / (high + low)


def test_nothing_is_predicted_before_a_job_of_the_model_was_seen():
    speed = learned([2.0])
    assert speed.predict("other", 1.0) is None
    assert total([speed.predict("demo", 1.0), speed.predict("other", 1.0)]) is None


@pytest.mark.parametrize("seed", range(5))
def test_regular_jobs_make_a_tight_range_that_holds_the_next(seed):
    random = Random(seed)
    speed = learned([random.uniform(1.9, 2.1) for _ in range(30)])
    prediction = speed.predict("demo", request().cost())
    low, high = prediction.ends()
    assert low <= 2.0 <= high
    assert width(speed) <= 0.15


@pytest.mark.parametrize("seed", range(5))
def test_irregular_jobs_make_a_wide_range_that_holds_most(seed):
    random = Random(seed)
    speed, held = learned([random.uniform(1, 3) for _ in range(30)]), 0
    for _ in range(100):
        prediction = speed.predict("demo", request().cost())
        low, high = prediction.ends()
        seconds = random.uniform(1, 3)
        held += low <= seconds <= high
        speed.learn(finished(seconds))
    assert held >= 75


def test_a_long_queue_is_surer_than_one_job():
    random = Random(1)
    speed = learned([random.uniform(1, 3) for _ in range(30)])
    assert width(speed, jobs=16) == pytest.approx(max(0.05, width(speed) / 4))


def test_one_slow_job_is_soon_forgotten():
    speed = learned([20.0, *[2.0] * 30])
    assert width(speed) <= 0.15


def test_a_request_counts_for_what_it_is_predicted_to_take():
    speed = Speed()
    assert speed.share(request(steps=20)) == 2 * speed.share(request(steps=10))
    speed.learn(finished(4.0))
    assert speed.share(request(steps=20)) == pytest.approx(8.0)
    assert speed.share(request("other", steps=20)) == pytest.approx(8.0), "as the others do"
    assert speed.share(request(steps=1)) == pytest.approx(1.0), "no request is for nothing"
