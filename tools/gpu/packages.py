"""Bring the packages that a bare Python lacks from a folder of wheels; `python -m tools.gpu.packages` says which.

Only the standard library is imported here: this runs before anything else is there.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

# A GPU's machine has these, built for its driver: no other may come, whatever asks for it.
KEPT = re.compile(r"torch.*|triton|nvidia[-_.].*|cuda[-_.].*", re.IGNORECASE)
# What is measured is drawn and tested with these, and they with what they need.
ROOTS = (
    "aiosqlite", "alembic", "diffusers", "filelock", "greenlet", "pillow", "py3langid", "pydantic", "pytest",
    "pytest-asyncio", "pytest-timeout", "sqlalchemy", "structlog",
)  # fmt: skip
# A machine that computes on a GPU has these, and what they need: versions that go together.
USUAL = ("torch", "transformers", "accelerate", "numpy", "requests")
# Some of that only in newer versions.
NEWER = ("pydantic",)


def install(wheels: Path, target: Path) -> list[str]:
    """Install from the folder `wheels` into `target` what is not here in that version, and name it.

    Nothing comes from an index, and nothing that was not asked for. Raises `CalledProcessError` where pip fails.
    """
    files = [file for file in sorted(wheels.glob("*.whl")) if _is_wanted(*_named(file))]
    if files:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        where = ["--no-index", "--find-links", str(wheels), "--no-deps", "--upgrade", "--target", str(target)]
        subprocess.run([*pip, *where, *map(str, files)], check=True)
    return [file.name for file in files]


def _named(wheel: Path) -> tuple[str, str]:
    name, version, *_ = wheel.name.split("-")
    return name, version


def _is_wanted(name: str, version: str) -> bool:
    if KEPT.fullmatch(name):
        return False
    try:
        return metadata.version(name) != version
    except metadata.PackageNotFoundError:
        return True


def wanted() -> list[str]:
    """List what the wheels should be, as `name==version`, by what is installed here and what a GPU's machine has."""
    usual = _closure(USUAL) - _closure(NEWER)
    return sorted(f"{name}=={metadata.version(name)}" for name in _closure(ROOTS) - usual if not KEPT.fullmatch(name))


def _closure(roots: Iterable[str]) -> set[str]:
    """Name `roots` and all that they need, by the names in the lock."""
    found: set[str] = set()
    left = list(roots)
    while left:
        name = left.pop()
        if name not in found and not (found and KEPT.fullmatch(name) and name not in roots):
            found.add(name)
            left += _needs(name)
    return found


def _needs(name: str) -> Iterator[str]:
    from packaging.requirements import Requirement  # only where everything is installed

    for line in metadata.requires(name) or []:
        need = Requirement(line)
        if (not need.marker or need.marker.evaluate({"extra": ""})) and _is_here(need.name):
            yield re.sub(r"[-_.]+", "-", need.name).lower()


def _is_here(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


if __name__ == "__main__":
    print(*wanted(), sep="\n")
    print(f"for Python {platform.python_version()}", file=sys.stderr)
