"""Everything that a person reads, in their language, as plain text: each adapter escapes it for its platform."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from bot.commands.buttons import Button
from bot.commands.table import DRAWING_COMMANDS, Command, Option
from bot.words.localisation import knows, say
from engine.catalog import KNOWN, ModelSpec
from engine.errors import EngineError
from engine.events import EngineState
from engine.jobs import Job, JobStatus, JobUpdate
from engine.request import Style
from engine.requests import AnyRequest

# What the worker may note about pictures, in the order in which it is said.
NOTES = ("understood", "cut", "text_mix", "unread")
# An error names a request's field; a person knows it as the option in front of it.
_OPTION_NAMES = MappingProxyType(
    {option.field: option.name for command in DRAWING_COMMANDS for option in command.options if option.field}
)
_STEPS_IN_BAR = 10
_VALUE_SHOWN = 80
_NOTE_SHOWN = 200


def key(*parts: str) -> str:
    """Name a message: `key("error", "queue_full")` is "error-queue-full"."""
    return "-".join(parts).replace("_", "-")


def error(problem: EngineError) -> str:
    """Say what went wrong and what is allowed, in one sentence or two."""
    name = key("error", problem.code)
    facts = {fact: _fact(fact, value) for fact, value in problem.facts.items()}
    sentence = say(name if knows(name) else "error-engine-error", **facts)
    close = problem.facts.get("close")
    return say("did-you-mean", sentence=sentence, close=close) if close else sentence


def button(button: Button) -> str:
    """Say what a button does, in a word or two, with the number of its picture among several."""
    words = say(key("button", button.verb))
    return f"{words} {button.number}" if button.number else words


def command_help(command: Command) -> str:
    """Say in a line what a command does."""
    return say(key("command", command.name))


def progress(update: JobUpdate, state: EngineState) -> str:
    """Say where a waiting or running job stands."""
    return f"{title(update.job.request)}\n{_progress(update, state)}"


def _progress(update: JobUpdate, state: EngineState) -> str:
    if update.job.status is JobStatus.LEASED:
        return bar(update.step, update.total) if update.total else say("progress-starting")
    facts = {"eta": eta(update.eta_s), "state": _state(state)}
    if not update.position:
        return say("progress-next", **facts)
    return say("progress-waiting", position=update.position, **facts)


def bar(step: int, total: int) -> str:
    """Draw a progress bar with its percentage."""
    done = step * _STEPS_IN_BAR // total
    return f"{'▰' * done}{'▱' * (_STEPS_IN_BAR - done)} {step * 100 // total} %"


def eta(seconds: tuple[float, float] | None) -> str:
    """Say about how long it takes, from and to, or nothing while nobody knows."""
    if seconds is None:
        return ""
    unit, size = ("minutes", 60) if seconds[1] >= 90 else ("seconds", 1)
    ends = dict.fromkeys(str(max(1, round(end / size))) for end in seconds)
    return say(f"eta-{unit}", **{unit: "–".join(ends)})


def caption(job: Job) -> str:
    """Describe finished pictures: the prompt, and everything needed to make them again."""
    negative = job.request.negative_prompt
    without = [say("caption-without", words=quote(negative))] if negative else []
    return "\n".join([title(job.request), *without, *notes(job), parameters(job)])


def notes(job: Job) -> list[str]:
    """Say, a line each, what the worker noted about the pictures, and what would draw better ones."""
    noted = {name: _fact(name, value) for name, value in job.notes.items() if value}
    lines = [say(key("note", name), **noted) for name in NOTES if name in noted]
    problem = key("problem", str(noted.get("problem", "")))
    return [*lines, *([say(problem)] if knows(problem) else []), *advice(job.request)]


def parameters(job: Job) -> str:
    """List on one line what else went into the pictures, and the seconds on the device."""
    request = job.request
    parts = [
        say("caption-seed", seeds=", ".join(str(seed) for seed in request.seeds())),
        f"{request.width}x{request.height}",
        say("caption-steps", steps=request.steps or 0),
        say("caption-guidance", guidance=f"{request.guidance_scale:g}"),
        request.model,
    ]
    return " · ".join([*parts, *([say("caption-seconds", seconds=job.seconds)] if job.seconds is not None else [])])


def shown(job: Job, number: int = 0) -> str:
    """Describe a job and its number, by which it can be named again; `number` is the picture that is meant."""
    return "\n".join([say("job-number", job=f"{job.id}.{number}" if number else job.id), caption(job)])


def read_back(parameters: str | None, line: str | None) -> str:
    """Repeat what a picture's file says about how it was made, and the line that draws it again, if there is one."""
    return "\n\n".join([parameters or say("no-parameters"), *([say("draw-again", line=line)] if line else [])])


