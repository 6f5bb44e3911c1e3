"""What a round comes to: pure, from what people's apps showed at its end and what is on the disk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# The promise: none of these may ever be.
BROKEN = (
    "lost", "swallowed", "doubled", "stuck", "unanswered", "died", "would not start", "would not stop", "traceback",
    "token in the log", "database damaged", "job not ended", "picture missing",
)  # fmt: skip
# Where a promise ends, as docs/reliability.md says: counted, and no failure.
LIMITS = ("album and sheet", "progress left", "file without row", "refused by the app")

# The line of a traceback that names the error; those of groups are drawn with bars.
ERROR_LINE = re.compile(r"^[ |]*((?:\w+\.)*\w*(?:Error|Exception|Group|Lost|Timeout)\b.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Story:
    """Hold what one person sent, and what their app shows at the end.

    `results` counts the messages that show what was asked for, for each picture's words. `kept` says that the platform
    itself hands on what is sent, however long the bot is away; without it, an app says that nobody answered.
    """

    name: str
    kind: str  # job, talk, press
    kept: bool = True
    disturbed: bool = False  # the bot was away, or could not be reached, while an app waits for an answer
    accepted: bool = False  # the app showed that it was taken
    answered: bool = False  # the app showed anything in answer
    told: bool = False  # the app shows an end in words
    thinking: bool = False  # the app shows that an answer is being thought of
    progress: bool = False  # a message still says that it waits or is drawn
    results: tuple[int, ...] = ()
    said_again: bool = False  # one more message shows the same, and says so: Telegram's albums


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Hold what is on the disk, and in the log, once everything is over."""

    log: str = ""
    secrets: tuple[str, ...] = ()
    integrity: str = "ok"
    open_jobs: tuple[str, ...] = ()  # neither ended nor waiting for a word on a mask that was shown
    missing: tuple[str, ...] = ()  # files that rows name
    unnamed: tuple[str, ...] = ()  # files that no row names
    troubles: tuple[tuple[str, str], ...] = ()  # what the runner saw of the process: kind, facts


@dataclass(frozen=True, slots=True)
class Finding:
    """Say what went wrong, and for whom."""

    kind: str
    what: str

    @property
    def breaks_the_promise(self) -> bool:
        """Tell it from a limit that is known."""
        return self.kind in BROKEN


@dataclass(frozen=True, slots=True)
class Verdict:
    """Hold all findings of a round."""

    findings: tuple[Finding, ...] = ()

    @property
    def broken(self) -> list[Finding]:
        """List what breaks the promise."""
        return [finding for finding in self.findings if finding.breaks_the_promise]

    @property
    def counts(self) -> Counter[str]:
        """Count the findings by kind."""
        return Counter(finding.kind for finding in self.findings)


def judge(stories: Sequence[Story], aftermath: Aftermath) -> Verdict:
    """Judge a round."""
    found = [finding for story in stories for finding in _of_story(story)]
    return Verdict((*found, *_of_disk(aftermath), *_of_log(aftermath)))


def _of_story(story: Story) -> Iterator[Finding]:
    if any(count > 1 for count in story.results):
        yield Finding("doubled", f"{story.name}: {story.results}")
    if story.said_again and any(story.results):
        yield Finding("album and sheet", story.name)
    if story.thinking:
        yield Finding("stuck", f"{story.name}: its app says that an answer is being thought of")
    elif kind := _unfinished(story):
        yield Finding(kind, story.name)
    elif story.progress:
        yield Finding("progress left", story.name)


def _unfinished(story: Story) -> str | None:
    if story.told or story.said_again or (story.results and all(story.results)):
        return None
    if story.kind == "job" and story.accepted:
        return "lost"
    if story.answered:
        return None if story.kind != "job" else "lost"
    if not story.kept and story.disturbed:
        return "refused by the app"
    return "unanswered" if story.kind == "press" else "swallowed"


def _of_disk(aftermath: Aftermath) -> Iterator[Finding]:
    if aftermath.integrity != "ok":
        yield Finding("database damaged", aftermath.integrity)
    for kind, each in (
        ("job not ended", aftermath.open_jobs),
        ("picture missing", aftermath.missing),
        ("file without row", aftermath.unnamed),
    ):
        for what in each:
            yield Finding(kind, what)
    for kind, what in aftermath.troubles:
        yield Finding(kind, what)


def _of_log(aftermath: Aftermath) -> Iterator[Finding]:
    if "Traceback (most recent call last)" in aftermath.log:
        yield Finding("traceback", _traceback(aftermath.log))
    for secret in aftermath.secrets:
        if secret in aftermath.log:
            yield Finding("token in the log", f"{secret[:4]}…")


def _traceback(log: str) -> str:
    """Cut the error's own line out of the first traceback of a log."""
    found = ERROR_LINE.search(log.partition("Traceback (most recent call last)")[2])
    return found[1][:200] if found else "?"
