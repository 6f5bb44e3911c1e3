"""Every command that Discord offers is answered, and helps whoever types it."""

from dataclasses import replace
from functools import partial

import pytest

from bot.commands.table import COMMANDS
from bot.rules.settings import Settings
from bot.service.service import Service
from bot.surfaces.discord.menus import MENU
from bot.words.localisation import say, speaking
from engine.jobs import JobStatus
from engine.pictures import images
from tests.bot.surfaces.discord.bot import has_pictures, is_begun
from tests.bot.surfaces.discord.test_masks import files, mask
from tests.engine.pictures.sent_pictures import png
from tests.servers.discord import MODAL, SEND, Upload

PHOTO = Upload("photo.png", png(128, 128))
QUICK = {"steps": 2, "seed": 7}
# What each command that draws is given, and how many files come back.
DRAWN = {
    "imagine": ({"prompt": "a fox", "size": "64x64", "count": 2}, 1),
    "img2img": ({"image": PHOTO, "prompt": "a fox"}, 1),
    "outpaint": ({"image": PHOTO, "prompt": "a field", "extend": "left"}, 1),
    "mix": ({"parts": '"a cat"', "image1": PHOTO, "size": "64x64"}, 1),
    "morph": ({"parts": '"a cat" "a dog"', "size": "64x64", "frames": 3}, 2),
    "variations": ({"image": PHOTO}, 1),
    "upscale": ({"image": PHOTO}, 1),
    "batch": ({"prompts": "a cat", "list": Upload("more.txt", b"a dog\na fox\n"), "size": "64x64"}, 3),
    "again": ({"of": "JOB", "prompt": "a hen"}, 1),
}
# What is answered to one person, and the words of it.
TOLD = {
    "queue": ({}, say("queue-none")),
    "history": ({}, "JOB"),
    "show": ({"job": "JOB"}, "JOB"),
    "styles": ({}, "ink: drawn in ink"),
    "models": ({}, "demo"),
    "help": ({"command": "mix"}, "/mix"),
    "depth": ({"image": PHOTO, "prompt": "a fox"}, "kandinsky-2-2"),
    "stats": ({}, "pictures: "),
    "settings": ({"name": "count", "value": "1"}, "count is now 1"),
    "privacy": ({"action": "show"}, "Kept about you"),
    "report": ({"job": "JOB"}, "The moderators now see JOB"),
    "audit": ({}, say("error-moderators-only")),
    "delete": ({"job": "JOB"}, "JOB"),
}
# Of these two the tests of masks and of cancelling tell.
ELSEWHERE = {"inpaint", "cancel"}


def with_job(options, job_id):
    return {name: job_id if value == "JOB" else value for name, value in options.items()}


async def test_each_command_of_the_table_is_answered(server, bot):
    offered = {command.name for command in COMMANDS if "discord" in command.surfaces}
    assert {*DRAWN, *TOLD} | ELSEWHERE == offered
    async with bot.running():
        first = await bot.draw()
        job = await bot.job(first)
        for name, (options, count) in DRAWN.items():
            given = with_job({**options, **QUICK}, job.id)
            asked = await server.slash(name, given, user=bot.ada, channel=bot.channel)
            message = await asked.message(has_pictures)
            await bot.ended()
            assert (name, len(message.attachments), message.ephemeral) == (name, count, False)
            assert message.buttons
        for name, (options, words) in TOLD.items():
            asked = await server.slash(name, with_job(options, job.id), user=bot.ada, channel=bot.channel)
            message = await asked.message(lambda it: it.content)
            assert words.replace("JOB", job.id) in message.content, name
            assert message.ephemeral or name == "show"
        assert first.deleted


async def test_pictures_of_an_earlier_job_are_shown_and_a_picture_is_read(server, bot):
    async with bot.running():
        first = await bot.draw(count=2)
        job = await bot.job(first)
        asked = await server.slash("show", {"job": f"{job.id}.2"}, user=bot.ada, channel=bot.channel)
        shown = await asked.message(has_pictures)
        assert shown.attachments[0].data == (await bot.store.pictures(job.id))[1].data
        assert shown.buttons[0].label == "Variations 2"
        file = Upload("fox.png", shown.attachments[0].data)
        asked = await server.slash("show", {"image": file}, user=bot.ada, channel=bot.channel)
        read = await asked.message(lambda it: it.content)
    assert read.content.startswith("a red circle\nSteps: 2")
    assert read.ephemeral


