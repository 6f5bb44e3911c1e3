"""A mode that is not shipped is added to a copy of the project, and draws: what that touches, and nothing else.

`FILES` is the list that the documentation names; whoever forgets one of them is told which.
"""

from pathlib import Path

import pytest

from tests.adding.copies import ROOT, change, changed, copied, said_by

CHECKLIST = Path(__file__).with_name("mode_checklist.py")
REQUESTS = "engine/requests.py"
LANGUAGES = ("en", "de", "ru", "zh")
FILES = {
    REQUESTS: "the request, its bounds and its facts",
    "engine/catalog.py": "which models have it",
    "engine/kandinsky/families/family.py": "how it draws; of one family alone, that family's model.py",
    "bot/commands/table.py": "its command and options",
    **{f"bot/words/locales/{each}/commands.ftl": "what the command does" for each in LANGUAGES},
    **{f"bot/words/locales/{each}/web.ftl": "its title on the page" for each in LANGUAGES},
    "docs/members-guide.md": "how it is used",
}
REQUEST = {
    REQUESTS: {
        "# One member per mode;": (
            "class Mirror(OfPicture):\n"
            '    """Ask for a picture as a mirror shows it."""\n\n'
            '    mode: Literal["mirror"] = "mirror"\n\n\n'
            "# One member per mode;"
        ),
        " | Upscale | Batch | Segment,": " | Upscale | Batch | Segment | Mirror,",
    }
}
REST = {
    "engine/catalog.py": {'"variations", "upscale", "batch",\n': '"variations", "upscale", "batch", "mirror",\n'},
    "engine/kandinsky/families/family.py": {
        '            "upscale": self._upscale,\n': (
            '            "upscale": self._upscale,\n            "mirror": self._mirror,\n'
        ),
        "    def _upscale(self, batch": (
            "    def _mirror(self, batch: Batch, on_step: OnStep) -> list[Drawn]:\n"
            "        on_step(Step(1, 1))\n"
            "        shown = [_resized(drawing) for drawing, _ in batch.pictures]\n"
            "        return batch.split([image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for image in shown])\n\n"
            "    def _upscale(self, batch"
        ),
        "import Drawing, Drawn, OnStep\n": "import Drawing, Drawn, OnStep, Step\n",
    },
    "bot/commands/table.py": {
        ", Inpaint, Mix, Morph, ": ", Inpaint, Mirror, Mix, Morph, ",
        "BATCH = _drawing(": 'MIRROR = _drawing("mirror", Mirror, PICTURE, OF, WISH, COUNT)\nBATCH = _drawing(',
        "UPSCALE, BATCH)\n": "UPSCALE, BATCH, MIRROR)\n",
    },
    **{f"bot/words/locales/{each}/commands.ftl": {"\ncommand-upscale =": "\ncommand-mirror = M\ncommand-upscale ="}
       for each in LANGUAGES},
    **{f"bot/words/locales/{each}/web.ftl": {"\nweb-title-upscale =": "\nweb-title-mirror = M\nweb-title-upscale ="}
       for each in LANGUAGES},
    "docs/members-guide.md": {"| `/upscale` |": "| `/mirror` | a mirror | `/mirror` with a picture |\n| `/upscale` |"},
}  # fmt: skip

# Says what the mode lacks, and draws as the worker does what a person typed on Telegram.
COMPLETE = """
import json
from pathlib import Path
from PIL import Image
from bot.commands.parsing import parse_text
from bot.commands.requesting import to_request
from bot.commands.table import Taken
from engine.catalog import DEMO, Catalog
from engine.models.model import Drawing
from engine.request import InputPicture
from engine.settings import WorkerSettings
from engine.workers.child import load_models
from mode_checklist import all_forgotten

photo = Image.new("RGB", (128, 128), "red")
photo.paste("blue", (0, 0, 64, 128))
named = InputPicture(sha256="0" * 64, width=128, height=128)
invocation = parse_text("/mirror --count 2", "telegram", [Taken("photo.png", named)])
request = to_request(invocation, Catalog([DEMO]))
model = load_models(WorkerSettings(models=(DEMO,), cache_dir=Path("cache"), device="cpu"))["demo"]
[drawn] = model.render([Drawing(request, {named.sha256: photo})], lambda step: None)
pixels = [[image.getpixel((10, 10)), image.getpixel((120, 10))] for image in drawn.images]
print(json.dumps({"forgotten": all_forgotten(Path.cwd()), "drawn": pixels}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("copy"))


def test_every_mode_that_is_there_is_complete_and_a_new_one_is_told_what_it_lacks(copy: Path) -> None:
    change(copy, REQUEST)
    named = said_by(copy, CHECKLIST)
    assert set(named) == {"mirror"}
    assert {_of_family(path) for path in named["mirror"]} == set(FILES) - {REQUESTS}


def test_with_just_these_files_it_is_complete_and_draws(copy: Path) -> None:
    change(copy, REST)
    blue, red = [0, 0, 255], [255, 0, 0]
    assert said_by(copy, COMPLETE) == {"forgotten": {}, "drawn": [[red, blue]] * 2}
    assert changed(copy) == set(FILES)


def _of_family(path: str) -> str:
    """Say of a mode that nothing draws where the shared ones are drawn."""
    return f"{path}/family.py" if (ROOT / path).is_dir() else path
