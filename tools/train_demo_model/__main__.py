"""Train, export and evaluate the embedded model: `python -m tools.train_demo_model --help`."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import diffusers
import torch
import transformers
from torch import Tensor, nn

from .artist import Artist, Settings
from .embedding import embed_scenes
from .evaluate import Row, evaluate, table
from .export import Parts, export
from .loop import Plan
from .pool import pool_latents, pool_scenes
from .tokenizer import tokenizer_in
from .train_clip import train_text, train_vision
from .train_decoder import train_decoder
from .train_inpaint import train_inpaint
from .train_movq import polish_movq, train_movq
from .train_prior import train_prior

SECONDS = 60


@dataclass(frozen=True, slots=True)
class Stage:
    """What share of the time a stage gets, and how fast it learns."""

    share: float
    learning_rate: float
    weight_decay: float = 0.01


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
    """Where and for how long to train."""

    folder: Path
    device: torch.device
    seed: int
    minutes: float
    minutes_of: dict[str, float]
    shards: int

    def plan(self, name: str) -> Plan:
        """Plan one stage; a finished stage goes on only if it is given more time than it has had."""
        stage = STAGES[name]
        minutes = self.minutes_of.get(name, self.minutes * stage.share)
        return Plan(
            name,
            self.folder,
            minutes * SECONDS,
            stage.learning_rate,
            self.device,
            self.seed,
            stage.weight_decay,
        )


def main() -> None:
    """Run every stage; those with a checkpoint go on from it."""
    options = parse()
    torch.set_num_threads(options.threads)
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
    workshop = Workshop(
        options.work,
        torch.device(options.device),
        options.seed,
        options.minutes,
        dict(options.budget),
        options.shards,
    )
    if not options.evaluate_only:
        for name, size in export(train(workshop), options.out).items():
            print(f"{name}: {size:.1f} MB", flush=True)
    print(table(measured(options)))


def train(workshop: Workshop) -> Parts:
    """Train the parts in the order in which they need each other."""
    autoencoder = train_movq(workshop.plan("movq"))
    latents, embeddings = training_data(workshop, autoencoder["movq"])
    vision = train_vision(workshop.plan("vision"))
    tokenizer = tokenizer_in(workshop.folder / "tokenizer")
    text = train_text(workshop.plan("text"), tokenizer)
    prior = train_prior(workshop.plan("prior"), tokenizer, text)
    decoder = train_decoder(workshop.plan("decoder"), latents, embeddings)
    inpaint = optional(workshop, "inpaint", lambda plan: train_inpaint(plan, decoder, latents, embeddings))
    movq = optional(workshop, "polish", lambda plan: polish_movq(plan, autoencoder["movq"])) or autoencoder["movq"]
    return Parts(movq, autoencoder["preview"], vision, tokenizer, text, prior, decoder, inpaint)


def optional(workshop: Workshop, name: str, stage: Callable[[Plan], nn.Module]) -> nn.Module | None:
    """Run a stage unless it has neither time nor a checkpoint."""
    plan = workshop.plan(name)
    return stage(plan) if plan.budget_s > 0 or plan.checkpoint.exists() else None


def training_data(workshop: Workshop, movq: nn.Module) -> tuple[Tensor, Tensor]:
    """Encode the pool of scenes, once, and lay out their embeddings."""
    latents = pool_latents(movq.eval(), workshop.shards, workshop.folder / "latents")
    return latents, embed_scenes(pool_scenes(workshop.shards))


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
