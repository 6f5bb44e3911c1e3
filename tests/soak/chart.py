"""Draw what was held over the jobs as one SVG, a small chart for each."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from tests.soak.holdings import Sample

CHARTS = (
    ("memory_mb", "Memory (RSS), MiB"),
    ("descriptors", "Open descriptors"),
    ("tasks", "Tasks of the event loop"),
    ("entries", "Entries in all containers of the bot"),
    ("job_rows", "Rows of jobs, older ones deleted"),
    ("database_mb", "Database with its journal, MiB"),
)
WIDTH, HEIGHT, COLUMNS = 360, 170, 2
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 34, 28
INK, LINE, GRID = "#333", "#1f6fb4", "#ddd"


def chart(samples: Sequence[Sample]) -> str:
    """Return the SVG."""
    rows = -(-len(CHARTS) // COLUMNS)
    parts = [_panel(samples, name, title, number) for number, (name, title) in enumerate(CHARTS)]
    size = f'width="{WIDTH * COLUMNS}" height="{HEIGHT * rows}"'
    style = f'font-family="sans-serif" font-size="11" fill="{INK}"'
    back = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>', back, *parts, "</svg>\n"])


def _panel(samples: Sequence[Sample], name: str, title: str, number: int) -> str:
    values = [float(getattr(it, name)) for it in samples]
    high, jobs = max(values) * 1.2 or 1.0, samples[-1].jobs
    wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    points = " ".join(
        f"{LEFT + wide * it.jobs / jobs:.1f},{TOP + tall * (1 - value / high):.1f}"
        for it, value in zip(samples, values, strict=True)
    )
    place = f"translate({number % COLUMNS * WIDTH},{number // COLUMNS * HEIGHT})"
    return "\n".join(
        [
            f'<g transform="{place}">',
            f'<text x="{LEFT}" y="20" font-weight="bold">{escape(title)}</text>',
            *(_grid(high * share, TOP + tall * (1 - share)) for share in (0, 0.5, 1)),
            f'<text x="{LEFT}" y="{HEIGHT - 10}">0</text>',
            f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 10}" text-anchor="end">{jobs:,} jobs</text>',
            f'<polyline points="{points}" fill="none" stroke="{LINE}" stroke-width="1.5"/>',
            "</g>",
        ]
    )


def _grid(value: float, y: float) -> str:
    line = f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>'
    return f'{line}<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>'
