"""Draw with an exported model, through the same pipelines as any Kandinsky 2.2."""

from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import (
    KandinskyV22Img2ImgPipeline,
    KandinskyV22InpaintPipeline,
    KandinskyV22Pipeline,
    KandinskyV22PriorPipeline,
    UNet2DConditionModel,
)
from PIL import Image
from torch import Tensor

from .pool import NATIVE
from .scenes import Size


@dataclass(frozen=True, slots=True)
class Settings:
    """How to sample."""

    prior_steps: int = 10
    prior_guidance: float = 1.5
    steps: int = 20
    guidance: float = 1.5
    batch: int = 20


class Artist:
    """An exported model and the settings it draws with; picture number n of a call has seed + n."""

    def __init__(self, folder: Path, settings: Settings, device: torch.device) -> None:
        self.settings = settings
        options = {"dtype": torch.float32, "use_safetensors": True, "local_files_only": True}
        self.prior = KandinskyV22PriorPipeline.from_pretrained(folder / "prior", **options).to(device)
        self.decoder = KandinskyV22Pipeline.from_pretrained(folder / "decoder", **options).to(device)
        self.img2img = KandinskyV22Img2ImgPipeline(**self.decoder.components)
        self.inpaint = self._inpaint(folder / "inpaint" / "unet", options, device)
        for pipeline in filter(None, (self.prior, self.decoder, self.img2img, self.inpaint)):
            pipeline.set_progress_bar_config(disable=True)

    def _inpaint(self, folder: Path, options: dict, device: torch.device) -> KandinskyV22InpaintPipeline | None:
        if not folder.is_dir():
            return None
        unet = UNet2DConditionModel.from_pretrained(folder, **options).to(device)
        return KandinskyV22InpaintPipeline(**{**self.decoder.components, "unet": unet})

    def embed(self, prompts: list[str], seed: int) -> Tensor:
        """Let the prior turn prompts into image embeddings (count, width)."""
        return self.prior(
            prompts,
            num_inference_steps=self.settings.prior_steps,
            guidance_scale=self.settings.prior_guidance,
            generator=generators(len(prompts), seed),
        ).image_embeds

    def see(self, pictures: list[Image.Image]) -> Tensor:
        """Let the vision encoder turn pictures into image embeddings (count, width)."""
        pixels = self.prior.image_processor(pictures, return_tensors="pt").pixel_values
        with torch.no_grad():
            return self.prior.image_encoder(pixels.to(self.prior.device)).image_embeds

    def draw(self, prompts: list[str], seed: int, size: Size = NATIVE) -> list[Image.Image]:
        """Draw one picture of `size`, width and height in pixels, for each prompt, in batches."""
        pictures = []
        for first in range(0, len(prompts), self.settings.batch):
            part = prompts[first : first + self.settings.batch]
            pictures += self.draw_embeddings(self.embed(part, seed + first), seed + first, size)
        return pictures

    def draw_embeddings(self, embeddings: Tensor, seed: int, size: Size = NATIVE) -> list[Image.Image]:
        """Draw one picture for each embedding."""
        return self.decoder(**self._request(embeddings, seed, size)).images

    def vary(self, init: Image.Image, prompt: str, strength: float, seed: int) -> Image.Image:
        """Draw over an init picture."""
        request = self._request(self.embed([prompt], seed), seed, init.size)
        return self.img2img(image=init, strength=strength, **request).images[0]

    def fill(self, init: Image.Image, mask: Image.Image, prompt: str, seed: int) -> Image.Image:
        """Repaint the white part of a mask and put the original back elsewhere."""
        request = self._request(self.embed([prompt], seed), seed, init.size)
        drawn = self.inpaint(image=init, mask_image=mask, **request).images[0]
        return Image.composite(drawn, init, mask)

    def _request(self, embeddings: Tensor, seed: int, size: Size) -> dict:
        width, height = size
        nothing = self.prior.get_zero_embed(len(embeddings)).to(embeddings)
        return {
            "image_embeds": embeddings,
            "negative_image_embeds": nothing,
            "height": height,
            "width": width,
            "num_inference_steps": self.settings.steps,
            "guidance_scale": self.settings.guidance,
            "generator": generators(len(embeddings), seed),
        }


def generators(count: int, seed: int) -> list[torch.Generator]:
    """Make a generator per picture, so that a batch draws what single runs draw."""
    return [torch.Generator().manual_seed(seed + number) for number in range(count)]