async def test_files_too_large_to_be_kept_as_they_are_are_refused_in_a_sentence(server, bot):
    async with bot.running():
        message = await bot.draw()
        server.upload_limit_bytes = 100
        pressed = await bot.press(message, "Send as file")
        assert (await pressed.acknowledged()).type == SEND
        refused = await pressed.message(lambda it: it is not message)
    assert "too large to be sent here" in refused.content
    assert refused.ephemeral


async def test_what_is_for_moderators_is_not_shown_to_others(server, bot):
    async with bot.running():
        put = await server.requested("PUT", "/commands")
    asked = {command["name"]: command.get("default_member_permissions") for command in put.json}
    restricted = [name for name, permissions in asked.items() if permissions is not None]
    assert restricted == [command.name for command in COMMANDS if command.moderators_only]
    assert int(asked["audit"]) == 1 << 13


async def test_values_are_suggested_while_a_person_types(server, bot):
    bob = server.add_user("bob")

    async def suggested(name, option, typed="", user=bot.ada):
        asked = await server.autocomplete(name, {option: typed}, focused=option, user=user, channel=bot.channel)
        acknowledged = await asked.acknowledged()
        assert acknowledged.latency_s < 1
        return [choice["value"] for choice in await asked.choices()]

    async with bot.running():
        ids = []
        for prompt in ("a fox", "a red circle", "x" * 200):
            await bot.draw(prompt=prompt)
            ids.insert(0, (await bot.ended()).id)
        bot.worker.hang()
        waiting = await bot.imagine()
        await waiting.message(is_begun)
        [running] = await bot.store.jobs.untold()
        assert await suggested("imagine", "model", "dem") == ["demo"]
        assert await suggested("imagine", "style", "IN") == ["ink"]
        assert await suggested("imagine", "prompt") == ["a red circle", "a fox"]
        assert await suggested("imagine", "prompt", "fox") == ["a fox"]
        assert await suggested("imagine", "prompt", user=bob) == []
        assert await suggested("again", "of") == [running.id, *ids]
        assert await suggested("show", "job", "fox") == [ids[2]]
        assert await suggested("cancel", "job") == [running.id]
        assert await suggested("help", "command", "stat") == ["stats"]


async def test_a_failure_while_a_person_types_suggests_nothing(server, bot, monkeypatch):
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    async with bot.running():
        monkeypatch.setattr(bot.store.history, "prompts", broken)
        asked = await server.autocomplete(
            "imagine", {"prompt": "a"}, focused="prompt", user=bot.ada, channel=bot.channel
        )
        assert await asked.choices() == []


async def test_the_parameters_of_the_bot_s_own_sheet_are_those_that_it_remembers(server, bot, monkeypatch):
    monkeypatch.setattr(images, "read_parameters", lambda _: "what the file says")
    async with bot.running():
        sheet = await bot.draw(count=2)
        photo = await server.say(bot.channel, bot.ada, files=[PHOTO])
        entry = say("menu-show")
        told = await (await server.message_menu(entry, sheet, user=bot.ada)).message()
        read = await (await server.message_menu(entry, photo, user=bot.ada)).message(lambda it: it.content)
        await bot.store.delete((await bot.job(sheet)).id)
        left = await (await server.message_menu(entry, sheet, user=bot.ada)).message(lambda it: it.content)
    assert "seed 7, 8" in told.content
    assert read.content == left.content == "what the file says"
    assert told.ephemeral
    assert read.ephemeral


@pytest.mark.parametrize(
    ("entry", "values", "mode"),
    [("mix", {"image2": [PHOTO]}, "mix"), ("inpaint", {"mask": [mask()], "prompt": "a hat"}, "inpaint")],
)
async def test_a_menu_s_form_takes_another_picture(server, bot, entry, values, mode):
    async with bot.running():
        message = await server.say(bot.channel, bot.ada, files=[PHOTO])
        asked = await server.message_menu(say(f"menu-{entry}"), message, user=bot.ada)
        assert (await asked.acknowledged()).type == MODAL
        form = await asked.modal()
        assert form.fields == list(MENU[entry])
        answer = await (await server.submit(form, values)).message(has_pictures)
        if mode == "inpaint":
            await (await bot.press(answer, "Go")).message(lambda it: files(it) == ["kandinsky"])
        job = await bot.ended()
    assert (job.request.mode, len(job.request.pictures())) == (mode, 2)


