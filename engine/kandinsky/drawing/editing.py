"""Repaint a part of a picture: lay out what is kept and what is drawn, and put the two together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from engine.catalog import ModelSpec
from engine.errors import RequestError
from engine.models.model import Drawing
from engine.pictures import masks
from engine.pictures.canvas import OVERLAP, canvas
from engine.requests import Inpaint, Outpaint

FEATHER = 4


@dataclass(frozen=True, slots=True)
class Edit:
    """Hold a picture at the size of its request, and the mask of it that is white where it is repainted."""

    original: Image.Image
    mask: Image.Image
    feather: int

    @classmethod
    def of(cls, drawing: Drawing, spec: ModelSpec) -> Edit:
        """Lay out an inpaint or an outpaint; raise `RequestError` where nothing is to be drawn, or all."""
        request = drawing.request
        if isinstance(request, Outpaint):
            layout = request.layout(spec)
            return cls(*canvas(drawing.picture(request.picture), layout), OVERLAP)
        assert isinstance(request, Inpaint), "no other mode repaints a part"  # noqa: S101 - a programming error
        return _by_mask(drawing, request) if request.mask else _by_alpha(drawing, request)

    def finish(self, drawn: Image.Image) -> Image.Image:
        """Put what is kept back, bit for bit: pixels that were encoded and decoded are not what they were."""
        if self.original.mode == "RGBA":
            return Image.alpha_composite(drawn.convert("RGBA"), self.original).convert("RGB")
        return masks.composite(self.original, drawn, self.mask, self.feather)


def _by_mask(drawing: Drawing, request: Inpaint) -> Edit:
    picture, size = drawing.picture(request.picture).convert("RGB"), _size(request)
    mask = masks.of_picture(drawing.inputs[request.mask.sha256 if request.mask else ""], picture.size)
    masks.check(mask)
    return Edit(picture.resize(size, Image.Resampling.LANCZOS), masks.resize(mask, size), FEATHER)


def _by_alpha(drawing: Drawing, request: Inpaint) -> Edit:
    picture = drawing.picture(request.picture)
    if not masks.has_alpha(picture):
        raise RequestError("mask_missing")
    picture = picture.resize(_size(request), Image.Resampling.LANCZOS)
    mask = masks.of_alpha(picture)
    masks.check(mask)
    return Edit(picture, mask, 0)


def _size(request: Inpaint) -> tuple[int, int]:
    return request.width or 0, request.height or 0


def kept_latents(edits: Sequence[Edit], factor: int) -> Tensor:
    """Say which latents are kept, float [edits, 1, height / factor, width / factor]: 1 where nothing is drawn."""
    drawn = torch.stack([torch.from_numpy(masks.latent_mask(edit.mask, factor)) for edit in edits])
    return 1 - drawn[:, None]


def grown(kept: Tensor) -> Tensor:
    """Keep one latent less wherever something is drawn, as the inpainting UNets of Kandinsky 2 are used to.

    The same as `prepare_mask` of diffusers' pipelines, which loops over the pixels and changes its argument: a latent
    is kept if it and six of its neighbours are, those to the upper right and the lower left aside.
    """
    padded = torch.nn.functional.pad(kept, (1, 1, 1, 1), value=1.0)
    height, width = kept.shape[-2:]
    around = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2)]
    return torch.stack([padded[..., y : y + height, x : x + width] for y, x in around]).amin(dim=0)
