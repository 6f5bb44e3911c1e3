"""The styles that come with the bot; the configuration adds others, or replaces them by their names."""

from __future__ import annotations

from collections.abc import Mapping

from engine.request import Style

BUILT_IN = (
    Style(
        name="photo",
        prompt="photograph, natural light, sharp focus, fine detail, 50mm lens",
        negative_prompt="painting, drawing, cartoon, blurry, oversaturated",
    ),
    Style(
        name="cinematic",
        prompt="film still, dramatic light, shallow depth of field, anamorphic lens, colour graded",
        negative_prompt="flat light, cartoon, text, watermark",
    ),
    Style(
        name="watercolour",
        prompt="watercolour painting, wet on wet, soft washes, visible paper texture, loose brushwork",
        negative_prompt="photo, 3d render, hard outlines",
    ),
    Style(
        name="oil",
        prompt="oil painting on canvas, thick impasto brushstrokes, rich colours, chiaroscuro",
        negative_prompt="photo, 3d render, flat colours",
    ),
    Style(
        name="ink",
        prompt="black ink drawing, fine hatching, high contrast, white paper",
        negative_prompt="colour, photo, blurry, 3d render",
    ),
    Style(
        name="anime",
        prompt="anime illustration, clean line art, cel shading, vivid colours, detailed background",
        negative_prompt="photo, realistic, blurry, bad anatomy",
    ),
    Style(
        name="pixel",
        prompt="pixel art, 16-bit video game sprite, limited palette, crisp pixels",
        negative_prompt="photo, blurry, smooth gradients, antialiasing",
    ),
    Style(
        name="render",
        prompt="3d render, physically based materials, soft studio light, global illumination, high detail",
        negative_prompt="drawing, flat, noise, low detail",
    ),
    Style(
        name="abstract",
        prompt="abstract composition, geometric shapes, bold primary colours, circles and lines on a light ground",
        negative_prompt="photo, realistic, people, text",
    ),
)


def styles_of(configured: Mapping[str, Style]) -> dict[str, Style]:
    """Offer the styles of the configuration beside those built in; one without any words takes its namesake away."""
    offered = {style.name: style for style in BUILT_IN} | dict(configured)
    return {name: style for name, style in offered.items() if style.prompt or style.negative_prompt}
