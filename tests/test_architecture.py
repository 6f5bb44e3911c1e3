"""The import arrows: engine/ knows no platform and no bot, bot/ knows no torch, each platform library has one home."""

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
VALUES = {f"engine.{name}" for name in ("requests", "checks", "catalog", "events", "jobs", "errors", "settings")}


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


def test_the_store_knows_the_values_only():
    known = {module for file in (ROOT / "engine/store").rglob("*.py") for module in imports(file)}
    engine = {module for module in known if module.startswith("engine.")}
    assert {module for module in engine if not module.startswith("engine.store")} <= VALUES


def test_nothing_outside_the_worker_s_child_process_loads_torch():
    # bot/surfaces/shell/doctor.py and bot/surfaces/shell/bench.py look at the machine, and are processes of their own.
    allowed = (
        "engine/kandinsky/",
        "engine/workers/child.py",
        "bot/surfaces/shell/doctor.py",
        "bot/surfaces/shell/bench.py",
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
