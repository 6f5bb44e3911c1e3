"""Train the inpainting decoder: the decoder with five more input channels, the masked latents and the mask."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from torch.nn import functional

from .loop import Plan, fit
from .origin import FOLDERS, begun
from .pool import Portion
from .train_decoder import batch, build_decoder, build_scheduler, conditions, predict, random_steps
from .train_movq import CHANNELS

EVERYTHING_SHARE = 0.1
# A box is at least this many sixteenths of the edge long.
LEAST_BOX = 5


def build_inpaint(decoder: UNet2DConditionModel) -> UNet2DConditionModel:
    """Copy the decoder and widen its first layer; the new weights are zero, so it begins as the decoder."""
    unet = build_decoder(in_channels=2 * CHANNELS + 1)
    state = decoder.state_dict()
    widened = torch.zeros_like(unet.conv_in.weight)
    widened[:, :CHANNELS] = state["conv_in.weight"]
    unet.load_state_dict({**state, "conv_in.weight": widened})
    return unet


def begun_inpaint(decoder: UNet2DConditionModel, folder: Path | None) -> UNet2DConditionModel:
    """Add to the decoder what an exported inpainting decoder, if there is one, learned beyond its own decoder."""
    unet = build_inpaint(decoder)
    if folder is not None:
        learned = begun(build_decoder(unet.config.in_channels), folder).state_dict()
        before = build_inpaint(begun(build_decoder(), folder.parents[1] / FOLDERS["decoder"])).state_dict()
        unet.load_state_dict({name: part + learned[name] - before[name] for name, part in unet.state_dict().items()})
    return unet


def train_inpaint(plan: Plan, decoder: UNet2DConditionModel, portions: Sequence[Portion]) -> UNet2DConditionModel:
    """Train on the decoder's data with random masks; 1 marks what is kept, as inside the family's pipeline."""
    torch.manual_seed(plan.seed)
    scheduler, rng = build_scheduler(), Random(f"inpaint {plan.seed}")

    def loss(unet: nn.Module, _: float) -> Tensor:
        clean, embeddings = batch(rng, portions, plan.device)
        kept = random_masks(len(clean), *clean.shape[2:]).to(plan.device)
        steps = random_steps(len(clean), plan.device)
        noise = torch.randn_like(clean)
        seen = torch.cat([scheduler.add_noise(clean, noise, steps), clean * kept, kept], dim=1)
        drawn = predict(unet, seen, steps, conditions(embeddings))
        return functional.mse_loss(drawn, scheduler.get_velocity(clean, noise, steps))

    return fit(begun_inpaint(decoder, plan.start_from), loss, plan)


def random_masks(count: int, height: int, width: int) -> Tensor:
    """Draw masks (count, 1, height, width): 0 in a random box, or everywhere, and 1 around it."""
    masks = torch.ones(count, 1, height, width)
    for mask in masks:
        top, bottom = random_span(height)
        left, right = random_span(width)
        mask[:, top:bottom, left:right] = 0
    masks[torch.rand(count) < EVERYTHING_SHARE] = 0
    return masks


def random_span(edge: int) -> tuple[int, int]:
    """Choose where a box begins and ends along one edge; it may touch the border."""
    length = int(torch.randint(LEAST_BOX * edge // 16, edge + 1, ()))
    first = int(torch.randint(0, edge - length + 1, ()))
    return first, first + length
