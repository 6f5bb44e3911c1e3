"""What the server knows: people, places, messages and files. Tests hold these objects."""

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image, UnidentifiedImageError

from . import errors
from .clock import Changes, Clock, Snowflakes

EPHEMERAL = 1 << 6
LOADING = 1 << 7
COMPONENTS_V2 = 1 << 15

BUTTON = 2


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a person or the client sends."""

    filename: str
    data: bytes
    content_type: str = ""
    description: str | None = None

    def guess_type(self) -> str:
        """Return the declared content type, or, where that says nothing, one guessed by the name."""
        unknown = "application/octet-stream"
        declared = self.content_type if self.content_type != unknown else ""
        return declared or mimetypes.guess_type(self.filename)[0] or unknown


@dataclass(eq=False, slots=True)
class Attachment:
    """A file that the server keeps."""

    id: str
    url: str
    upload: Upload
    ephemeral: bool = False

    @property
    def filename(self) -> str:
        return self.upload.filename

    @property
    def data(self) -> bytes:
        return self.upload.data

    @property
    def description(self) -> str | None:
        return self.upload.description

    @property
    def size_px(self) -> tuple[int, int] | None:
        """Return (width, height) of a picture, else None."""
        try:
            with Image.open(BytesIO(self.data)) as image:
                return image.size
        except UnidentifiedImageError:
            return None


@dataclass(eq=False, slots=True)
class User:
    """A person, or the bot."""

    id: str
    name: str
    locale: str = "en-US"
    bot: bool = False
    blocks_messages: bool = False
    installed_app: bool = False

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(eq=False, slots=True)
class Guild:
    """A server in Discord's sense."""

    id: str
    name: str
    owner: User
    locale: str
    created_at: str
    world: "World" = field(repr=False)
    channels: list["Channel"] = field(default_factory=list)
    moderators: list[User] = field(default_factory=list)
    roles: dict[str, list[User]] = field(default_factory=dict)

    def add_channel(self, name: str = "pictures", *, nsfw: bool = False) -> "Channel":
        """Open a text channel."""
        return self.world.add_channel(name, guild=self, nsfw=nsfw)

    def add_role(self, *members: User) -> str:
        """Give people a role, before the client connects; return its id."""
        role_id = self.world.ids.next()
        self.roles[role_id] = list(members)
        return role_id


@dataclass(eq=False, slots=True)
class Channel:
    """A guild's text channel, or a direct conversation with `recipient`."""

    id: str
    name: str
    guild: Guild | None = None
    recipient: User | None = None
    nsfw: bool = False
    bot_may_send: bool = True
    messages: list["Message"] = field(default_factory=list)
    typing_count: int = 0

    def find(self, message_id: str) -> "Message":
        """Return a message by its id; raise 404/10008."""
        for message in self.messages:
            if message.id == message_id:
                return message
        raise errors.unknown_message()


@dataclass(frozen=True, slots=True)
class Revision:
    """How a message looked at one time."""

    content: str
    filenames: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Button:
    """A button that a message shows."""

    label: str
    custom_id: str | None
    style: int
    disabled: bool


