"""What the networks of Kandinsky 2.1 and 2.2, as far as both have them, weigh, for the plan of memory.

Counted on the full-size architectures on the meta device; `test_fullsize.py` holds them against these.
"""

from __future__ import annotations

from engine.kandinsky.placing.plan import Component, Role

PRIOR = Component(Role.DENOISER, 1_026_225_920, 16_785_408, activation_bytes=10 * 2**20)
MOVQ = Component(Role.DECODER, 67_832_495, 2_359_808, activation_per_pixel=164_400)


def encoder(parameters: int, largest_layer: int) -> Component:
    """Weigh an encoder of texts or pictures."""
    return Component(Role.ENCODER, parameters, largest_layer, activation_bytes=12 * 2**20)
