"""Draw a round from its seed, play it, and judge it."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import on_discord, on_telegram
from tests.chaos.faults import DISCORD, KILLS, TELEGRAM, Fault, kill
from tests.chaos.judge import Verdict, judge
from tests.chaos.machine import AIMED, AT_FIRST, MACHINE, ON_OWN_DISK, choose_trap, own_disk
from tests.chaos.people import Deed
from tests.chaos.stage import Stage
from tests.chaos.traps import PLACES, Trap
from tests.chaos.zygote import Zygote

GROUPS: dict[str, dict[str, Fault]] = {
    "kills": KILLS,
    "discord": DISCORD,
    "telegram": TELEGRAM,
    "machine": MACHINE,
    "aimed": AIMED,
    "storm": {"SIGKILL bot": kill},
}
# Rounds that last several times as long, with as many more people and twice the faults.
LONGER = {"storm": 4}
# What nothing is pressed below of: it has no buttons, or more than one question.
ALONE = frozenset({"batch", "cancelled", "inpaint"})
# Ended jobs are kept for a second or two in a round that is about sweeping.
SWEPT_AFTER_DAYS = 0.00002
PLAY_S = 2.0
LOOK_S, LOOKS = 0.05, 12
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Act:
    """Say what a person does, and when: seconds after the round's begin."""

    at_s: float
    platform: str
    kind: str  # a name in the platform's JOBS, or "say"
    then: str = ""
    in_group: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """Say what breaks, when, for how long, and its one chance."""

    at_s: float
    name: str
    seconds: float
    chance: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold a whole round, drawn from its seed alone."""

    seed: int
    number: int
    acts: tuple[Act, ...]
    breaks: tuple[Break, ...] = ()
    trap: Trap | None = None  # what the bot falls into in its first life

    def __str__(self) -> str:
        broken = ", ".join(f"{it.at_s:.2f} s {it.name}" for it in self.breaks)
        return f"seed {self.seed} round {self.number}: {broken or self.trap}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what became of a round."""

    plan: Plan
    verdict: Verdict
    sent: int
    seconds: float
    deaths: int = 0  # how often the bot was killed
    spared: int = 0  # traps that nothing fell into


def draw(seed: int, number: int, groups: tuple[str, ...] = tuple(GROUPS)) -> Plan:
    """Draw a round; the same numbers and groups draw the same one."""
    chance = random.Random(f"{seed}/{number}")
    name = chance.choice(groups)
    long = LONGER.get(name, 1)
    people, trouble = chance.randint(5, 9) * long, long * chance.choice((1, 1, 2, 3) if long == 1 else (2,))
    acts = sorted((_act(chance, PLAY_S * long) for _ in range(people)), key=lambda act: act.at_s)
    times = sorted(chance.uniform(0.05, PLAY_S * long) for _ in range(trouble))
    faults = list(GROUPS[name])
    breaks = [Break(at_s, chance.choice(faults), chance.uniform(0.3, 1.5), chance.random()) for at_s in times]
    return Plan(seed, number, tuple(acts), tuple(breaks))


def _act(chance: random.Random, within_s: float) -> Act:
    platform = chance.choice(("discord", "telegram"))
    side = on_discord if platform == "discord" else on_telegram
    at_s = chance.uniform(0, within_s)
    if chance.random() < 0.25:
        return Act(at_s, platform, "say", chance.choice(side.TALKS))
    then = chance.choice(side.PRESSES) if chance.random() < 0.2 else ""
    kind = chance.choice(list(side.JOBS))
    return Act(at_s, platform, kind, "" if kind in ALONE else then, chance.random() < 0.2)


async def play(plan: Plan, zygote: Zygote, folder: Path) -> Outcome:
    """Play a round in `folder`, which is left there only where the promise was broken."""
    began = time.monotonic()
    async with Stage(zygote, folder) as stage, _prepared(stage, plan):
        await stage.open()
        async with asyncio.TaskGroup() as tasks:
            for number, act in enumerate(plan.acts):
                tasks.create_task(_begin(stage, number, act))
            for it in plan.breaks:
                tasks.create_task(_break(stage, it))
        await _calm(stage)
        verdict = await _judged(stage)
    if not verdict.broken:
        shutil.rmtree(folder)
    return Outcome(plan, verdict, len(plan.acts), time.monotonic() - began, stage.deaths, stage.spared)


@asynccontextmanager
async def _prepared(stage: Stage, plan: Plan) -> AsyncIterator[None]:
    """Set up what some faults need from the start on."""
    breaks = {it.name: it for it in plan.breaks}
    if plan.trap:
        stage.next_plan = plan.trap.plan(stage.folder)
    if first := breaks.get(f"killed {AT_FIRST}"):
        stage.next_plan = choose_trap(AT_FIRST, first.chance).plan(stage.folder)
    if "killed sweeping" in breaks or (plan.trap and plan.trap.place in PLACES["sweeping"]):
        stage.settings["store__retention_days"] = str(SWEPT_AFTER_DAYS)
    if ON_OWN_DISK & breaks.keys():
        async with own_disk(stage):
            yield
    else:
        yield


async def _break(stage: Stage, it: Break) -> None:
    await asyncio.sleep(it.at_s)
    await fault_of(it.name)(stage, it.seconds, it.chance)


def fault_of(name: str) -> Fault:
    """Find a fault by its name."""
    return next(group[name] for group in GROUPS.values() if name in group)


async def _begin(stage: Stage, number: int, act: Act) -> None:
    await asyncio.sleep(act.at_s)
    stage.people.begin(_deed(stage, number, act))


def _deed(stage: Stage, number: int, act: Act) -> Deed:
    name = f"{act.platform} {number}, {act.kind} {act.then}".strip()
    words = f"fox {number:04d} owl"
    several = tuple(f"{words} {part}" for part in "ab") if act.kind == "batch" else (words,)
    if act.platform == "discord":
        who = {"server": stage.discord, "channel": stage.people.channel, "person": stage.discord.add_user()}
        if act.kind == "say":
            return on_discord.Said(name, "say", (act.then,), **who)
        return on_discord.Asked(name, act.kind, several, then=act.then, **who)
    person = stage.telegram.add_user("Ada")
    in_group = act.in_group and act.kind != "say"
    chat = stage.telegram.group("friends", members=[person]) if in_group else stage.telegram.private_chat(person)
    if act.kind == "say":
        return on_telegram.Said(name, "talk", (act.then,), chat=chat)
    send = on_telegram.JOBS[act.kind]
    return on_telegram.Asked(name, "job", several, chat=chat, server=stage.telegram, send=send, then=act.then)


async def _calm(stage: Stage) -> None:
    """Wait until nothing is under way, however often one looks, or patience ends."""
    end, quiet = time.monotonic() + PATIENCE_S, 0
    while time.monotonic() < end and quiet < LOOKS:
        quiet = quiet + 1 if stage.is_quiet() else 0
        await asyncio.sleep(LOOK_S)


async def _judged(stage: Stage) -> Verdict:
    failed = await stage.people.go_home()
    stories = [story for deed in stage.people.deeds for story in deed.stories(stage)]
    await stage.stop()
    assert not failed, failed
    return judge(stories, stage.aftermath())
