"""Russian sentences, with genders and cases."""

from random import Random

from tools.train_demo_model.scenes import Figure, Scene

from .mentions import Mentions, joined

NOMINATIVE, ACCUSATIVE, GENITIVE, INSTRUMENTAL, PREPOSITIONAL = range(5)
LEADS = (
    *(("", NOMINATIVE),) * 4,
    ("нарисуй", ACCUSATIVE),
    ("нарисуй мне", ACCUSATIVE),
    ("нарисуй, пожалуйста,", ACCUSATIVE),
    ("изобрази", ACCUSATIVE),
    ("картинка:", NOMINATIVE),
    ("покажи", ACCUSATIVE),
    ("я хочу", ACCUSATIVE),
)
# Endings by case for masculine, feminine and neuter adjectives.
HARD = {"m": "ый ый ого ым ом", "f": "ая ую ой ой ой", "n": "ое ое ого ым ом"}
SOFT = {"m": "ий ий его им ем", "f": "яя юю ей ей ей", "n": "ее ее его им ем"}
VELAR = {"m": "ий ий ого им ом", "f": "ая ую ой ой ой", "n": "ое ое ого им ом"}
STRESSED = {"m": "ой ой ого им ом", "f": "ая ую ой ой ой", "n": "ое ое ого им ом"}
ADJECTIVES = {
    "red": (("красн", HARD),),
    "green": (("зелён", HARD), ("зелен", HARD)),
    "blue": (("син", SOFT),),
    "yellow": (("жёлт", HARD), ("желт", HARD)),
    "orange": (("оранжев", HARD),),
    "purple": (("фиолетов", HARD),),
    "pink": (("розов", HARD),),
    "brown": (("коричнев", HARD),),
    "white": (("бел", HARD),),
    "black": (("чёрн", HARD), ("черн", HARD)),
    "small": (("маленьк", VELAR), ("небольш", STRESSED)),
    "big": (("больш", STRESSED), ("огромн", HARD)),
    "stripes": (("полосат", HARD),),
    "dots": (("пятнист", HARD),),
    "checks": (("клетчат", HARD),),
}
NOUNS = {
    "circle": ("m", "круг круг круга кругом круге"),
    "square": ("m", "квадрат квадрат квадрата квадратом квадрате"),
    "triangle": ("m", "треугольник треугольник треугольника треугольником треугольнике"),
    "star": ("f", "звезда звезду звезды звездой звезде"),
    "ring": ("n", "кольцо кольцо кольца кольцом кольце"),
    "cross": ("m", "крест крест креста крестом кресте"),
    "diamond": ("m", "ромб ромб ромба ромбом ромбе"),
    "heart": ("n", "сердце сердце сердца сердцем сердце"),
}
PLACES = {
    "centre": ("в центре", "посередине", "в середине"),
    "left": ("слева", "с левой стороны", "в левой части"),
    "right": ("справа", "с правой стороны", "в правой части"),
    "top": ("сверху", "вверху", "в верхней части"),
    "bottom": ("снизу", "внизу", "в нижней части"),
}
RELATIONS = {
    "left of": ("слева от", GENITIVE),
    "right of": ("справа от", GENITIVE),
    "above": ("над", INSTRUMENTAL),
    "below": ("под", INSTRUMENTAL),
}
SIDES = {
    "left of": ("слева", "справа"),
    "right of": ("справа", "слева"),
    "above": ("сверху", "снизу"),
    "below": ("снизу", "сверху"),
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
    if not lead:
        orders += [(place, subject, background), (background.removeprefix(", "), subject, place)]
    return joined(*rng.choice(orders))


def _figure(figure: Figure, rng: Random, mentions: Mentions, case: int) -> str:
    gender, forms = NOUNS[figure.shape]
    noun = forms.split()[case]
    size = declined(figure.size, gender, case, rng) if mentions.size and figure.size else ""
    colour = declined(figure.colour, gender, case, rng)
    if rng.random() < 0.08:
        return joined(size, noun, colour)
    return joined(size, colour, noun)


def _pair(scene: Scene, rng: Random, mentions: Mentions, case: int) -> str:
    first, second = scene.figures
    subject = _figure(first, rng, mentions, case)
    if not mentions.relation:
        return joined(subject, "и", _figure(second, rng, mentions, case))
    if rng.random() < 0.25:
        near, far = SIDES[scene.relation]
        return joined(subject, near, "и", _figure(second, rng, mentions, case), far)
    link, wanted = RELATIONS[scene.relation]
    return joined(subject, link, _figure(second, rng, mentions, wanted))


def _background(scene: Scene, rng: Random) -> str:
    texture = scene.texture if scene.texture != "plain" else ""
    case, link, noun = rng.choice(((PREPOSITIONAL, "на", "фоне"),) * 4 + ((NOMINATIVE, ",", "фон"),))
    adjectives = [declined(word, "m", case, rng) for word in (texture, scene.background) if word]
    return joined(link, *adjectives, noun)


def declined(key: str, gender: str, case: int, rng: Random) -> str:
    """Put an adjective into gender and case."""
    stem, endings = rng.choice(ADJECTIVES[key])
    return stem + endings[gender].split()[case]
