"""What the networks of Kandinsky 2.1 weigh, for the plan of memory.

Counted on the full-size architectures on the meta device; `test_fullsize.py` holds them against these.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from engine.kandinsky.families.kandinsky_2.components import MOVQ, PRIOR, encoder
from engine.kandinsky.placing.plan import Component, Components, Role

UNET = Component(Role.DENOISER, 1_228_661_768, 42_468_864, activation_per_pixel=23_200)
COMPONENTS: Components = MappingProxyType(
    {
        "prior.text_encoder": encoder(123_650_304, 37_945_344),
        "prior.image_encoder": encoder(303_966_208, 4_198_400),
        "prior.prior": replace(PRIOR, parameters=1_022_030_080),
        "decoder.text_encoder": encoder(560_677_632, 256_002_048),
        "decoder.unet": UNET,
        "decoder.movq": MOVQ,
        "inpaint.unet": replace(UNET, parameters=1_228_679_048),
    }
)