async def test_a_private_picture_is_shown_to_its_person_alone_before_and_after_its_token_s_death(server, bot):
    async with bot.running():
        await bot.store.settings.put(f"owner:discord:{bot.ada.id}", "private", True)
        message = await bot.draw()
        assert message.ephemeral
        bot.worker.hang()
        await (await bot.imagine()).message(is_begun)
        server.clock.advance(16 * 60)
        bot.worker.go_on()
        job = await bot.ended()
        [direct] = server.dm(bot.ada).messages
        assert files(direct) == ["kandinsky"]
        await (await bot.press(direct, "Delete")).message(lambda it: it is not direct)
        assert (await bot.store.jobs.with_status(list(JobStatus)))[-1].id != job.id
    assert bot.channel.messages == []
    assert server.dm(bot.ada).messages == []


async def test_pictures_are_covered_where_somebody_set_it(server, bot):
    async with bot.running():
        plain = await bot.draw()
        await bot.store.settings.put(f"place:discord:{bot.guild.id}/{bot.channel.id}", "spoiler", True)
        covered = await bot.draw(count=2)
        pressed = await bot.press(covered, "Full size 1")
        full = await pressed.message(lambda it: it is not covered and has_pictures(it))
    names = [message.attachments[0].filename for message in (plain, covered, full)]
    assert [name.startswith("SPOILER_") for name in names] == [False, True, True]


async def test_pictures_are_covered_where_the_worker_noted_it_and_so_is_what_their_buttons_show(server, bot):
    async with bot.running() as app:
        message = await bot.draw(count=2)
        job = await bot.job(message)
        noted = replace(job, notes={"spoiler": True})
        await app.deliver(noted, partial(bot.store.pictures, job.id), "covered")
        assert message.attachments[0].filename.startswith("SPOILER_kandinsky-")
        await app.deliver(
            replace(noted, address={**job.address, "expires_at": 0}), partial(bot.store.pictures, job.id), ""
        )
        pressed = await bot.press(message, "Full size 1")
        full = await pressed.message(lambda it: it is not message and has_pictures(it))
        assert full.attachments[0].filename.startswith("SPOILER_")
    assert bot.posted == [message, full]  # the covered message was found again by its name


async def test_everything_is_said_in_the_language_of_its_person(server, bot):
    anna = server.add_user("anna", locale="de")
    options = {"prompt": "ein Fuchs", "steps": 9999}
    async with bot.running():
        message = await bot.draw(user=anna)
        refused = await server.slash("imagine", options, user=anna, channel=bot.channel, validate=False)
        told = await refused.message()
        queue = await bot.use("queue", anna)
        english = await bot.use("queue")
        await bot.ended()
        with speaking("de"):
            form = await (await bot.press(message, say("button-edit"), anna)).modal()
            assert form.title == say("button-edit")
            assert [button.label for button in message.buttons][-1] == say("button-delete")
            assert queue.content.startswith(say("queue-none"))
    assert "muss zwischen" in told.content
    assert english.content.startswith(say("queue-none"))
    assert english.content != queue.content


async def test_a_language_that_somebody_set_goes_before_that_of_their_app(server, bot):
    async with bot.running():
        await bot.store.settings.put(f"owner:discord:{bot.ada.id}", "language", "ru")
        told = await bot.use("queue")
    with speaking("ru"):
        assert told.content.startswith(say("queue-none"))


async def test_the_service_learns_who_asks_and_where(server, bot, monkeypatch):
    mona = server.add_user("mona", locale="zh-TW")
    bot.guild.moderators.append(mona)
    role = bot.guild.add_role(mona)
    adults = bot.guild.add_channel("adults", nsfw=True)
    seen = []

    async def settings(_, origin):
        seen.append(origin)
        return Settings()

    monkeypatch.setattr(Service, "settings", settings)
    async with bot.running():
        for place in (adults, server.dm(mona), bot.channel):
            user = bot.ada if place is bot.channel else mona
            await (await server.slash("queue", user=user, channel=place)).message()
    here, alone, plain = seen
    assert (here.name, here.locale, here.roles, here.server) == ("Mona", "zh-TW", {role}, f"discord:{bot.guild.id}")
    assert (here.is_moderator, here.is_adult, here.is_private) == (True, True, False)
    assert (alone.is_moderator, alone.is_adult, alone.is_private, alone.server) == (False, False, True, "")
    assert (plain.is_moderator, plain.is_adult, plain.roles) == (False, False, frozenset())


def test_every_entry_of_a_menu_takes_what_its_form_asks_for():
    known = {command.name: {option.name for option in command.on("discord")} for command in COMMANDS}
    assert all(set(asked) <= known[name] for name, asked in MENU.items())
