"""What a request costs on its way, by the count of `tools/trip.py`: short, and as short on Telegram as on Discord."""

from pathlib import Path

import pytest

from tools.trip import Trip, counted, on_discord, on_telegram

# Of functions of this project, until the job is committed; measured before the rooms were built: 375 and 469.
WAY_IN = 180
# There a typed line is read, a moderator is looked up, and what came is counted before anything reads it.
WAY_IN_ON_TELEGRAM = 190


@pytest.fixture(scope="module")
def trips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Trip]]:
    return {}


async def made(trips: dict[str, dict[str, Trip]], folder: Path) -> dict[str, dict[str, Trip]]:
    if not trips:
        trips |= {"discord": await on_discord(folder / "discord"), "telegram": await on_telegram(folder / "telegram")}
    return trips


async def test_the_way_in_is_short_on_discord(trips, tmp_path):
    trip = (await made(trips, tmp_path))["discord"]["/imagine"]
    assert trip.way_in.total() < WAY_IN
    assert (trip.reads_in, trip.writes) == (2, 5)


async def test_telegram_takes_no_more_than_a_tenth_longer(trips, tmp_path):
    both = await made(trips, tmp_path)
    ours, theirs = both["telegram"]["/imagine"], both["discord"]["/imagine"]
    assert ours.calls.total() <= 1.1 * theirs.calls.total()
    assert ours.way_in.total() < WAY_IN_ON_TELEGRAM
    # The message that is edited must be known after a kill: its number is one more write.
    assert (ours.reads_in, ours.writes) == (2, 6)


async def test_settings_are_read_once_whatever_is_done(trips, tmp_path):
    for made_there in (await made(trips, tmp_path)).values():
        for name, trip in made_there.items():
            assert trip.named("settings_of") == 1, name


async def test_what_is_called_is_counted_and_what_only_goes_on_is_not():
    from bot.words.localisation import language_of

    async with counted() as trip:
        language_of("de")
        language_of("fr")
    assert trip.named("language_of") == 2
