"""Components and embeds: what the client sends, checked and completed as Discord answers it."""

from collections import Counter
from typing import Any

from . import payloads
from .errors import Complaints
from .world import Attachment, walk

ACTION_ROW, BUTTON, STRING_SELECT = 1, 2, 3
SELECTS = (3, 5, 6, 7, 8)
SECTION, THUMBNAIL, MEDIA_GALLERY, FILE, CONTAINER = 9, 11, 12, 13, 17
V2_ONLY = (9, 10, 11, 12, 13, 14, 17)
LINK, PREMIUM = 5, 6


def check_components(parts: list[dict[str, Any]], complaints: Complaints, *, v2: bool) -> None:
    """Note what Discord refuses in a message's components."""
    every = walk(parts)
    custom_ids = Counter(part["custom_id"] for part in every if part.get("custom_id"))
    complaints.check(
        max(custom_ids.values(), default=0) <= 1,
        "components",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
        "Component custom id cannot be duplicated",
    )
    limit, code = (40, "BASE_TYPE_MAX_LENGTH") if v2 else (5, "BASE_TYPE_BAD_LENGTH")
    complaints.check(len(every if v2 else parts) <= limit, "components", code, f"Must be {limit} or fewer in length.")
    for index, part in enumerate(parts):
        allowed = part["type"] == ACTION_ROW or (v2 and part["type"] in V2_ONLY)
        complaints.check(allowed, f"components.{index}.type", "UNION_TYPE_CHOICES", "Value is not allowed here.")
        for inner in walk([part]):
            _check_part(inner, f"components.{index}", complaints)


def _check_part(part: dict[str, Any], path: str, complaints: Complaints) -> None:
    complaints.check_length(part.get("custom_id"), f"{path}.custom_id", 100)
    if part["type"] == ACTION_ROW:
        held = part["components"]
        complaints.check(1 <= len(held) <= 5, f"{path}.components", "BASE_TYPE_BAD_LENGTH", "Must be 1-5 in length.")
    elif part["type"] == BUTTON:
        _check_button(part, path, complaints)
    elif part["type"] == STRING_SELECT:
        fits = 1 <= len(part["options"]) <= 25
        complaints.check(fits, f"{path}.options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.")
    elif part["type"] == MEDIA_GALLERY:
        fits = 1 <= len(part["items"]) <= 10
        complaints.check(fits, f"{path}.items", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 10 in length.")


def _check_button(part: dict[str, Any], path: str, complaints: Complaints) -> None:
    complaints.check_length(part.get("label"), f"{path}.label", 80)
    shown = part.get("label") or part.get("emoji") or part["style"] == PREMIUM
    complaints.check(shown, path, "BUTTON_COMPONENT_INVALID_LABEL", "A button needs a label or an emoji.")
    if part["style"] not in (LINK, PREMIUM):
        complaints.check(part.get("custom_id"), f"{path}.custom_id", "BASE_TYPE_REQUIRED", "This field is required")


def complete_components(parts: list[dict[str, Any]], attachments: list[Attachment]) -> list[dict[str, Any]]:
    """Return components with the ids and defaults that Discord adds, and files resolved."""
    completed = [_complete(part, attachments) for part in parts]
    taken = {part["id"] for part in walk(completed) if part["id"]}
    free = (number for number in range(1, 1000) if number not in taken)
    for part in walk(completed):
        part["id"] = part["id"] or next(free)
    return completed


def _complete(part: dict[str, Any], attachments: list[Attachment]) -> dict[str, Any]:
    done = {"id": 0, **_defaults(part["type"]), **_without_nulls(part)}
    if "components" in part:
        done["components"] = [_complete(inner, attachments) for inner in part["components"]]
    if "accessory" in part:
        done["accessory"] = _complete(part["accessory"], attachments)
    for key in ("media", "file"):
        if key in part:
            done[key] = _unfurl(part[key], attachments)
    if part["type"] == MEDIA_GALLERY:
        done["items"] = [_complete_item(item, attachments) for item in part["items"]]
    return done


def _complete_item(item: dict[str, Any], attachments: list[Attachment]) -> dict[str, Any]:
    defaults = {"description": None, "spoiler": False}
    return {**defaults, **_without_nulls(item), "media": _unfurl(item["media"], attachments)}


def _defaults(kind: int) -> dict[str, Any]:
    if kind in SELECTS:
        return {"min_values": 1, "max_values": 1}
    if kind == CONTAINER:
        return {"accent_color": None, "spoiler": False}
    if kind == THUMBNAIL:
        return {"description": None, "spoiler": False}
    return {"name": None, "size": None, "spoiler": False} if kind == FILE else {}


def _unfurl(media: dict[str, Any], attachments: list[Attachment]) -> dict[str, Any]:
    kept = referred(media["url"], attachments)
    if not kept:
        return {"id": "0", "url": media["url"], "proxy_url": media["url"]}
    described = payloads.attachment(kept)
    keys = ("id", "url", "proxy_url", "width", "height", "content_type")
    return {key: described.get(key) for key in keys} | {"attachment_id": kept.id}


def referred(url: str, attachments: list[Attachment]) -> Attachment | None:
    """Return the attachment that an attachment:// address names."""
    name = url.removeprefix("attachment://")
    return next((kept for kept in attachments if url != name and kept.filename == name), None)


def check_embeds(embeds: list[dict[str, Any]], complaints: Complaints) -> None:
    """Note what Discord refuses in a message's embeds."""
    total = 0
    for index, embed in enumerate(embeds):
        path = f"embeds.{index}"
        complaints.check_length(embed.get("title"), f"{path}.title", 256)
        complaints.check_length(embed.get("description"), f"{path}.description", 4096)
        for number, entry in enumerate(embed.get("fields") or []):
            complaints.check_length(entry["name"], f"{path}.fields.{number}.name", 256, 1)
            complaints.check_length(entry["value"], f"{path}.fields.{number}.value", 1024, 1)
            total += len(entry["name"]) + len(entry["value"])
        footer = (embed.get("footer") or {}).get("text") or ""
        total += len(embed.get("title") or "") + len(embed.get("description") or "") + len(footer)
    complaints.check(total <= 6000, "embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def complete_embeds(embeds: list[dict[str, Any]], attachments: list[Attachment]) -> list[dict[str, Any]]:
    """Return embeds as Discord gives them back, with attached pictures resolved."""
    return [_complete_embed(embed, attachments) for embed in embeds]


def _complete_embed(embed: dict[str, Any], attachments: list[Attachment]) -> dict[str, Any]:
    done = {**_without_nulls(embed), "type": "rich"}
    if "fields" in done:
        done["fields"] = [{"inline": False, **entry} for entry in done["fields"]]
    for key in ("image", "thumbnail"):
        if key in done:
            done[key] = _embed_image(done[key]["url"], attachments)
    return done


def _embed_image(url: str, attachments: list[Attachment]) -> dict[str, Any]:
    kept = referred(url, attachments)
    if not kept:
        return {"url": url, "proxy_url": url}
    described = payloads.attachment(kept)
    return {key: described[key] for key in ("url", "proxy_url", "width", "height", "content_type") if key in described}


def _without_nulls(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _without_nulls(value) for key, value in part.items() if value is not None}
    return [_without_nulls(inner) for inner in part] if isinstance(part, list) else part
