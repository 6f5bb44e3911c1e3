"""The short soak: what a bot holds does not grow with what it did, and what grows would be found."""

from bot.service.service import Service
from tests.soak.chart import chart
from tests.soak.holdings import Sample, grown, growth, warm
from tests.soak.soak import soak

JOBS, SAMPLES = 110, 11
# Of containers, between the first warm sample and the last: what every second job leaves behind is more.
ALLOWED = 40
# What counts the last minute holds three things for each picture that came.
OF_THE_LAST_MINUTE = "_arrivals"
MOST_MB = 25


async def test_many_jobs_leave_nothing_behind_but_what_leaks_on_purpose(tmp_path, monkeypatch):
    plainly = Service._submit

    async def leaking(service, visit, invocation):
        service._leak = [*getattr(service, "_leak", ()), visit.origin.owner]
        return await plainly(service, visit, invocation)

    monkeypatch.setattr(Service, "_submit", leaking)
    samples = [it async for it in soak(tmp_path, JOBS, SAMPLES)]
    assert samples[-1].jobs == JOBS
    assert [name for name in grown(samples, ALLOWED) if OF_THE_LAST_MINUTE not in name] == ["bot.service._leak"]
    assert growth(samples, "descriptors") <= 4
    assert growth(samples, "tasks") == 0
    assert growth(samples, "memory_mb") < MOST_MB
    assert chart(samples).count("<polyline") == 6


def test_the_first_samples_are_left_out():
    samples = [Sample(number, 0, 10 if number > 2 else 0, 0, 0, 0, 0, 0, 0, 0) for number in range(20)]
    assert len(warm(samples)) == 18
    assert growth(samples, "memory_mb") == 0
