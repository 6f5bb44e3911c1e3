"""Message entities: those Telegram detects itself, and those of HTML text; offsets count UTF-16 units."""

import re
from html.parser import HTMLParser
from typing import Any

from .errors import bad_request

Entity = dict[str, Any]

DETECTED = {
    "bot_command": re.compile(r"(?<![\w/@])/\w{1,64}(?:@\w{3,32})?", re.ASCII),
    "mention": re.compile(r"(?<![\w/@])@\w{3,32}", re.ASCII),
    "url": re.compile(r"\bhttps?://[^\s<>\"]+"),
    "hashtag": re.compile(r"(?<![\w#])#\w*[^\W\d]\w*"),
}

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "tg-spoiler": "spoiler",
    "blockquote": "blockquote",
}


def utf16_length(text: str) -> int:
    """Count the UTF-16 units of a text, the measure of the Bot API."""
    return len(text.encode("utf-16-le")) // 2


def detect(text: str) -> list[Entity]:
    """Return the commands, mentions, addresses and hashtags of a text, in order."""
    found = [
        {"type": kind, "offset": utf16_length(text[: match.start()]), "length": utf16_length(match.group())}
        for kind, pattern in DETECTED.items()
        for match in pattern.finditer(text)
    ]
    return sorted(found, key=lambda entity: entity["offset"])


def covered(text: str, entity: Entity) -> str:
    """Return the words an entity covers."""
    units = text.encode("utf-16-le")
    return units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")


def parse(text: str, parse_mode: str) -> tuple[str, list[Entity]]:
    """Return the plain text and the entities of a marked-up text; HTML is the one mark-up known here."""
    if not parse_mode:
        return text, []
    if parse_mode.lower() != "html":
        raise bad_request(f"can't parse entities: {parse_mode} is unknown to this server, which reads HTML")
    parser = _Html()
    parser.feed(text)
    parser.close()
    return parser.finish()


class _Html(HTMLParser):
    """The subset of HTML that Telegram takes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._text = ""
        self._open: list[tuple[str, Entity]] = []
        self._entities: list[Entity] = []

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise bad_request(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {self.getpos()[1]}')
        entity: Entity = {"type": TAGS[tag], "offset": utf16_length(self._text)}
        self._open.append((tag, entity | ({"url": dict(attrs).get("href") or ""} if tag == "a" else {})))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            raise bad_request(f"can't parse entities: Unexpected end tag at byte offset {self.getpos()[1]}")
        _, entity = self._open.pop()
        length = utf16_length(self._text) - entity["offset"]
        if length:
            self._entities.append(entity | {"length": length})

    def finish(self) -> tuple[str, list[Entity]]:
        """Return text and entities once every tag is closed."""
        if self._open:
            raise bad_request(
                f"can't parse entities: Can't find end tag corresponding to start tag \"{self._open[-1][0]}\""
            )
        return self._text, sorted(self._entities, key=lambda entity: entity["offset"])
