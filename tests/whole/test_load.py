"""A burst of people on both platforms, in small: `tools/benchmark_load.py` runs the large one."""

import pytest

from tests.whole.load import Load, run

# A group on Telegram hears at most 20 messages a minute, and each request takes two.
SMALL = Load(
    discord_servers=2, telegram_servers=1, spread_s=0.5, step_s=0.02, requests=(12, 3, 1, 1, 1),
    telegram_requests=(3, 1), refuse_every=10, patience_s=60.0,
)  # fmt: skip


@pytest.fixture
async def outcome(tmp_path):
    return await run(SMALL, tmp_path)


async def test_everybody_gets_each_picture_once_in_fair_order_whatever_is_refused_on_the_way(outcome):
    assert len(outcome.asked) == 40
    assert outcome.not_once() == []
    assert outcome.other_words == []
    assert outcome.overtaken() == []
    assert outcome.refusals > 0
