"""One request of every mode."""

from engine.request import InputPicture, Part
from engine.requests import (
    Batch,
    ControlNet,
    Img2Img,
    Inpaint,
    Mix,
    Morph,
    Outpaint,
    Segment,
    Text2Image,
    Upscale,
    Variations,
)

PICTURE = InputPicture(sha256="0" * 64, width=64, height=64)
COMMON = {"model": "demo", "seed": 7}
OWN = {"picture": PICTURE, "prompt": "a fox"}
ENDS = Part(text="a fox"), Part(picture=PICTURE)
REQUESTS = (
    Text2Image(**COMMON, prompt="a fox", count=3),
    Img2Img(**COMMON, **OWN, count=2),
    Inpaint(**COMMON, **OWN),
    Outpaint(**COMMON, **OWN, extend=("left",)),
    Mix(**COMMON, parts=ENDS, count=4),
    Morph(**COMMON, start=ENDS[0], end=ENDS[1], frames=9),
    Variations(**COMMON, **OWN),
    ControlNet(**COMMON, **OWN),
    Upscale(**COMMON, picture=PICTURE),
    Batch(**COMMON, prompts=("a fox", "a cat")),
    Segment(**COMMON, **OWN),
)
