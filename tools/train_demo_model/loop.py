"""Train one module within a wall-clock budget, with warm-up, cosine decay, an averaged copy and checkpoints."""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

WARM_UP_STEPS = 100
FINAL_LEARNING_RATE_SHARE = 0.02
AVERAGE_DECAY = 0.998
CHECKPOINT_EVERY_S = 120.0
REPORT_EVERY_S = 30.0

Loss = Callable[[nn.Module, float], Tensor]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stage may spend and where it keeps its state."""

    name: str
    folder: Path
    budget_s: float
    learning_rate: float
    device: torch.device
    seed: int = 0
    weight_decay: float = 0.0
    average_decay: float = AVERAGE_DECAY
    start_from: Path | None = None

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoints" / f"{self.name}.pt"


@dataclass(slots=True)
class Run:
    """The state of a stage; all of it is in the checkpoint, so a killed run goes on where it was."""

    module: nn.Module
    average: nn.Module
    optimizer: torch.optim.Optimizer
    elapsed_s: float = 0.0
    step: int = 0
    loss: float = field(default=math.nan)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        torch.save(self.state(), partial)
        partial.replace(path)

    def state(self) -> dict[str, object]:
        return {
            "module": self.module.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "elapsed_s": self.elapsed_s,
            "step": self.step,
            "loss": self.loss,
        }

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True, map_location=next(self.module.parameters()).device)
        self.module.load_state_dict(state["module"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.elapsed_s, self.step, self.loss = state["elapsed_s"], state["step"], state["loss"]


def fit(module: nn.Module, loss: Loss, plan: Plan) -> nn.Module:
    """Minimise `loss(module, progress)` until the budget is spent and return the averaged module in eval mode."""
    run = start(module, plan)
    if run.elapsed_s >= plan.budget_s:
        return run.average.eval()
    torch.manual_seed(plan.seed + run.step)
    saved = reported = time.monotonic()
    while run.elapsed_s < plan.budget_s:
        began = time.monotonic()
        take_step(run, loss, plan)
        now = time.monotonic()
        run.elapsed_s += now - began
        if now - reported > REPORT_EVERY_S:
            reported = now
            report(run, plan)
        if now - saved > CHECKPOINT_EVERY_S:
            saved = now
            run.save(plan.checkpoint)
    run.save(plan.checkpoint)
    report(run, plan)
    return run.average.eval()


def start(module: nn.Module, plan: Plan) -> Run:
    """Place a module on its device and take up its checkpoint, where there is one."""
    module = module.to(plan.device).train()
    optimizer = torch.optim.AdamW(
        [part for part in module.parameters() if part.requires_grad],
        lr=plan.learning_rate,
        betas=(0.9, 0.98),
        weight_decay=plan.weight_decay,
        fused=True,
    )
    run = Run(module, copy.deepcopy(module).requires_grad_(False), optimizer)
    if plan.checkpoint.exists():
        run.load(plan.checkpoint)
    return run


def take_step(run: Run, loss: Loss, plan: Plan) -> None:
    """Do one optimizer step at the learning rate that the spent share of the budget asks for."""
    progress = run.elapsed_s / plan.budget_s
    for group in run.optimizer.param_groups:
        group["lr"] = plan.learning_rate * learning_rate_share(run.step, progress)
    value = loss(run.module, progress)
    run.optimizer.zero_grad()
    value.backward()
    nn.utils.clip_grad_norm_(run.module.parameters(), 1.0)
    run.optimizer.step()
    run.step += 1
    follow(run, plan.average_decay)
    run.loss = value.item() if math.isnan(run.loss) else 0.98 * run.loss + 0.02 * value.item()


def learning_rate_share(step: int, progress: float) -> float:
    """Warm up over the first steps, then fall along a cosine to a small rest."""
    cosine = 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
    fall = FINAL_LEARNING_RATE_SHARE + (1 - FINAL_LEARNING_RATE_SHARE) * cosine
    return fall * min(1.0, (step + 1) / WARM_UP_STEPS)


@torch.no_grad()
def follow(run: Run, decay: float) -> None:
    """Move the averaged copy a little towards the module."""
    decay = min(decay, (run.step + 1) / (run.step + 20))
    parts = list(run.average.parameters())
    torch._foreach_lerp_(parts, [part.detach() for part in run.module.parameters()], 1 - decay)
    for kept, buffer in zip(run.average.buffers(), run.module.buffers(), strict=True):
        kept.copy_(buffer)


def report(run: Run, plan: Plan) -> None:
    """Print one line of progress."""
    line = f"{plan.name}: step {run.step}, {run.elapsed_s:.0f} of {plan.budget_s:.0f} s, loss {run.loss:.5f}"
    print(line, flush=True)