def history(jobs: Sequence[Job]) -> str:
    """List a person's latest jobs and when they were asked for, UTC."""
    lines = [
        f"{datetime.fromtimestamp(job.created_at, UTC):%Y-%m-%d %H:%M} "
        + say("history-line", job=job.id, status=say(key("status", job.status)), title=title(job.request, 60))
        for job in jobs
    ]
    return "\n".join([*lines, say("history-hint")]) if lines else say("history-none")


def styles(known: Iterable[Style]) -> str:
    """List the styles and what they add."""
    lines = [f"{style.name}: {style.prompt}" for style in known]
    return "\n".join([*lines, say("styles-hint")]) if lines else say("styles-none")


def models(known: Sequence[ModelSpec]) -> str:
    """List the models, the default one first, and what they do."""
    lines = (
        say(
            "models-line",
            model=it.name,
            size=f"{it.native_size}x{it.native_size}",
            steps=it.steps,
            modes=", ".join(it.modes),
        )
        for it in known
    )
    return "\n".join([*lines, say("models-hint")])


def mask_question(job: Job) -> str:
    """Ask whether the mask is right."""
    return f"{title(job.request)}\n{say('mask-question')}"


def ended(job: Job) -> str:
    """Say how a job ended that made no pictures."""
    if job.status is JobStatus.CANCELLED:
        return f"{title(job.request)}\n{say('cancelled')}"
    return f"{title(job.request)}\n{error(EngineError(job.error, **job.facts))}"


def queue(mine: Sequence[JobUpdate], waiting: int, state: EngineState) -> str:
    """List a person's own jobs and the length of the queue."""
    lines = [
        say("queue-job", job=update.job.id, standing=_standing(update), title=title(update.job.request, 60))
        for update in mine
    ]
    total = say("queue-waiting" if waiting else "queue-nobody", count=waiting, state=_state(state))
    return "\n".join([*(lines or [say("queue-none")]), total])


def cancelled(jobs: Sequence[Job]) -> str:
    """Confirm what was stopped."""
    if len(jobs) == 1:
        return say("stopped-one", job=jobs[0].id, title=title(jobs[0].request, 60))
    return say("stopped-many", count=len(jobs))


def option_help(command: Command, option: Option) -> str:
    """Describe an option with its bounds, short enough for Discord's 100 characters."""
    words = say(key("option", option.name))
    bounds = command.limits(option)
    return say("option-bounds", help=words, low=bounds[0], high=bounds[1]) if bounds else words


def choice(word: str) -> str:
    """Name one of the words that an option may be, and what it means."""
    return say(key("choice", word))


def title(request: AnyRequest, limit: int = 300) -> str:
    """Name what was asked for: the words, or, where there are none, the command and the number of its pictures."""
    if words := " + ".join(request.texts()):
        return quote(words, limit)
    return say("title-pictures", mode=request.mode, count=len(request.pictures()))


def quote(text: str, limit: int = 300) -> str:
    """Quote a person's words on one line, cut to `limit` characters."""
    return say("quote", text=_cut(text, limit))


def _cut(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _standing(update: JobUpdate) -> str:
    if update.job.status is JobStatus.LEASED:
        return bar(update.step, update.total) if update.total else say("standing-starting")
    if not update.position:
        return say("standing-next")
    return say("standing-number", position=update.position, eta=eta(update.eta_s))


def _state(state: EngineState) -> str:
    return "" if state is EngineState.READY else say(key("state", state))


def _fact(name: str, value: object) -> object:
    if isinstance(value, (list, tuple)):
        value = ", ".join(map(str, value))
    if name in NOTES:
        return _cut(str(value), _NOTE_SHOWN)
    if name == "field":
        return _OPTION_NAMES.get(str(value), value)
    if name != "value" or not isinstance(value, str):
        return value
    return value if value.isalnum() and len(value) <= _VALUE_SHOWN else quote(value, _VALUE_SHOWN)


# What the published models of Kandinsky draw well with.
GUIDANCE = (3.0, 6.0)
MOST_STEPS = 30
_MODELS = {model.name: model for model in KNOWN}


def advice(request: AnyRequest) -> list[str]:
    """Say at most one thing, and nothing of a model that is made for other values."""
    model = _MODELS.get(request.model)
    if not model:
        return []
    low, high = GUIDANCE
    guidance = model.guidance_scale if request.guidance_scale is None else request.guidance_scale
    if low <= model.guidance_scale <= high and not low <= guidance <= high:
        return [say("advice-guidance", guidance=f"{guidance:g}", low=f"{low:g}", high=f"{high:g}", model=model.name)]
    usual = max(MOST_STEPS, model.steps_of(request.quality))
    if model.steps <= MOST_STEPS and (request.steps or 0) > usual:
        return [say("advice-steps", steps=request.steps or 0, limit=MOST_STEPS, model=model.name)]
    return []
