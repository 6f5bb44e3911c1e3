"""Posting, editing and deleting messages under Discord's rules."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import components, errors, payloads
from .errors import Complaints
from .world import COMPONENTS_V2, EPHEMERAL, LOADING, Attachment, Channel, Message, Revision, Upload, User, World

REPLY = 19
ALLOWED_FLAGS = (1 << 2) | EPHEMERAL | (1 << 12) | (1 << 13) | COMPONENTS_V2
LONGEST_CONTENT = 2000
MOST_ATTACHMENTS = 10

# What may notify somebody when a request does not say: ordinary messages everything, interactions only people.
ALL_MENTIONS = ("users", "roles", "everyone")
USER_MENTIONS = ("users",)


@dataclass(frozen=True, slots=True)
class Form:
    """The body of a request: its JSON and the files sent along, by number."""

    json: Any = None
    files: dict[str, Upload] = field(default_factory=dict)

    @property
    def fields(self) -> dict[str, Any]:
        """Return the JSON as an object; raise 400/50109 if it is something else."""
        if not isinstance(self.json, dict | None):
            raise errors.invalid_json()
        return self.json or {}


class Messages:
    """Apply requests to messages and announce what changed."""

    def __init__(self, world: World, announce: Callable[[str, dict[str, Any], Channel], None]) -> None:
        self._world = world
        self._announce = announce
        self.upload_limit_bytes = 10 * 1024 * 1024

    def create(
        self,
        channel: Channel,
        author: User,
        form: Form,
        *,
        flags: int = 0,
        metadata: dict[str, Any] | None = None,
        mentioning: tuple[str, ...] = ALL_MENTIONS,
    ) -> Message:
        """Post a message, or return the one that already carries an enforced nonce."""
        if already := self._same_nonce(channel, form.fields):
            return already
        message = Message(self._world.ids.next(), channel, author, self._world.clock.timestamp(), metadata=metadata)
        message.flags = flags | ((form.fields.get("flags") or 0) & ALLOWED_FLAGS)
        message.nonce = form.fields.get("nonce")
        self._refer(message, form.fields.get("message_reference"))
        if not message.loading:
            self._fill(message, form, mentioning)
        self._remember(message)
        if not message.ephemeral:
            channel.messages.append(message)
            self._announce("MESSAGE_CREATE", payloads.message_event(message), channel)
        return message

    def edit(self, message: Message, form: Form, mentioning: tuple[str, ...] = USER_MENTIONS) -> Message:
        """Change a message in place; a loading one becomes an ordinary one."""
        wanted = form.fields.get("flags") or 0
        was_loading = message.loading
        self._fill(message, form, mentioning, v2=bool((message.flags | wanted) & COMPONENTS_V2))
        message.flags = (message.flags | (wanted & ALLOWED_FLAGS & ~EPHEMERAL)) & ~LOADING
        message.edited_at = None if was_loading else self._world.clock.timestamp()
        self._remember(message)
        if not message.ephemeral:
            self._announce("MESSAGE_UPDATE", payloads.message_event(message), message.channel)
        return message

    def delete(self, message: Message) -> None:
        """Take a message away."""
        message.deleted = True
        if message in message.channel.messages:
            message.channel.messages.remove(message)
            place = {"id": message.id, "channel_id": message.channel.id}
            guild = {"guild_id": message.channel.guild.id} if message.channel.guild else {}
            self._announce("MESSAGE_DELETE", place | guild, message.channel)
        self._world.changes.notify()

    def _same_nonce(self, channel: Channel, fields: dict[str, Any]) -> Message | None:
        nonce = fields.get("nonce")
        if nonce is None or not fields.get("enforce_nonce"):
            return None
        return next((message for message in channel.messages if message.nonce == nonce), None)

    def _refer(self, message: Message, reference: dict[str, Any] | None) -> None:
        if not reference:
            return
        target = self._referenced(message.channel, reference)
        guild = {"guild_id": message.channel.guild.id} if message.channel.guild else {}
        message.reference = {"type": 0, "channel_id": message.channel.id, "message_id": str(reference["message_id"])}
        message.reference |= guild
        message.replies_to = target
        message.type = REPLY

    def _referenced(self, channel: Channel, reference: dict[str, Any]) -> Message | None:
        try:
            return channel.find(str(reference["message_id"]))
        except errors.DiscordError:
            if reference.get("fail_if_not_exists", True):
                complaints = Complaints()
                complaints.add("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
                complaints.raise_any()
            return None

    def _fill(self, message: Message, form: Form, mentioning: tuple[str, ...], *, v2: bool | None = None) -> None:
        fields = form.fields
        v2 = bool(message.flags & COMPONENTS_V2) if v2 is None else v2
        self._check(fields, v2=v2)
        attachments = self._attach(message, form)
        if "content" in fields:
            message.content = fields["content"] or ""
        if "embeds" in fields:
            message.embeds = components.complete_embeds(fields["embeds"] or [], attachments)
        if "components" in fields:
            message.components = components.complete_components(fields["components"] or [], attachments)
        if not (message.content or message.embeds or message.components or attachments or fields.get("poll")):
            raise errors.empty_message()
        message.attachments = attachments
        self._mention(message, fields.get("allowed_mentions"), mentioning)

    def _check(self, fields: dict[str, Any], *, v2: bool) -> None:
        complaints = Complaints()
        complaints.check_length(fields.get("content"), "content", LONGEST_CONTENT)
        embeds = fields.get("embeds") or []
        complaints.check(len(embeds) <= 10, "embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
        components.check_embeds(embeds, complaints)
        components.check_components(fields.get("components") or [], complaints, v2=v2)
        for key in ("content", "embeds") if v2 else ():
            code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
            complaints.check(not fields.get(key), key, code, f"The '{key}' field cannot be used with Components V2.")
        complaints.raise_any()

    def _attach(self, message: Message, form: Form) -> list[Attachment]:
        if any(len(upload.data) > self.upload_limit_bytes for upload in form.files.values()):
            raise errors.too_large()
        listed = form.fields.get("attachments")
        described = {str(entry["id"]): entry for entry in listed or []}
        kept = [old for old in message.attachments if listed is None or old.id in described]
        unknown = set(described) - set(form.files) - {old.id for old in message.attachments}
        complaints = Complaints()
        complaints.check(not unknown, "attachments", "ATTACHMENT_NOT_FOUND", "Attachment data not found")
        fits = len(kept) + len(form.files) <= MOST_ATTACHMENTS
        complaints.check(fits, "attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
        complaints.raise_any()
        return kept + [
            self._keep(message, upload, described.get(number, {})) for number, upload in sorted(form.files.items())
        ]

    def _keep(self, message: Message, upload: Upload, described: dict[str, Any]) -> Attachment:
        name = described.get("filename") or upload.filename
        upload = Upload(name, upload.data, upload.content_type, described.get("description"))
        return self._world.keep(upload, message.channel, ephemeral=message.ephemeral)

    def _mention(self, message: Message, allowed: dict[str, Any] | None, mentioning: tuple[str, ...]) -> None:
        parse = mentioning if allowed is None else (allowed.get("parse") or ())
        named = {str(user_id) for user_id in (allowed or {}).get("users") or ()}
        written = dict.fromkeys(re.findall(r"<@!?(\d+)>", message.content))
        pinged = [user_id for user_id in written if "users" in parse or user_id in named]
        message.mentions = [self._world.users[user_id] for user_id in pinged if user_id in self._world.users]
        message.mentions_everyone = "everyone" in parse and bool(re.search(r"@(everyone|here)\b", message.content))
        # A reply notifies its author unless told otherwise.
        replied = message.replies_to.author if message.replies_to else None
        notifies = allowed is None or allowed.get("replied_user", False)
        if replied and notifies and replied not in message.mentions:
            message.mentions.append(replied)

    def _remember(self, message: Message) -> None:
        names = tuple(kept.filename for kept in message.attachments)
        message.history.append(Revision(message.content, names, self._world.clock.now()))
        self._world.changes.notify()
