"""The documents keep up with the code: commands, settings, links."""

import re
import tomllib
from pathlib import Path

import pytest

from bot.commands.table import COMMANDS
from bot.config import Config

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = DOCUMENTS[0].read_text(encoding="utf-8")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<img [^>]*src=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# A key of the example, also one that is commented out.
KEY = re.compile(r"^(?:# )?(\w+) = ", re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_members_guide_knows_every_command(command):
    assert f"`/{command.name}" in (ROOT / "docs" / "members-guide.md").read_text(encoding="utf-8")


def test_the_readme_explains_every_setting_of_the_example():
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    assert set(tomllib.loads(example)) <= set(Config.model_fields)
    missing = [key for key in KEY.findall(example) if f"`{key}`" not in README]
    assert missing == []


def test_every_test_that_the_security_document_names_is_there():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "security.md").read_text(encoding="utf-8")))
    written = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 30
    assert sorted(name for name in named if f"def {name}(" not in written) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_relative_link_leads_somewhere(document):
    text = document.read_text(encoding="utf-8")
    targets = [first or second for first, second in LINK.findall(text)]
    broken = [target for target in targets if "://" not in target and not leads_somewhere(document, target)]
    assert broken == []


def leads_somewhere(document: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = document.parent / path if path else document
    return file.exists() and (not anchor or anchor in anchors(file.read_text(encoding="utf-8")))


def anchors(text: str) -> set[str]:
    """Name the headings as the hosts of repositories do."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}
