"""Read and replace what stands between marks in a document: `<!-- measured: NAME -->` to `<!-- end -->`."""

from __future__ import annotations

END = "<!-- end -->"


def section(text: str, name: str) -> str:
    """Return what stands between the marks of `name`; raise `ValueError` where they are not."""
    start, end = _span(text, name)
    return text[start:end].strip("\n")


def replaced(text: str, name: str, content: str) -> str:
    """Put `content` between the marks of `name`; raise `ValueError` where they are not."""
    start, end = _span(text, name)
    return f"{text[:start]}\n\n{content}\n\n{text[end:]}"


def marked(name: str, content: str) -> str:
    """Put marks around `content`."""
    return f"{_begin(name)}\n\n{content}\n\n{END}"


def _begin(name: str) -> str:
    return f"<!-- measured: {name} -->"


def _span(text: str, name: str) -> tuple[int, int]:
    start = text.index(_begin(name)) + len(_begin(name))
    return start, text.index(END, start)
