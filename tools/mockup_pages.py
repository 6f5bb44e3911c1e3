"""Draw what people see of a message on Discord and on Telegram: pages of our own in the manner of the apps."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from tests.servers.discord import Message as DiscordMessage
from tests.servers.telegram.messages import Message as TelegramMessage

ACTION_ROW, BUTTON, SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 1, 2, 9, 10, 11, 12, 13, 14, 17
BUTTON_STYLES = {1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "secondary"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what a person did on Discord that the message answers."""

    person: str
    command: str


def discord_page(asked: Asked, message: DiscordMessage, bot: str = "kandinsky") -> str:
    """Draw a recorded message as Discord shows it."""
    files = {file.url: file.data for file in message.attachments}
    shown = "".join(_discord_part(part, files) for part in message.components if part["type"] != ACTION_ROW)
    if not shown:
        shown = _discord_text(message.content) + _gallery(files.values())
    rows = "".join(_discord_part(part, files) for part in message.components if part["type"] == ACTION_ROW)
    reply = f'<div class="reply"><b>{escape(asked.person)}</b> used <span class="command">/{asked.command}</span></div>'
    head = f'<div><span class="name">{escape(bot)}</span><span class="app">APP</span></div>'
    avatar = '<div class="avatar">K</div>'
    return _page("discord", f'{reply}<div class="message">{avatar}<div class="body">{head}{shown}{rows}</div></div>')


def telegram_page(messages: Sequence[TelegramMessage]) -> str:
    """Draw the messages of a chat as Telegram shows them, an album as one."""
    posts: list[list[TelegramMessage]] = []
    for message in messages:
        if posts and message.media_group_id and posts[-1][-1].media_group_id == message.media_group_id:
            posts[-1].append(message)
        else:
            posts.append([message])
    return _page("telegram", "".join(map(_telegram_post, posts)))


def _page(platform: str, body: str) -> str:
    css = (Path(__file__).parent / f"mockup_{platform}.css").read_text(encoding="utf-8")
    return f'<!doctype html><meta charset="utf-8"><style>{css}</style><body>{body}</body>'


def _discord_part(part: dict[str, Any], files: dict[str, bytes]) -> str:
    """Draw one component and what it holds."""
    inner = "".join(_discord_part(each, files) for each in part.get("components", []))
    if part["type"] == ACTION_ROW:
        return f'<div class="row">{inner}</div>'
    if part["type"] == BUTTON:
        emoji = (part.get("emoji") or {}).get("name") or ""
        words = escape(f"{emoji} {part.get('label') or ''}".strip())
        return f'<span class="button {BUTTON_STYLES[part["style"]]}">{words}</span>'
    if part["type"] == GALLERY:
        return _gallery(files[item["media"]["url"]] for item in part["items"] if item["media"]["url"] in files)
    if part["type"] == TEXT:
        return _discord_text(part["content"])
    if part["type"] == SEPARATOR:
        return "<hr>"
    if part["type"] == FILE:
        return f'<div class="file">📄 {escape(str(part.get("name") or "file"))}</div>'
    accessory = _discord_part(part["accessory"], files) if part.get("accessory") else ""
    return f'<div class="{"container" if part["type"] == CONTAINER else "section"}">{inner}{accessory}</div>'


def _discord_text(markdown: str) -> str:
    """Read the little of Discord's markdown that the bot writes: escapes, bold, small print, addresses in brackets."""
    words = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(markdown, quote=False))
    words = re.sub(r"(?m)^-# (.*)$", r"<small>\1</small>", words)
    words = re.sub(r"&lt;(https?://[^&]+)&gt;", r"\1", words)
    words = re.sub(r"\\([^\w\s])", r"\1", words)
    return f'<div class="text">{words}</div>' if words else ""


def _gallery(pictures: Iterable[bytes]) -> str:
    images = [_image(data) for data in pictures]
    kind = "several" if len(images) > 1 else "one"
    return f'<div class="gallery {kind}">{"".join(images)}</div>' if images else ""


def _telegram_post(post: list[TelegramMessage]) -> str:
    """Draw one bubble with its keyboard below."""
    message = post[0]
    quoted = f'<div class="quote">{escape(message.reply_to.words or "🖼 Photo")}</div>' if message.reply_to else ""
    images = [_image(data) for each in post if (data := each.photo or each.animation)]
    pictures = f'<div class="album">{"".join(images)}</div>' if len(images) > 1 else "".join(images)
    files = "".join(f'<div class="file">📄 {escape(each.file_name)}</div>' for each in post if each.document)
    words = escape(next((each.words for each in post if each.words), ""))
    keys = "".join(_telegram_row(row) for each in post for row in each.content.inline_keyboard)
    keyboard = f'<div class="keyboard">{keys}</div>' if keys else ""
    side = "bot" if message.sender.is_bot else "person"
    bubble = f'<div class="bubble">{quoted}{pictures}{files}<div class="text">{words}</div></div>'
    return f'<div class="post {side}">{bubble}{keyboard}</div>'


def _telegram_row(row: list[dict[str, Any]]) -> str:
    keys = "".join(f'<span class="key">{escape(button["text"])}</span>' for button in row)
    return f'<div class="keys">{keys}</div>'


def _image(data: bytes) -> str:
    kinds = {b"\x89PNG": "png", b"RIFF": "webp", b"GIF8": "gif"}
    return f'<img src="data:image/{kinds.get(data[:4], "jpeg")};base64,{base64.b64encode(data).decode()}">'
