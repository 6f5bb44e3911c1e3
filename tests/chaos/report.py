"""Count what rounds came to, and write it as JSON and as a table."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.chaos.judge import BROKEN, LIMITS
from tests.chaos.rounds import Outcome


class Report:
    """Collect the outcomes of rounds."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._outcomes: list[Outcome] = []

    @property
    def broken(self) -> list[Outcome]:
        """List the rounds that broke the promise."""
        return [outcome for outcome in self._outcomes if outcome.verdict.broken]

    def add(self, outcome: Outcome) -> None:
        """Take a round in, and say at once what it broke."""
        self._outcomes.append(outcome)
        if outcome.verdict.broken:
            print(f"BROKEN {outcome.plan}", flush=True)
            for finding in outcome.verdict.broken:
                print(f"    {finding.kind}: {finding.what}", flush=True)

    def write(self, folder: Path, seconds: float) -> None:
        """Write `chaos.json` and `chaos.md`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "chaos.json").write_text(json.dumps(self._facts(seconds), indent=1))
        (folder / "chaos.md").write_text(self.table(seconds) + "\n")

    def table(self, seconds: float) -> str:
        """Lay out how often each fault was met, and what came of its rounds."""
        kinds = [kind for kind in (*BROKEN, *LIMITS) if any(kind in it.verdict.counts for it in self._outcomes)]
        head = ["fault", "times", *kinds]
        rows = [[name, str(times), *map(str, self._found(name, kinds))] for name, times in sorted(self._met().items())]
        rows.append(["all", str(self._met().total()), *map(str, self._found("", kinds))])
        lines = [head, ["---"] * len(head), *rows]
        sent = sum(outcome.sent for outcome in self._outcomes)
        deaths, spared = (sum(getattr(it, name) for it in self._outcomes) for name in ("deaths", "spared"))
        first = (
            f"Seed {self._seed}: {len(self._outcomes)} rounds, {sent} things sent, the bot killed {deaths} times, "
            f"{spared} traps missed, {seconds / 60:.1f} minutes."
        )
        return "\n".join([first, "", *("| " + " | ".join(line) + " |" for line in lines)])

    def _met(self) -> Counter[str]:
        return Counter(it.name for outcome in self._outcomes for it in outcome.plan.breaks)

    def _found(self, name: str, kinds: list[str]) -> list[int]:
        """Count the findings of the rounds with a fault, of all rounds without a name."""
        with_it = [it for it in self._outcomes if not name or any(broken.name == name for broken in it.plan.breaks)]
        return [sum(outcome.verdict.counts[kind] for outcome in with_it) for kind in kinds]

    def _facts(self, seconds: float) -> dict[str, object]:
        findings = [
            {"round": it.plan.number, "plan": str(it.plan), "kind": found.kind, "what": found.what}
            for it in self._outcomes
            for found in it.verdict.findings
        ]
        return {
            "seed": self._seed, "rounds": len(self._outcomes), "seconds": round(seconds, 1), "met": self._met(),
            "findings": findings,
        }  # fmt: skip
