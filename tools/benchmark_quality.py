"""Measure what each quality is worth on the embedded model: python -m tools.benchmark_quality [--prompts N].

In one run, for each quality, as it is and in full, and for the steps of a draft with the model's own scheduler: how
many pictures of prompts that it was not trained on show what was asked for, judged by their pixels alone, how far they
are from "normal" in full (the root of the mean square, of 255), and the seconds per picture in batches of four, as a
ratio to that.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from engine.catalog import DEMO, NO_SAVINGS
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
FULL: Mapping[str, object] = {"savings": NO_SAVINGS}
ROWS: Mapping[str, Mapping[str, object]] = {
    "normal in full": FULL,
    "normal": {},
    "draft in full": {"quality": "draft", **FULL},
    "draft": {"quality": "draft"},
    "a draft's steps, own scheduler": {"steps": DEMO.draft_steps, **FULL},
    "best": {"quality": "best"},
}


@dataclass(frozen=True)
class Row:
    """Hold the shares of right backgrounds, colours, places, shapes in percent, the pixels, and seconds a picture."""

    shares: Sequence[float]
    pixels: np.ndarray
    seconds: float


def draw(model: Model, asked: Sequence[tuple[Scene, str]], fields: Mapping[str, object]) -> Row:
    """Draw what is `asked` and judge it."""
    requests = [
        complete(Text2Image(model="demo", prompt=prompt, seed=number, **fields), DEMO)
        for number, (_, prompt) in enumerate(asked)
    ]
    images, began = [], time.perf_counter()
    for first in range(0, len(asked), BATCH):
        drawn = model.render([Drawing(request) for request in requests[first : first + BATCH]], lambda _: None)
        images += [each.images[0] for each in drawn]
    seconds = (time.perf_counter() - began) / len(asked)
    verdicts = [judge(image, scene) for image, (scene, _) in zip(images, asked, strict=True)]
    shares = [share(verdicts, attribute) for attribute in ("background", "colour", "place", "shape")]
    return Row(shares, np.stack([np.asarray(image) for image in images]).astype(np.float32), seconds)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=80)
    parser.add_argument("--guidance", type=float)
    options = parser.parse_args()
    loading.keep_libraries_quiet()
    device.use_all_cores()
    model, rng = load_models([DEMO], "cpu", Path())["demo"], Random("quality")
    asked = [
        (scene, held_out_caption(scene, rng, "en").text) for scene in wanted_scenes("quality", options.prompts, 0.0)
    ]
    print(f"{platform.machine()}, {options.prompts} prompts, guidance {options.guidance or DEMO.guidance_scale}\n")
    print("| quality | steps | background | colour | place | shape | RMSE | time against normal in full |")
    print("|---|---|---|---|---|---|---|---|")
    draw(model, asked[:BATCH], {"quality": "draft"})
    full: Row | None = None
    for name, fields in ROWS.items():
        row = draw(model, asked, {**fields, "guidance_scale": options.guidance})
        full = full or row
        steps = fields.get("steps") or DEMO.steps_of(str(fields.get("quality", "normal")))
        cells = " | ".join(f"{value:.0f} %" for value in row.shares)
        distance = float(np.sqrt(np.square(row.pixels - full.pixels).mean()))
        print(f"| {name} | {steps} | {cells} | {distance:.1f} | {row.seconds / full.seconds:.2f} |", flush=True)


if __name__ == "__main__":
    main()
