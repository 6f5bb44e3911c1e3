"""The import arrows: rooms import downwards, engine/ knows no platform and no bot, each library has one home."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "engine").rglob("*.py")])
# Which folder or file may import a library; everybody else may not.
HOMES = {
    "discord": "bot/surfaces/discord",
    "telegram": "bot/surfaces/telegram",
    "gradio": "bot/surfaces/web",
    "torch": "engine/kandinsky",
    "diffusers": "engine/kandinsky",
    "transformers": "engine/kandinsky",
    "sqlalchemy": "engine/store",
    "typer": "bot/__main__.py",
}

# The rooms from the top of the house to its ground: each may import its own and those below it.
LADDER = (
    ("bot.__main__",),
    ("bot.verbs",),
    ("bot.app",),
    ("bot.surfaces",),
    ("bot.assembly",),
    ("bot.service",),
    ("bot.logs", "bot.health", "bot.stopping", "bot.leaving"),
    ("bot.config",),
    ("bot.rules",),
    ("bot.words",),
    ("bot.surface",),
    ("bot.commands",),
    ("bot.manner",),
    ("bot.lag", "bot.memory"),
    ("engine.retention",),
    ("engine.dispatch",),
    ("engine.workers",),
    ("engine.kandinsky",),
    ("engine.models",),
    ("engine.pictures",),
    ("engine.store",),
    (
        "engine.checks", "engine.settings", "engine.jobs", "engine.request", "engine.requests", "engine.outpainting",
        "engine.captions", "engine.catalog", "engine.events", "engine.errors", "engine.tuned",
    ),
)  # fmt: skip
RANKS = {room: rank for rank, rooms in enumerate(LADDER) for room in rooms}


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_follow_the_arrows(file):
    place = file.relative_to(ROOT).as_posix()
    for module in imports(file):
        library = module.split(".")[0]
        assert not (library == "bot" and place.startswith("engine/")), f"{place} imports {module}"
        assert place.startswith(HOMES.get(library, place)), f"{place} imports {module}"


def room_of(module: str) -> str | None:
    """Return the room of a module of this project; the two packages themselves are none."""
    return next((room for room in RANKS if f"{module}.".startswith(f"{room}.")), None)


def runs_back_up(file: Path) -> list[str]:
    """List the imports of a file that lead to a room above its own."""
    own = room_of(".".join(file.relative_to(ROOT).with_suffix("").parts))
    if own is None:
        return []
    rooms = {module: room_of(module) for module in imported(file) if module.startswith(("bot.", "engine."))}
    return [module for module, room in rooms.items() if room is None or RANKS[room] < RANKS[own]]


def imported(file: Path) -> set[str]:
    """Name what a file imports, `from engine import jobs` as `engine.jobs`."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module in ("bot", "engine"):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_arrow_runs_back_up(file):
    assert runs_back_up(file) == []


def test_each_file_stands_in_a_room_of_the_ladder():
    stray = {file.relative_to(ROOT).as_posix() for file in FILES if file.name != "__init__.py"}
    named = {place for place in stray if room_of(place.removesuffix(".py").replace("/", "."))}
    # Alembic runs the migrations, each in its own words; nothing imports them.
    assert stray - named == set()


def test_an_arrow_that_runs_back_up_is_found(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    file = tmp_path / "bot" / "commands" / "table.py"
    file.parent.mkdir(parents=True)
    file.write_text(
        "from bot.words.localisation import say\nfrom engine import jobs, dispatch\nimport engine.nowhere\n"
    )
    assert sorted(runs_back_up(file)) == ["bot.words.localisation", "engine.nowhere"]


def test_nothing_outside_the_worker_s_child_process_loads_torch():
    # Three verbs of the shell look at the machine, and are processes of their own.
    allowed = (
        "engine/kandinsky/",
        "engine/workers/child.py",
        "bot/surfaces/shell/doctor.py",
        "bot/surfaces/shell/bench.py",
        "bot/surfaces/shell/tune.py",
    )
    users = {
        file.relative_to(ROOT).as_posix()
        for file in FILES
        if any(module.startswith("engine.kandinsky") for module in imports(file))
    }
    assert {user for user in users if not user.startswith(allowed)} == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_and_functions_stay_short(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert len(file.read_text(encoding="utf-8").splitlines()) < 350
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {function.name: function.end_lineno - function.lineno + 1 for function in functions}
    assert {name: lines for name, lines in long.items() if lines > 50} == {}
