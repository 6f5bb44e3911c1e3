"""Write the trained parts as a Kandinsky 2.2: one folder per pipeline, fp16 safetensors."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from diffusers import (
    KandinskyV22InpaintPipeline,
    KandinskyV22Pipeline,
    KandinskyV22PriorPipeline,
    PriorTransformer,
    UNet2DConditionModel,
    VQModel,
)
from torch import nn
from transformers import CLIPTextModelWithProjection, CLIPTokenizer, CLIPVisionModelWithProjection

from . import train_decoder, train_prior
from .origin import PREVIEW_FILE
from .train_clip import build_image_processor

Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that is trained; `inpaint` may be missing."""

    movq: VQModel
    preview: nn.Conv2d
    vision: CLIPVisionModelWithProjection
    tokenizer: CLIPTokenizer
    text: CLIPTextModelWithProjection
    prior: PriorTransformer
    decoder: UNet2DConditionModel
    inpaint: UNet2DConditionModel | None = None


def export(parts: Parts, out: Path) -> dict[str, float]:
    """Save the pipelines and return the size of each folder in megabytes."""
    save_prior(parts, out / "prior")
    scheduler, movq = train_decoder.build_scheduler(), half(parts.movq)
    decoder = KandinskyV22Pipeline(unet=half(parts.decoder), scheduler=scheduler, movq=movq)
    decoder.save_pretrained(out / "decoder", safe_serialization=True)
    save_preview(parts.preview, out / "decoder" / PREVIEW_FILE)
    if parts.inpaint is not None:
        inpaint = KandinskyV22InpaintPipeline(unet=half(parts.inpaint), scheduler=scheduler, movq=movq)
        # MoVQ is the decoder's: a second copy would only weigh.
        inpaint.unet.save_pretrained(out / "inpaint" / "unet", safe_serialization=True)
        inpaint.scheduler.save_pretrained(out / "inpaint" / "scheduler")
    return {folder.name: megabytes(folder) for folder in sorted(out.iterdir())}


def save_prior(parts: Parts, folder: Path) -> None:
    """Save the prior pipeline."""
    KandinskyV22PriorPipeline(
        prior=half(parts.prior),
        image_encoder=half(parts.vision),
        text_encoder=half(parts.text),
        tokenizer=parts.tokenizer,
        scheduler=train_prior.build_scheduler(),
        image_processor=build_image_processor(),
    ).save_pretrained(folder, safe_serialization=True)
    name_processor_as_the_family_does(folder)


def name_processor_as_the_family_does(folder: Path) -> None:
    """Write the processor's published name, which every installation resolves, with or without torchvision."""
    for path in (folder / "model_index.json", folder / "image_processor" / "preprocessor_config.json"):
        path.write_text(path.read_text().replace("CLIPImageProcessorPil", "CLIPImageProcessor"))


def half(module: Module) -> Module:
    """Move a module to the CPU in half precision."""
    return module.cpu().to(torch.float16).eval()


def save_preview(preview: nn.Conv2d, path: Path) -> None:
    """Save the linear map from latents to RGB in [-1, 1]: matrix (3, 4) and bias (3)."""
    matrix, bias = preview.weight.detach().flatten(1).tolist(), preview.bias.detach().tolist()
    path.write_text(json.dumps({"matrix": matrix, "bias": bias}, indent=1) + "\n")


def megabytes(folder: Path) -> float:
    """Sum the sizes of a folder's files, in units of 1,000,000 bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
