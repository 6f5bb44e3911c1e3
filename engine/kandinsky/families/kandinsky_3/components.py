"""What the networks of Kandinsky 3 weigh, for the plan of memory.

Counted on the full-size architectures on the meta device; `test_fullsize.py` holds them against these.
"""

from __future__ import annotations

from types import MappingProxyType

from engine.kandinsky.placing.plan import Component, Components, Role

T5, EMBEDDINGS_OF_TOKENS = 8_721_797_632, 131_596_288
COMPONENTS: Components = MappingProxyType(
    {
        "decoder.text_encoder": Component(
            Role.ENCODER, T5, EMBEDDINGS_OF_TOKENS, activation_bytes=32 * 2**20, quantisable=T5 - EMBEDDINGS_OF_TOKENS
        ),
        "decoder.unet": Component(Role.DENOISER, 3_055_348_228, 37_751_808, activation_per_pixel=18_800),
        "decoder.movq": Component(Role.DECODER, 270_669_103, 9_438_208, activation_per_pixel=328_300),
    }
)