@dataclass(eq=False, slots=True)
class Message:
    """A message and everything that happened to it."""

    id: str
    channel: Channel
    author: User
    created_at: str
    type: int = 0
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: int = 0
    nonce: str | int | None = None
    reference: dict[str, Any] | None = None
    replies_to: "Message | None" = None
    mentions: list[User] = field(default_factory=list)
    mentions_everyone: bool = False
    metadata: dict[str, Any] | None = None
    edited_at: str | None = None
    deleted: bool = False
    history: list[Revision] = field(default_factory=list)

    @property
    def edits(self) -> int:
        """Count how often it was changed after it appeared."""
        return len(self.history) - 1

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """Tell whether it still says "... is thinking"."""
        return bool(self.flags & LOADING)

    @property
    def buttons(self) -> list[Button]:
        """List its buttons in reading order."""
        found = (part for part in walk(self.components) if part["type"] == BUTTON)
        return [
            Button(part.get("label", ""), part.get("custom_id"), part["style"], part.get("disabled", False))
            for part in found
        ]

    @property
    def text(self) -> str:
        """Return all words a person can read in it: content, embeds and text components."""
        embeds = [value for embed in self.embeds for value in embed_texts(embed)]
        displays = [part["content"] for part in walk(self.components) if "content" in part]
        return "\n".join([self.content, *embeds, *displays])

    def button(self, label: str) -> str:
        """Return the custom_id of the button whose label contains `label`."""
        for button in self.buttons:
            if label in button.label and button.custom_id:
                return button.custom_id
        raise LookupError(f"no button {label!r} among {[button.label for button in self.buttons]}")

    def component(self, custom_id: str) -> dict[str, Any]:
        """Return the component with a custom_id."""
        for part in walk(self.components):
            if part.get("custom_id") == custom_id:
                return part
        raise LookupError(f"the message has no component {custom_id!r}")


def walk(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List components depth first, whatever holds them."""
    found = []
    for part in components:
        held = [*part.get("components", []), part.get("accessory"), part.get("component")]
        found += [part, *walk([inner for inner in held if inner])]
    return found


def embed_texts(embed: dict[str, Any]) -> list[str]:
    """List the words of an embed."""
    fields = [text for entry in embed.get("fields", []) for text in (entry["name"], entry["value"])]
    outer = [embed.get("title"), embed.get("description"), *fields, embed.get("footer", {}).get("text")]
    return [text for text in outer if text]


class World:
    """Hold everything that exists, and make new things."""

    def __init__(self, clock: Clock, changes: Changes, on_new: Callable[[Guild | Channel], None]) -> None:
        self.clock = clock
        self.changes = changes
        self.ids = Snowflakes(clock)
        self.cdn_base = ""
        self._on_new = on_new
        self.users: dict[str, User] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.attachments: dict[str, Attachment] = {}
        self.bot = self.add_user("kandinsky", bot=True)
        self.owner = self.add_user("operator")

    def add_user(self, name: str = "ada", *, locale: str = "en-US", bot: bool = False) -> User:
        user = User(self.ids.next(), name, locale, bot)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str = "studio", *, locale: str = "en-US") -> Guild:
        owner = self.add_user(f"{name}-owner")
        guild = Guild(self.ids.next(), name, owner, locale, self.clock.timestamp(), self)
        self.guilds[guild.id] = guild
        self._on_new(guild)
        return guild

    def add_channel(self, name: str, *, guild: Guild | None = None, nsfw: bool = False) -> Channel:
        channel = Channel(self.ids.next(), name, guild, None, nsfw)
        self.channels[channel.id] = channel
        if guild:
            guild.channels.append(channel)
            self._on_new(channel)
        return channel

    def dm(self, user: User) -> Channel:
        """Return the one direct conversation between the bot and a person."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        channel = Channel(self.ids.next(), "", None, user)
        self.channels[channel.id] = channel
        return channel

    def channel(self, channel_id: str) -> Channel:
        """Return a channel by its id; raise 404/10003."""
        if channel_id not in self.channels:
            raise errors.unknown_channel()
        return self.channels[channel_id]

    def keep(self, upload: Upload, channel: Channel, *, ephemeral: bool = False) -> Attachment:
        """Store a file and give it an address that expires after a day, as the CDN's addresses do."""
        attachment_id = self.ids.next()
        expires = int(self.clock.now()) + 86_400
        path = f"attachments/{channel.id}/{attachment_id}/{upload.filename}"
        kept = Attachment(attachment_id, f"{self.cdn_base}/{path}?ex={expires:x}&is=0&hm=0", upload, ephemeral)
        self.attachments[attachment_id] = kept
        return kept
