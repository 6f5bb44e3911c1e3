"""German sentences, with genders and cases."""

from random import Random

from tools.train_demo_model.scenes import Figure, Scene

from .mentions import Mentions, joined

NOMINATIVE, ACCUSATIVE, DATIVE = "nominative", "accusative", "dative"
LEADS = (
    *(("", NOMINATIVE),) * 4,
    ("zeichne", ACCUSATIVE),
    ("zeichne mir", ACCUSATIVE),
    ("bitte zeichne", ACCUSATIVE),
    ("male", ACCUSATIVE),
    ("mal mir", ACCUSATIVE),
    ("ein Bild von", DATIVE),
    ("zeig mir", ACCUSATIVE),
    ("ich möchte", ACCUSATIVE),
)
STEMS = {
    "red": "rot",
    "green": "grün",
    "blue": "blau",
    "yellow": "gelb",
    "orange": "orange",
    "pink": "rosa",
    "purple": "lila",
    "brown": "braun",
    "white": "weiß",
    "black": "schwarz",
}
UNDECLINED = ("rosa", "lila")
SHAPES = {
    "circle": (("Kreis", "m"),),
    "square": (("Quadrat", "n"),),
    "triangle": (("Dreieck", "n"),),
    "star": (("Stern", "m"),),
    "ring": (("Ring", "m"),),
    "cross": (("Kreuz", "n"),),
    "diamond": (("Raute", "f"), ("Rhombus", "m")),
    "heart": (("Herz", "n"),),
}
SIZES = {"small": ("klein", "klein", "winzig"), "big": ("groß", "groß", "riesig")}
PLACES = {
    "centre": ("in der Mitte", "im Zentrum", "mittig"),
    "left": ("links", "auf der linken Seite", "am linken Rand"),
    "right": ("rechts", "auf der rechten Seite", "am rechten Rand"),
    "top": ("oben", "am oberen Rand", "im oberen Teil"),
    "bottom": ("unten", "am unteren Rand", "im unteren Teil"),
}
TEXTURES = {"plain": ("",), "stripes": ("gestreift",), "dots": ("gepunktet",), "checks": ("kariert",)}
RELATIONS = {"left of": "links von", "right of": "rechts von", "above": "über", "below": "unter"}
SIDES = {
    "left of": ("links", "rechts"),
    "right of": ("rechts", "links"),
    "above": ("oben", "unten"),
    "below": ("unten", "oben"),
}
ARTICLES = {
    NOMINATIVE: {"m": "ein", "f": "eine", "n": "ein"},
    ACCUSATIVE: {"m": "einen", "f": "eine", "n": "ein"},
    DATIVE: {"m": "einem", "f": "einer", "n": "einem"},
}
AFTER_ARTICLE = {
    NOMINATIVE: {"m": "er", "f": "e", "n": "es"},
    ACCUSATIVE: {"m": "en", "f": "e", "n": "es"},
    DATIVE: {"m": "en", "f": "en", "n": "en"},
}
ALONE = {
    NOMINATIVE: {"m": "er", "f": "e", "n": "es"},
    ACCUSATIVE: {"m": "en", "f": "e", "n": "es"},
    DATIVE: {"m": "em", "f": "er", "n": "em"},
}


def phrase(scene: Scene, rng: Random, mentions: Mentions) -> str:
    """Describe a scene."""
    lead, case = rng.choice(LEADS)
    background = _background(scene, rng) if mentions.background else ""
    if len(scene.figures) > 1:
        return joined(lead, _pair(scene, rng, mentions, case), background)
    figure = scene.figures[0]
    place = rng.choice(PLACES[figure.place]) if mentions.place else ""
    subject = _figure(figure, rng, mentions, case)
    orders = [(lead, subject, place, background), (lead, subject, background, place)]
    if mentions.place and not lead:
        orders.append((place, subject, background))
    if mentions.background and not lead:
        orders.append((background, subject, place))
    return joined(*rng.choice(orders))


def _figure(figure: Figure, rng: Random, mentions: Mentions, case: str) -> str:
    noun, gender = rng.choice(SHAPES[figure.shape])
    article = rng.random() < 0.8
    ending = (AFTER_ARTICLE if article else ALONE)[case][gender]
    words = [rng.choice(SIZES[figure.size])] if mentions.size and figure.size else []
    adjectives = [declined(word, ending) for word in [*words, STEMS[figure.colour]]]
    return joined(ARTICLES[case][gender] if article else "", *adjectives, noun)


def _pair(scene: Scene, rng: Random, mentions: Mentions, case: str) -> str:
    first, second = scene.figures
    subject = _figure(first, rng, mentions, case)
    if not mentions.relation:
        return joined(subject, "und", _figure(second, rng, mentions, case))
    if rng.random() < 0.25:
        near, far = SIDES[scene.relation]
        return joined(subject, near, "und", _figure(second, rng, mentions, case), far)
    return joined(subject, RELATIONS[scene.relation], _figure(second, rng, mentions, DATIVE))


def _background(scene: Scene, rng: Random) -> str:
    link = rng.choice(("auf", "auf", "auf", "vor", "auf einem", "vor einem", ","))
    ending = "en" if link.endswith("einem") else "er" if link == "," else "em"
    texture = rng.choice(TEXTURES[scene.texture])
    adjectives = [declined(word, ending) for word in (texture, STEMS[scene.background]) if word]
    return joined(link, *adjectives, "Hintergrund")


def declined(stem: str, ending: str) -> str:
    """Add an ending, without doubling the e of "orange"; borrowed colours take none."""
    if stem in UNDECLINED:
        return stem
    return stem.removesuffix("e") + ending
