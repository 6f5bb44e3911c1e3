"""Draw all that each model can be asked for on a card that is not there: python -m tests.pretended [MODEL ...].

Prints a row for what differs in nothing, and then what each way of keeping a model needs; docs/benchmarks.md has both.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator

from engine.kandinsky.placing.plan import FRAGMENTATION, GIB, LADDER, WORKSPACE_BYTES
from tests.pretended.card import pretended
from tests.pretended.cases import Case, Seen, drawn, every
from tests.pretended.models import SPECS, files, model, placed
from tests.pretended.rungs import on_rung, plan


def main(names: Iterable[str]) -> None:
    """Print both tables for the models of these names."""
    chosen = list(names) or list(SPECS)
    print("| model | modes | quality | cases | waits a step | waits a step of the prior | TFLOP a step and picture |")
    print("|---|---|---|---|---|---|---|")
    for name in chosen:
        print(*_steps(name), sep="\n", flush=True)
    print("\n| model | kept | GiB at most | GiB as planned | waits a step |\n|---|---|---|---|---|")
    for name in chosen:
        print(*_rungs(name), sep="\n", flush=True)


def _steps(name: str) -> Iterator[str]:
    """Draw every case, and gather those in which a step is alike."""
    spec, alike = SPECS[name], dict[tuple[str, str, str], list[tuple[Case, Seen]]]()
    with pretended() as card, files(spec):
        laddered = placed(model(spec), spec)
        for case in every(name):
            seen = drawn(laddered, case, card, words=str(case))
            kind = ("draft" if case.quality == "draft" else "normal, best", _told(seen.waits), _told(seen.prior_waits))
            alike.setdefault(kind, []).append((case, seen))
    for (quality, waits, prior_waits), drawings in alike.items():
        modes = ", ".join(dict.fromkeys(case.mode for case, _ in drawings))
        costs = [seen.operations / 1e12 / case.pictures / (1 if case.guided else 0.5) for case, seen in drawings]
        told = (name, modes, quality, len(drawings), waits, prior_waits, f"{min(costs):.2f} to {max(costs):.2f}")
        yield f"| {' | '.join(map(str, told))} |"


def _rungs(name: str) -> Iterator[str]:
    """Keep a model in each way of the ladder."""
    held = model(SPECS[name])
    for rung in LADDER:
        placement = plan(name, rung)
        found = on_rung(held, Case(name, "text2img"), placement)
        planned = (placement.peak_bytes - WORKSPACE_BYTES) / FRAGMENTATION
        told = (name, rung.value, f"{found.most_bytes / GIB:.2f}", f"{planned / GIB:.2f}", _told(found.waits))
        yield f"| {' | '.join(told)} |"


def _told(waits: Counter[tuple[str, str]]) -> str:
    return ", ".join(f"{count} {what} ({where})" for (what, where), count in waits.items()) or "none"


if __name__ == "__main__":
    main(sys.argv[1:])
