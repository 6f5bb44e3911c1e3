"""Say in four languages what a scene shows, in many ways; a part of all sentences is kept for the evaluation."""

import zlib
from dataclasses import dataclass
from random import Random

from .languages import chinese, english, german, russian
from .languages.mentions import Mentions
from .scenes import Scene

LANGUAGES = {"en": english.phrase, "de": german.phrase, "ru": russian.phrase, "zh": chinese.phrase}
HELD_OUT_ONE_IN = 12
EVERYTHING = Mentions(size=True, place=True, background=True, texture=True, relation=True)


@dataclass(frozen=True, slots=True)
class Caption:
    """A sentence, its language and what it mentions."""

    text: str
    language: str
    mentions: Mentions


def random_mentions(rng: Random, scene: Scene) -> Mentions:
    """Leave things out as people do; a texture is always mentioned with its background."""
    return Mentions(
        size=rng.random() < 0.6,
        place=rng.random() < 0.8,
        background=rng.random() < 0.85 or scene.texture != "plain",
        texture=True,
        relation=rng.random() < 0.85,
    )


def is_held_out(text: str) -> bool:
    """Tell whether a sentence, with its words in this order, is kept out of training."""
    return zlib.crc32(text.lower().encode()) % HELD_OUT_ONE_IN == 0


def training_caption(scene: Scene, rng: Random, language: str = "") -> Caption:
    """Describe a scene in a random way that the evaluation never uses."""
    return _caption(scene, rng, language or rng.choice(list(LANGUAGES)), None, held_out=False)


def held_out_caption(scene: Scene, rng: Random, language: str, mentions: Mentions = EVERYTHING) -> Caption:
    """Describe a scene in a way that training never uses."""
    return _caption(scene, rng, language, mentions, held_out=True)


def _caption(scene: Scene, rng: Random, language: str, mentions: Mentions | None, held_out: bool) -> Caption:
    while True:
        chosen = mentions or random_mentions(rng, scene)
        text = LANGUAGES[language](scene, rng, chosen)
        if is_held_out(text) is held_out:
            return Caption(text, language, chosen)
