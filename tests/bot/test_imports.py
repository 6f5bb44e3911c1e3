"""What starts quickly imports little: a bound on the modules, where one on the time would depend on the machine."""

import subprocess
import sys

import pytest

# What costs 50 ms or more, and what a command that only says how it is called has no use for.
NEEDLESS = {
    "asyncio", "alembic", "bot.config", "bot.service.service", "bot.surfaces.shell.surface", "diffusers", "numpy",
    "pydantic_settings", "rich", "sqlalchemy", "structlog", "torch", "transformers",
}  # fmt: skip
SCRIPT = """
import sys
from bot.__main__ import app
app({arguments}, standalone_mode=False)
print(*sys.modules)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["generate", "--help"]], ids=" ".join)
def test_help_imports_neither_the_engine_nor_what_commands_do(arguments):
    script = SCRIPT.format(arguments=arguments)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    imported = set(done.stdout.splitlines()[-1].split())
    assert "Usage:" in done.stdout
    assert "bot.commands.table" in imported
    assert imported & NEEDLESS == set()
