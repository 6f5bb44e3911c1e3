"""English sentences."""

from random import Random

from tools.train_demo_model.scenes import Figure, Scene

from .mentions import Mentions, joined

LEADS = ("", "", "", "", "draw", "draw me", "please draw", "a picture of", "an image of", "paint", "show me", "I want")
COLOURS = {"purple": ("purple", "purple", "violet")}
SHAPES = {"diamond": ("diamond", "diamond", "rhombus"), "cross": ("cross", "cross", "plus sign")}
SIZES = {"small": ("small", "small", "little", "tiny"), "big": ("big", "big", "large", "huge")}
PLACES = {
    "centre": ("in the center", "in the centre", "in the middle"),
    "left": ("on the left", "on the left side", "at the left"),
    "right": ("on the right", "on the right side", "at the right"),
    "top": ("at the top", "on top", "in the upper part"),
    "bottom": ("at the bottom", "at the bottom", "in the lower part"),
}
TEXTURES = {"plain": ("", "", "", "plain"), "stripes": ("striped",), "dots": ("dotted",), "checks": ("checkered",)}
RELATIONS = {
    "left of": ("left of", "to the left of"),
    "right of": ("right of", "to the right of"),
    "above": ("above", "over"),
    "below": ("below", "under", "underneath"),
}
SIDES = {"left of": ("left", "right"), "right of": ("right", "left"), "above": ("top", "bottom")}
SIDES["below"] = ("bottom", "top")


def phrase(scene: Scene, rng: Random, mentions: Mentions) -> str:
    """Describe a scene."""
    lead = rng.choice(LEADS)
    if len(scene.figures) > 1:
        subject = _pair(scene, rng, mentions)
        return joined(lead, subject, _background(scene, rng, mentions))
    figure = scene.figures[0]
    place = rng.choice(PLACES[figure.place]) if mentions.place else ""
    subject, background = _figure(figure, rng, mentions), _background(scene, rng, mentions)
    orders = [(lead, subject, place, background), (lead, subject, background, place)]
    if mentions.place and not lead:
        orders.append((place + ",", subject, background))
    if mentions.background:
        orders.append((lead, _named_background(scene, rng, article=True), "with", subject, place))
    return joined(*rng.choice(orders))


def _figure(figure: Figure, rng: Random, mentions: Mentions) -> str:
    size = rng.choice(SIZES[figure.size]) if mentions.size and figure.size else ""
    colour, shape = _choose(COLOURS, figure.colour, rng), _choose(SHAPES, figure.shape, rng)
    if rng.random() < 0.1:
        return joined(_article(size or shape), size, shape, "that is", colour)
    if size and rng.random() < 0.1:
        return joined(_article(colour), colour, shape + ",", size + ",")
    adjectives = joined(size, colour)
    return joined(_article(adjectives) if rng.random() < 0.85 else "", adjectives, shape)


def _pair(scene: Scene, rng: Random, mentions: Mentions) -> str:
    first, second = (_figure(figure, rng, mentions) for figure in scene.figures)
    if not mentions.relation:
        return joined(first, "and", second)
    if rng.random() < 0.25:
        near, far = (rng.choice(PLACES[side]) for side in SIDES[scene.relation])
        return joined(first, near, "and", second, far)
    return joined(first, rng.choice(RELATIONS[scene.relation]), second)


def _background(scene: Scene, rng: Random, mentions: Mentions) -> str:
    if not mentions.background:
        return ""
    link = rng.choice(("on", "on", "on", "with", "against", ","))
    return joined(link, _named_background(scene, rng, article=link != "," and rng.random() < 0.85))


def _named_background(scene: Scene, rng: Random, article: bool) -> str:
    adjectives = joined(rng.choice(TEXTURES[scene.texture]), _choose(COLOURS, scene.background, rng))
    return joined(_article(adjectives) if article else "", adjectives, "background")


def _article(following: str) -> str:
    return "an" if following[0] in "aeiou" else "a"


def _choose(words: dict[str, tuple[str, ...]], key: str, rng: Random) -> str:
    return rng.choice(words.get(key, (key,)))
