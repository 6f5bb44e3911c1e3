"""Measure what each quality is worth on the embedded model: python -m tools.benchmark_quality [--prompts N].

In one run, for each quality, and for the steps of a draft with the model's own scheduler: how many pictures of prompts
that it was not trained on show what was asked for, judged by their pixels alone, and the seconds per picture in batches
of four, as a ratio to "normal".
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

from engine.catalog import DEMO
from engine.checks import complete
from engine.kandinsky.families.loaders import load_models
from engine.kandinsky.placing import device, loading
from engine.models.model import Drawing, Model
from engine.requests import Text2Image
from tools.train_demo_model.captions import held_out_caption
from tools.train_demo_model.evaluate import share, wanted_scenes
from tools.train_demo_model.judge import judge
from tools.train_demo_model.scenes import Scene

BATCH = 4
ROWS: Mapping[str, Mapping[str, object]] = {
    "normal": {},
    "draft": {"quality": "draft"},
    "a draft's steps, own scheduler": {"steps": DEMO.draft_steps},
    "best": {"quality": "best"},
}


def draw(model: Model, asked: list[tuple[Scene, str]], fields: Mapping[str, object]) -> tuple[list[float], float]:
    """Return the shares of right backgrounds, colours, places and shapes in percent, and the seconds per picture."""
    requests = [
        complete(Text2Image(model="demo", prompt=prompt, seed=number, **fields), DEMO)
        for number, (_, prompt) in enumerate(asked)
    ]
    verdicts, began = [], time.perf_counter()
    for first in range(0, len(asked), BATCH):
        drawn = model.render([Drawing(request) for request in requests[first : first + BATCH]], lambda _: None)
        verdicts += [judge(each.images[0], scene) for each, (scene, _) in zip(drawn, asked[first:], strict=False)]
    seconds = (time.perf_counter() - began) / len(asked)
    return [share(verdicts, attribute) for attribute in ("background", "colour", "place", "shape")], seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=80)
    count = parser.parse_args().prompts
    loading.keep_libraries_quiet()
    device.use_all_cores()
    model, rng = load_models([DEMO], "cpu", Path())["demo"], Random("quality")
    asked = [(scene, held_out_caption(scene, rng, "en").text) for scene in wanted_scenes("quality", count, 0.0)]
    print(f"{platform.machine()}, {count} prompts\n")
    print("| quality | steps | background | colour | place | shape | time against normal |")
    print("|---|---|---|---|---|---|---|")
    draw(model, asked[:BATCH], {"quality": "draft"})
    normal_s = 0.0
    for name, fields in ROWS.items():
        shares, seconds = draw(model, asked, fields)
        normal_s = normal_s or seconds
        steps = fields.get("steps") or DEMO.steps_of(str(fields.get("quality", "normal")))
        cells = " | ".join(f"{value:.0f} %" for value in shares)
        print(f"| {name} | {steps} | {cells} | {seconds / normal_s:.2f} |", flush=True)


if __name__ == "__main__":
    main()
