"""Train, export and evaluate the embedded model: `python -m tools.train_demo_model --help`."""

import argparse
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import diffusers
import torch
import transformers
from torch import nn
from transformers import CLIPTokenizer

from .artist import Artist, Settings
from .evaluate import Row, evaluate, table
from .export import Parts, export
from .loop import Plan
from .origin import FOLDERS
from .polish import polish_movq, redraw_all
from .pool import Portion, pool
from .tokenizer import tokenizer_in
from .train_clip import train_text, train_vision
from .train_decoder import train_decoder
from .train_inpaint import train_inpaint
from .train_movq import train_movq
from .train_prior import train_prior

SECONDS = 60


@dataclass(frozen=True, slots=True)
class Stage:
    """What share of the time a stage gets, and how fast it learns."""

    share: float
    learning_rate: float
    weight_decay: float = 0.01


# Begun with trained weights, a stage learns this much slower.
FINE_TUNING = 0.6
# The polish is worth its time only once the decoder's latents are cleaner than MoVQ's drawing of them.
STAGES = {
    "movq": Stage(0.22, 2e-3, weight_decay=0.0),
    "polish": Stage(0.0, 1e-3, weight_decay=0.0),
    "vision": Stage(0.1, 1.2e-3),
    "text": Stage(0.1, 2e-3),
    "prior": Stage(0.06, 1e-3),
    "decoder": Stage(0.42, 1e-3),
    "inpaint": Stage(0.1, 5e-4),
}


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where and for how long to train, and which exported model's weights to begin with, if any."""

    folder: Path
    device: torch.device
    seed: int
    minutes: float
    minutes_of: dict[str, float]
    shards: int
    start_from: Path | None = None

    def plan(self, name: str) -> Plan:
        """Plan one stage; a finished stage goes on only if it is given more time than it has had."""
        stage = STAGES[name]
        minutes = self.minutes_of.get(name, self.minutes * stage.share)
        begun = self.start_from is not None and name in FOLDERS
        return Plan(
            name,
            self.folder,
            minutes * SECONDS,
            stage.learning_rate * (FINE_TUNING if begun else 1),
            self.device,
            self.seed,
            stage.weight_decay,
            start_from=self.start_from / FOLDERS[name] if begun else None,
        )


class Training:
    """The parts, each trained when it is first asked for, after those that it needs."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    @cached_property
    def movq(self) -> nn.ModuleDict:
        return train_movq(self.workshop.plan("movq"))

    @cached_property
    def vision(self) -> nn.Module:
        return train_vision(self.workshop.plan("vision"))

    @cached_property
    def tokenizer(self) -> CLIPTokenizer:
        return tokenizer_in(self.workshop.folder / "tokenizer", self.workshop.start_from)

    @cached_property
    def text(self) -> nn.Module:
        return train_text(self.workshop.plan("text"), self.tokenizer)

    @cached_property
    def prior(self) -> nn.Module:
        return train_prior(self.workshop.plan("prior"), self.tokenizer, self.text)

    @cached_property
    def portions(self) -> list[Portion]:
        return pool(self.movq["movq"].eval(), self.workshop.shards, self.workshop.folder / "latents")

    @cached_property
    def decoder(self) -> nn.Module:
        return train_decoder(self.workshop.plan("decoder"), self.portions)

    @cached_property
    def inpaint(self) -> nn.Module | None:
        plan = self.workshop.plan("inpaint")
        return train_inpaint(plan, self.decoder, self.portions) if has_time(plan) else None

    @cached_property
    def polish(self) -> nn.Module:
        plan, movq = self.workshop.plan("polish"), self.movq["movq"]
        if not has_time(plan):
            return movq
        return polish_movq(plan, movq, redraw_all(movq, self.decoder, self.workshop.seed))

    def parts(self) -> Parts:
        """Gather everything, in the order in which the parts need each other."""
        reading = (self.vision, self.tokenizer, self.text, self.prior)
        return Parts(self.polish, self.movq["preview"], *reading, self.decoder, self.inpaint)


def has_time(plan: Plan) -> bool:
    """Tell whether a stage that may be left out has time or a checkpoint."""
    return plan.budget_s > 0 or plan.checkpoint.exists()


def main() -> None:
    """Run every stage, or only those named; those with a checkpoint go on from it."""
    options = parse()
    torch.set_num_threads(options.threads)
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
    if not options.evaluate_only:
        training = Training(workshop(options))
        for name in options.only:
            getattr(training, name)
        if options.only:
            return
        for name, size in export(training.parts(), options.out).items():
            print(f"{name}: {size:.1f} MB", flush=True)
    print(table(measured(options)))


def workshop(options: argparse.Namespace) -> Workshop:
    """Set up what the command line asks for."""
    return Workshop(
        options.work,
        torch.device(options.device),
        options.seed,
        options.minutes,
        dict(options.budget),
        options.shards,
        options.start_from,
    )


def measured(options: argparse.Namespace) -> list[Row]:
    """Evaluate the exported model, telling each figure as it is known."""
    settings = Settings(steps=options.steps, guidance=options.guidance)
    settings = replace(settings, prior_steps=options.prior_steps, prior_guidance=options.prior_guidance)
    artist = Artist(options.out, settings, torch.device(options.device))
    rows = []
    for row in evaluate(artist, options.count, options.work / "samples"):
        print(f"{row.name}: {row.value:.4g}{row.unit}", flush=True)
        rows.append(row)
    return rows


def parse() -> argparse.Namespace:
    """Read the command line."""
    usual = Settings()
    parser = argparse.ArgumentParser(prog="python -m tools.train_demo_model", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints, latents and samples")
    parser.add_argument("--out", type=Path, required=True, help="folder for the finished model")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 ...")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=180, help="time for all stages together")
    parser.add_argument("--budget", type=budget, action="append", default=[], metavar="STAGE=MINUTES")
    parser.add_argument("--only", choices=STAGES, action="append", default=[], help="train this and what it needs")
    parser.add_argument("--start-from", type=Path, help="exported model whose weights the stages begin with")
    parser.add_argument("--shards", type=int, default=24, help="scenes for the decoder, in units of 500")
    parser.add_argument("--evaluate-only", action="store_true", help="measure the model in --out")
    parser.add_argument("--count", type=int, default=100, help="prompts per language")
    parser.add_argument("--steps", type=int, default=usual.steps)
    parser.add_argument("--guidance", type=float, default=usual.guidance)
    parser.add_argument("--prior-steps", type=int, default=usual.prior_steps)
    parser.add_argument("--prior-guidance", type=float, default=usual.prior_guidance)
    return parser.parse_args()


def budget(text: str) -> tuple[str, float]:
    """Read "decoder=45"."""
    name, minutes = text.split("=")
    if name not in STAGES:
        raise argparse.ArgumentTypeError(f"no such stage: {name}; there are {', '.join(STAGES)}")
    return name, float(minutes)


if __name__ == "__main__":
    main()
