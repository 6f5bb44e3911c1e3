"""Say what a mode lacks, by file: run beside a checkout, python mode_checklist.py prints it as JSON.

It imports the project alone, so that it can look at a copy of it too.
"""

import json
import tempfile
from pathlib import Path

from bot.commands.table import DRAWING_COMMANDS
from bot.surfaces.web import form
from bot.words.localisation import FOLDER, LANGUAGES
from bot.words.replies import key
from engine.catalog import DEMO, KNOWN
from engine.kandinsky.families.loaders import load_models
from engine.request import Request
from engine.requests import MODES

REQUESTS, CATALOG, DRAWING = "engine/requests.py", "engine/catalog.py", "engine/kandinsky/families"
TABLE, FORM, GUIDE = "bot/commands/table.py", "bot/surfaces/web/form.py", "docs/members-guide.md"
# What several words or pictures become; the option that takes them has no single field.
GATHERED = {"start", "end", "parts", "prompts"}


def forgotten(kind: type[Request], drawn: set[str], guide: str) -> set[str]:
    """Name the files that do not know a mode yet; `drawn` are the modes that the embedded model draws."""
    mode = kind.model_fields["mode"].default
    if not kind.draws:  # it only looks for something, which no command asks for by itself
        return set()
    files = set()
    if not any(mode in model.modes for model in KNOWN):
        files.add(CATALOG)
    if mode not in drawn and (mode in DEMO.modes or not any(mode in model.modes for model in KNOWN)):
        files.add(DRAWING)
    command = next((each for each in DRAWING_COMMANDS if each.request is kind), None)
    if command is None:
        return files | {TABLE, GUIDE} | {_ftl(language, file) for language in LANGUAGES for file in ("commands", "web")}
    own = kind.model_fields.keys() - Request.model_fields.keys() - GATHERED
    if missing := own - {option.field for option in command.options}:
        files.add(f"{TABLE}: no option for {', '.join(sorted(missing))}")
    if any(not _is_on_form(option.name) for option in command.on("web")):
        files.add(FORM)
    if f"`/{command.name}" not in guide:
        files.add(GUIDE)
    wanted = {"commands": {key("command", command.name)}, "web": {f"web-title-{command.name}"}}
    wanted["commands"] |= {key("option", option.name) for option in command.options}
    return files | {
        _ftl(language, file)
        for language in LANGUAGES
        for file, names in wanted.items()
        if any(f"\n{name} =" not in _read(language) for name in names)
    }


def _is_on_form(option: str) -> bool:
    # A job is named by a button, the parts of a mix have fields of their own, a mask is brushed.
    return option in {*form.FIELDS, "of", "parts", "mask"}


def _ftl(language: str, file: str) -> str:
    return f"bot/words/locales/{language}/{file}.ftl"


def _read(language: str) -> str:
    return "\n" + "\n".join(path.read_text(encoding="utf-8") for path in (FOLDER / language).glob("*.ftl"))


def all_forgotten(root: Path) -> dict[str, list[str]]:
    """Name for each mode the files that do not know it."""
    guide = (root / GUIDE).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as cache:
        drawn = set(load_models([DEMO], "cpu", Path(cache))[DEMO.name]._modes) | {"batch"}  # a wrapper draws that
    found = {mode: forgotten(kind, drawn, guide) for mode, kind in MODES.items()}
    return {mode: sorted(files) for mode, files in found.items() if files}


if __name__ == "__main__":
    print(json.dumps(all_forgotten(Path.cwd())))
