"""Pack a person's jobs, settings and pictures into one archive."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.commands.table import Upload
from engine.events import Picture
from engine.jobs import Job


@dataclass(frozen=True, slots=True)
class Part:
    """Hold what is kept of one job; `too_large` says that its files were left out."""

    job: Job
    pictures: tuple[Picture, ...] = ()
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    too_large: bool = False

    @property
    def size(self) -> int:
        """Count the bytes of its files and of its request."""
        files = sum(map(len, self.inputs.values())) + sum(len(picture.data) for picture in self.pictures)
        return files + len(self.job.request.model_dump_json()) + 500

    def without_files(self) -> Part:
        """Leave the files out."""
        return replace(self, pictures=(), inputs={}, too_large=True)

    def record(self) -> dict[str, object]:
        """Say in plain values what was asked for and what became of it."""
        job = self.job
        return {
            "id": job.id,
            "asked": f"{datetime.fromtimestamp(job.created_at, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "place": job.place,
            "status": job.status,
            "request": job.request.model_dump(mode="json"),
            "notes": job.notes,
            "error": job.error,
            "files": [file.name for file in self.files()],
        }

    def files(self) -> list[Upload]:
        """Name its pictures and inputs as they stand in the archive."""
        pictures = [
            Upload(f"pictures/{self.job.id}-{number}{it.suffix}", it.data) for number, it in enumerate(self.pictures, 1)
        ]
        return [*pictures, *(Upload(f"inputs/{name}.png", data) for name, data in self.inputs.items())]


@dataclass(slots=True)
class Export:
    """Gather what goes into one archive."""

    owner: str
    settings: Mapping[str, object]
    parts: list[Part] = field(default_factory=list)
    size: int = 0

    def add(self, part: Part) -> None:
        """Add a job."""
        self.parts.append(part)
        self.size += part.size


async def written(export: Export) -> bytes:
    """Write the archive, on a thread of its own."""
    return await asyncio.to_thread(_written, export)


def _written(export: Export) -> bytes:
    """Store pictures as they are, for they are compressed already."""
    buffer = io.BytesIO()
    record = {
        "owner": export.owner,
        "settings": dict(export.settings),
        "jobs": [part.record() for part in export.parts],
    }
    files = {file.name: file.data for part in export.parts for file in part.files()}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        text = json.dumps(record, ensure_ascii=False, indent=2)
        archive.writestr("kandinsky.json", text, zipfile.ZIP_DEFLATED)
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()
