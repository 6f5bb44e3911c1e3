"""Files on the server: photos recompressed in several sizes, documents kept as they are."""

import io
import mimetypes
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import ApiError, bad_request
from .params import Upload

PHOTO_BYTES = 10 * 1024 * 1024
UPLOAD_BYTES = 50 * 1024 * 1024
DOWNLOAD_BYTES = 20 * 1024 * 1024
PHOTO_SIDES = 10_000
PHOTO_RATIO = 20
# The boxes of Telegram's photo sizes s, m, x, y and w: https://core.telegram.org/api/files#image-thumbnail-types
BOXES = (90, 320, 800, 1280, 2560)
JPEG_QUALITY = 87


@dataclass(frozen=True)
class StoredFile:
    """One file a bot can name by its id and download by its path."""

    file_id: str
    unique_id: str
    path: str
    data: bytes = field(repr=False)
    name: str = ""
    mime_type: str = ""
    size: tuple[int, int] | None = None

    def payload(self) -> dict[str, Any]:
        """Return the part that File, PhotoSize and Document share."""
        return {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": len(self.data)}

    def photo_size(self) -> dict[str, Any]:
        """Return this file as a PhotoSize."""
        width, height = self.size or (0, 0)
        return self.payload() | {"width": width, "height": height}

    def animation(self) -> dict[str, Any]:
        """Return this file as an Animation."""
        width, height = self.size or (0, 0)
        return self.document() | {"width": width, "height": height, "duration": 1}

    def document(self) -> dict[str, Any]:
        """Return this file as a Document."""
        return self.payload() | {"file_name": self.name, "mime_type": self.mime_type}


Photo = tuple[StoredFile, ...]


class Files:
    """All files of one server."""

    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile | Photo] = {}
        self._by_path: dict[str, StoredFile] = {}
        self._numbers = count(1)

    def add_document(self, upload: Upload) -> StoredFile:
        """Keep a file's bytes, name and type."""
        _refuse_oversized(upload)
        guessed = mimetypes.guess_type(upload.name)[0]
        kept = self._store(upload.data, "documents", "BQAC", upload.name, guessed or upload.mime_type)
        self._by_id[kept.file_id] = kept
        return kept

    def add_animation(self, upload: Upload) -> StoredFile:
        """Keep an animation; Telegram makes a film of it, which is left out here so that tests see what was sent."""
        _refuse_oversized(upload)
        try:
            size = Image.open(io.BytesIO(upload.data)).size
        except (UnidentifiedImageError, OSError):
            raise bad_request("IMAGE_PROCESS_FAILED") from None
        name = f"{upload.name}.mp4"
        kept = self._store(upload.data, "animations", "CgAC", name, "video/mp4", size)
        self._by_id[kept.file_id] = kept
        return kept

    def add_photo(self, data: bytes) -> Photo:
        """Recompress a picture as Telegram does, smallest size first."""
        picture = _checked_picture(data)
        longest = max(picture.size)
        sides = [side for side in BOXES if side < longest] + [min(longest, BOXES[-1])]
        sizes = tuple(self._photo_size(picture, side) for side in dict.fromkeys(sides))
        self._by_id |= {size.file_id: sizes for size in sizes}
        return sizes

    def document(self, file_id: str) -> StoredFile:
        """Return a document by its id."""
        return self._resent(file_id, StoredFile, "Document")

    def animation(self, file_id: str) -> StoredFile:
        """Return an animation by its id."""
        return self._resent(file_id, StoredFile, "Animation")

    def photo(self, file_id: str) -> Photo:
        """Return a photo by the id of one of its sizes."""
        return self._resent(file_id, tuple, "Photo")

    def downloadable(self, file_id: str) -> StoredFile:
        """Return the file that getFile names, 20 MB at most."""
        found = self._by_id.get(file_id)
        if found is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        file = found if isinstance(found, StoredFile) else next(size for size in found if size.file_id == file_id)
        if len(file.data) > DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return file

    def at(self, path: str) -> StoredFile:
        """Return the file at a download path."""
        if path not in self._by_path:
            raise ApiError(404, "Not Found")
        return self._by_path[path]

    def _resent(self, file_id: str, kind: type, name: str) -> Any:
        if file_id.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")
        found = self._by_id.get(file_id)
        if found is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if not isinstance(found, kind):
            raise bad_request(f"can't use file of type {'Photo' if kind is StoredFile else 'Document'} as {name}")
        return found

    def _photo_size(self, picture: Image.Image, side: int) -> StoredFile:
        scaled = picture.copy()
        scaled.thumbnail((side, side), Image.Resampling.LANCZOS)
        encoded = io.BytesIO()
        scaled.save(encoded, "JPEG", quality=JPEG_QUALITY)
        return self._store(encoded.getvalue(), "photos", "AgAC", ".jpg", "image/jpeg", scaled.size)

    def _store(
        self, data: bytes, folder: str, prefix: str, name: str, mime_type: str, size: tuple[int, int] | None = None
    ) -> StoredFile:
        number = next(self._numbers)
        suffix = f".{name.rpartition('.')[2]}" if "." in name else ""
        path = f"{folder}/file_{number}{suffix}"
        file = StoredFile(f"{prefix}AgIAAxkDAAI{number:06}", f"AQAD{number:06}", path, data, name, mime_type, size)
        self._by_path[path] = file
        return file


def _refuse_oversized(upload: Upload) -> None:
    if not upload.data:
        raise bad_request("file must be non-empty")
    if len(upload.data) > UPLOAD_BYTES:
        raise ApiError(413, "Request Entity Too Large")


def _checked_picture(data: bytes) -> Image.Image:
    """Decode a picture; refuse those beyond the limits of sendPhoto."""
    if not data:
        raise bad_request("file must be non-empty")
    if len(data) > PHOTO_BYTES:
        reason = f"file of size {len(data)} bytes is too big for a photo; the maximum size is {PHOTO_BYTES} bytes"
        raise bad_request(reason)
    try:
        opened = Image.open(io.BytesIO(data))
        _refuse_dimensions(*opened.size)
        return _flattened(ImageOps.exif_transpose(opened))
    except (UnidentifiedImageError, OSError):
        raise bad_request("IMAGE_PROCESS_FAILED") from None


def _refuse_dimensions(width: int, height: int) -> None:
    if width + height > PHOTO_SIDES or max(width, height) > PHOTO_RATIO * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _flattened(picture: Image.Image) -> Image.Image:
    """Return the picture on white: a photo has no alpha."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    opaque = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(opaque, picture.convert("RGBA")).convert("RGB")
