"""Train the diffusion decoder: a UNet that draws latents from an image embedding."""

from collections.abc import Sequence
from random import Random

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from torch import Tensor, nn
from torch.nn import functional

from .embedding import EMBEDDING
from .loop import Plan, fit
from .origin import begun
from .pool import Portion
from .train_movq import CHANNELS

# Pictures of the native size in a batch; of other sizes as many as have the same pixels.
BATCH = 16
LARGEST_BATCH = 32
LATENT_EDGE = 16
# What a prior or a vision encoder misses, per number.
EMBEDDING_NOISE = 0.1
UNCONDITIONAL_SHARE = 0.1
# Above 1, more of the noisy steps, where colours and places are decided.
NOISY_STEP_BIAS = 1.3


def build_decoder(in_channels: int = CHANNELS) -> UNet2DConditionModel:
    """Make the untrained UNet; twice the output channels, as the family predicts its variance too."""
    unet = UNet2DConditionModel(
        sample_size=LATENT_EDGE,
        in_channels=in_channels,
        out_channels=2 * CHANNELS,
        addition_embed_type="image",
        down_block_types=("ResnetDownsampleBlock2D",) + ("SimpleCrossAttnDownBlock2D",) * 2,
        up_block_types=("SimpleCrossAttnUpBlock2D",) * 2 + ("ResnetUpsampleBlock2D",),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        block_out_channels=(64, 96, 128),
        layers_per_block=1,
        encoder_hid_dim=EMBEDDING,
        encoder_hid_dim_type="image_proj",
        cross_attention_dim=64,
        attention_head_dim=32,
        resnet_time_scale_shift="scale_shift",
    )
    nn.init.zeros_(unet.conv_out.weight)
    nn.init.zeros_(unet.conv_out.bias)
    return unet


def build_scheduler() -> DDPMScheduler:
    """Make the family's DDPM schedule with two changes that small pictures need.

    At 256 latent pixels the published end of 0.012 leaves the mean colour readable in the last noise, which a
    sampler starting from pure noise cannot offer; 0.02 hides it. Velocity then keeps those steps well scaled
    (Salimans and Ho, 2022, "Progressive Distillation", section 4).
    """
    return DDPMScheduler(
        num_train_timesteps=1000,
        beta_schedule="linear",
        beta_start=0.00085,
        beta_end=0.02,
        clip_sample=True,
        clip_sample_range=2.0,
        variance_type="learned_range",
        prediction_type="v_prediction",
    )


def train_decoder(plan: Plan, portions: Sequence[Portion]) -> UNet2DConditionModel:
    """Train the UNet on pairs of clean latents and embeddings, one size of picture at a time."""
    torch.manual_seed(plan.seed)
    scheduler, rng = build_scheduler(), Random(f"decoder {plan.seed}")

    def loss(unet: nn.Module, _: float) -> Tensor:
        clean, embeddings = batch(rng, portions, plan.device)
        steps = random_steps(len(clean), plan.device)
        noise = torch.randn_like(clean)
        noisy = scheduler.add_noise(clean, noise, steps)
        drawn = predict(unet, noisy, steps, conditions(embeddings))
        return functional.mse_loss(drawn, scheduler.get_velocity(clean, noise, steps))

    return fit(begun(build_decoder(), plan.start_from), loss, plan)


def batch(rng: Random, portions: Sequence[Portion], device: torch.device) -> tuple[Tensor, Tensor]:
    """Choose latents and embeddings of one size, fewer the larger the pictures are."""
    portion = rng.choices(portions, [portion.share for portion in portions])[0]
    area = portion.latents.shape[-1] * portion.latents.shape[-2]
    count = min(LARGEST_BATCH, BATCH * LATENT_EDGE**2 // area)
    chosen = torch.randint(len(portion.latents), (count,))
    return portion.latents[chosen].to(device), portion.embeddings[chosen].to(device)


def conditions(embeddings: Tensor) -> Tensor:
    """Blur embeddings a little and replace a part by zero, which stands for no condition."""
    kept = torch.rand(len(embeddings), 1, device=embeddings.device) >= UNCONDITIONAL_SHARE
    return kept * (embeddings + EMBEDDING_NOISE * torch.randn_like(embeddings))


def random_steps(count: int, device: torch.device) -> Tensor:
    """Draw time steps, leaning to the noisy ones."""
    share = torch.rand(count, device=device) ** (1 / NOISY_STEP_BIAS)
    return (share * 1000).long().clamp(max=999)


def predict(unet: nn.Module, noisy: Tensor, steps: Tensor, condition: Tensor) -> Tensor:
    """Run the UNet in bfloat16 and keep the half of its output that is not the variance."""
    with torch.autocast(noisy.device.type, torch.bfloat16):
        output = unet(noisy, steps, encoder_hidden_states=None, added_cond_kwargs={"image_embeds": condition}).sample
    return output[:, :CHANNELS].float()
