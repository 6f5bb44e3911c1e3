"""Measure on the GPU of this machine all that the documents lack, within nine minutes: make gpu.

It begins with the standard library alone: what a bare Python lacks comes from the folder `wheels`. Without a GPU, or
with --rehearse, everything is rehearsed with tiny models on the CPU, and the documents stay as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tools.gpu import packages, tables
from tools.gpu.running import Found, RunPart, in_a_process, part_command, run_parts

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "build" / "gpu"
FIGURES = "figures.json"


def main() -> None:
    """Measure, or write what was measured elsewhere."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rehearse", action="store_true", help="with tiny models on the CPU")
    parser.add_argument("--wheels", type=Path, default=ROOT / "wheels", help="what this Python lacks")
    parser.add_argument("--write", type=Path, help=f"write a {FIGURES} that was measured elsewhere into docs/")
    options = parser.parse_args()
    if options.write:
        said = json.loads(options.write.read_text(encoding="utf-8"))
        report({name: Found(**found) for name, found in said["parts"].items()}, ROOT / "docs", said["day"])
        return
    began, folder = time.monotonic(), fresh(FOLDER)
    environment = ready(options.wheels, folder / "packages")
    is_rehearsal = options.rehearse or not has_card(environment)
    run_part = in_a_process(part_command(folder / "cache", rehearse=is_rehearsal), environment)
    docs = rehearsed_docs() if is_rehearsal else ROOT / "docs"
    failed = measure(folder, docs, began, run_part)
    print(f"{time.monotonic() - began:.0f} s in all", flush=True)
    sys.exit(1 if failed else 0)


def measure(folder: Path, docs: Path, began: float, run_part: RunPart) -> list[str]:
    """Run all parts, write the documents in `docs` after each, and name the parts that lack something."""
    day, found = f"{datetime.now(UTC):%d %B %Y}", dict[str, Found]()
    for name, result in run_parts(folder, began, run_part):
        found[name] = result
        said = {"day": day, "parts": {name: asdict(each) for name, each in found.items()}}
        (folder / FIGURES).write_text(json.dumps(said, indent=1), encoding="utf-8")
        report(found, docs, day)
    return [name for name, each in found.items() if each.lack]


def report(found: Mapping[str, Found], docs: Path, day: str) -> None:
    """Write the documents, and say of the latest part how it went."""
    written = tables.write(found, docs, day)
    name, result = list(found.items())[-1]
    print(f"{name}: {result.lack or 'done'}; in {docs}: {', '.join(written) or 'nothing'}", flush=True)


def ready(wheels: Path, target: Path) -> dict[str, str]:
    """Bring what this Python lacks, and return the environment in which it is found."""
    for name in packages.install(wheels, target):
        print(f"from {wheels}: {name}")
    paths = [str(ROOT), str(target), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "HF_HUB_OFFLINE": "1"}


def has_card(environment: Mapping[str, str]) -> bool:
    """Ask torch for a GPU, in a process of its own; say so where there is none."""
    code = "import sys, torch; sys.exit(not torch.cuda.is_available())"
    if subprocess.run([sys.executable, "-c", code], env=dict(environment), check=False).returncode == 0:
        return True
    print("There is no GPU here: this is a rehearsal with tiny models on the CPU.", flush=True)
    return False


def rehearsed_docs() -> Path:
    """Copy the documents to where a rehearsal may write."""
    folder = Path(tempfile.mkdtemp(prefix="kandinsky-bot-rehearsal-"))
    print(f"A rehearsal: its figures mean nothing, and go to {folder}.", flush=True)
    return Path(shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("images")))


def fresh(folder: Path) -> Path:
    """Make an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    main()
