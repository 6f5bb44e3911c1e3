"""What the networks of Kandinsky 2.2 weigh, for the plan of memory.

Counted on the full-size architectures on the meta device; `test_fullsize.py` holds them against these.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from engine.kandinsky.families.kandinsky_2.components import MOVQ, PRIOR, encoder
from engine.kandinsky.placing.plan import Component, Components, Role

UNET = Component(Role.DENOISER, 1_253_057_288, 42_468_864, activation_per_pixel=23_100)
COMPONENTS: Components = MappingProxyType(
    {
        "prior.text_encoder": encoder(694_659_840, 63_242_240),
        "prior.image_encoder": encoder(1_844_907_264, 13_639_680),
        "prior.prior": PRIOR,
        "decoder.unet": UNET,
        "decoder.movq": MOVQ,
        "inpaint.unet": replace(UNET, parameters=1_253_074_568),
        "controlnet.unet": replace(UNET, parameters=1_253_429_212),
    }
)
