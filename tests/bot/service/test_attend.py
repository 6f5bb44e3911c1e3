"""The one door: everything is done in the person's language, and whatever goes wrong is a sentence for them."""

import pytest
from structlog.testing import capture_logs

from bot.surface import Undeliverable
from bot.words.localisation import language, say, speaking
from engine.errors import RequestError, StoreFailed
from tests.bot.rules.rules_house import ANN, open_house, origin


async def attended(house, work, **at):
    """Do `work` in a visit, and return what was said to its person."""
    said = []

    async def tell(text):
        said.append((language(), text))

    await house.service.attend(origin(**{**ANN, **at}), work, tell)
    return said


async def test_work_is_done_in_the_language_that_a_person_set_and_else_in_that_of_their_app(tmp_path):
    spoken = []

    async def listen(visit):
        spoken.append((language(), visit.settings.language))

    async with open_house(tmp_path) as house:
        assert await attended(house, listen, locale="ru") == []
        await house.set(ANN, "language", "de")
        assert await attended(house, listen, locale="ru") == []
    assert spoken == [("ru", "ru"), ("de", "de")]


@pytest.mark.parametrize(
    ("error", "sentence", "is_logged"),
    [
        (RequestError("no_job"), "error-no-job", False),
        (Undeliverable(reason="blocked"), "error-undeliverable", False),
        (StoreFailed(), "error-store-failed", False),
        (ZeroDivisionError("a secret detail"), "error-engine-error", True),
    ],
    ids=lambda it: getattr(it, "code", str(it)),
)
async def test_whatever_goes_wrong_is_a_sentence_and_only_what_nobody_foresaw_is_logged(
    tmp_path, error, sentence, is_logged
):
    async def fail(_):
        raise error

    async with open_house(tmp_path) as house:
        with capture_logs() as logs:
            said = await attended(house, fail, locale="de")
    with speaking("de"):
        assert said == [("de", say(sentence, reason="blocked"))]
    failures = [line for line in logs if line["event"] == "command_failed"]
    assert [(line["surface"], line["exc_info"]) for line in failures] == ([("discord", error)] if is_logged else [])


async def test_where_settings_cannot_be_read_the_person_hears_of_it_in_the_language_of_their_app(tmp_path, monkeypatch):
    async def refused(*_):
        raise StoreFailed

    async with open_house(tmp_path) as house:
        monkeypatch.setattr(house.store.settings, "among", refused)
        said = await attended(house, lambda _: pytest.fail("nothing is done without them"), locale="de")
    with speaking("de"):
        assert said == [("de", say("error-store-failed"))]
