"""Interactions: the handle a test holds, and the rules of acknowledging and following up."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import errors, payloads
from .clock import Changes
from .messages import USER_MENTIONS, Form, Messages
from .world import EPHEMERAL, LOADING, Channel, Message, User, World, walk

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
PONG, SEND, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9

ACKNOWLEDGE_WITHIN_S = 3.0
TOKEN_LIFE_S = 15 * 60.0
MOST_CHOICES = 25
MOST_FORM_PARTS = 5
# Only an app that the guild itself did not install is limited.
MOST_USER_INSTALL_FOLLOWUPS = 5


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """How and how fast the client answered."""

    type: int
    latency_s: float
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Modal:
    """A form that the client asked a person to fill in."""

    interaction: "Interaction"
    custom_id: str
    title: str
    components: list[dict[str, Any]]

    @property
    def fields(self) -> list[str]:
        """List the custom_ids a person can fill in."""
        return [part["custom_id"] for part in walk(self.components) if "custom_id" in part]


@dataclass(eq=False)
class Interaction:
    """One thing a person did, and everything the client made of it."""

    id: str
    type: int
    token: str
    user: User
    channel: Channel
    payload: dict[str, Any]
    created_at: float
    changes: Changes = field(repr=False)
    source: Message | None = None
    triggered_by: "Interaction | None" = None
    acknowledgement: Acknowledgement | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)

    @property
    def messages(self) -> list[Message]:
        """List the response, its followups, and what the bot posted in the channel afterwards."""
        own = [message for message in (self.original, *self.followups) if message]
        later = [
            message
            for message in self.channel.messages
            if message.author.bot and int(message.id) > int(self.id) and message.metadata is None
        ]
        return [*own, *(message for message in later if message not in own)]

    async def acknowledged(self, timeout: float = 3.0) -> Acknowledgement:
        """Wait for the client's first answer."""
        return await self.changes.until(lambda: self.acknowledgement, timeout, f"an answer to {self}")

    async def message(
        self,
        condition: Callable[[Message], object] = lambda message: not message.loading,
        timeout: float = 10.0,
    ) -> Message:
        """Wait for a response or later message of the bot that meets a condition."""

        def found() -> Message | None:
            return next((message for message in self.messages if condition(message)), None)

        try:
            return await self.changes.until(found, timeout, f"a message that answers {self}")
        except TimeoutError as problem:
            problem.add_note(f"seen so far: {[message.text for message in self.messages]}")
            raise

    async def choices(self, timeout: float = 3.0) -> list[dict[str, Any]]:
        """Wait for the suggestions of an autocompletion."""
        answer = await self.acknowledged(timeout)
        assert answer.type == CHOICES, f"answered with type {answer.type}"
        return answer.data["choices"]

    async def modal(self, timeout: float = 3.0) -> Modal:
        """Wait for the form that the client opens."""
        answer = await self.acknowledged(timeout)
        assert answer.type == MODAL, f"answered with type {answer.type}"
        return Modal(self, answer.data["custom_id"], answer.data["title"], answer.data["components"])

    def __str__(self) -> str:
        data = self.payload["data"]
        return f"interaction {data.get('name') or data.get('custom_id')}"


class Interactions:
    """Start interactions and enforce what the client may do with them."""

    def __init__(self, world: World, messages: Messages) -> None:
        self._world = world
        self._messages = messages
        self._by_token: dict[str, Interaction] = {}

    def start(
        self,
        kind: int,
        data: dict[str, Any],
        user: User,
        channel: Channel,
        *,
        source: Message | None = None,
        triggered_by: Interaction | None = None,
    ) -> Interaction:
        """Make an interaction; its payload is what the gateway sends."""
        interaction_id, token = self._world.ids.next(), secrets.token_urlsafe(48)
        payload = self._common(user, channel) | {"id": interaction_id, "type": kind, "token": token, "data": data}
        if source:
            payload["message"] = payloads.message(source)
        now = self._world.clock.now()
        interaction = Interaction(
            interaction_id, kind, token, user, channel, payload, now, self._world.changes, source, triggered_by
        )
        self._by_token[token] = interaction
        return interaction

    def _common(self, user: User, channel: Channel) -> dict[str, Any]:
        by_user = {"1": user.id} if user.installed_app else {}
        common: dict[str, Any] = {
            "application_id": self._world.bot.id,
            "version": 1,
            "channel_id": channel.id,
            "channel": payloads.interaction_channel(channel),
            "locale": user.locale,
            "app_permissions": payloads.PERMISSIONS,
            "entitlements": [],
            "attachment_size_limit": self._messages.upload_limit_bytes,
        }
        guild = channel.guild
        if not guild:
            owners = by_user or {"0": "0"}
            return common | {"context": 1, "authorizing_integration_owners": owners, "user": payloads.user(user)}
        person = {
            **payloads.member(user, guild),
            "user": payloads.user(user),
            "permissions": payloads.permissions(user, guild),
        }
        return common | {
            "context": 0,
            "authorizing_integration_owners": by_user or {"0": guild.id},
            "guild_id": guild.id,
            "guild": {"id": guild.id, "locale": guild.locale, "features": []},
            "guild_locale": guild.locale,
            "member": person,
        }

    def acknowledge(self, interaction_id: str, token: str, form: Form) -> dict[str, Any]:
        """Take the client's first answer and return the callback resource."""
        interaction = self._by_token.get(token)
        if not interaction or interaction.id != interaction_id:
            raise errors.unknown_interaction()
        if interaction.acknowledgement:
            raise errors.already_acknowledged()
        latency_s = self._world.clock.now() - interaction.created_at
        if latency_s > ACKNOWLEDGE_WITHIN_S:
            raise errors.unknown_interaction()
        kind, data = form.fields.get("type", 0), form.fields.get("data") or {}
        self._check(interaction, kind, data)
        self._apply(interaction, kind, Form(data, form.files))
        interaction.acknowledgement = Acknowledgement(kind, latency_s, data)
        self._world.changes.notify()
        return self._callback_resource(interaction, kind)

    def _check(self, interaction: Interaction, kind: int, data: dict[str, Any]) -> None:
        allowed = {
            COMMAND: {SEND, DEFER, MODAL},
            COMPONENT: {SEND, DEFER, DEFER_UPDATE, UPDATE, MODAL},
            AUTOCOMPLETE: {CHOICES},
            MODAL_SUBMIT: {SEND, DEFER} | ({DEFER_UPDATE, UPDATE} if interaction.source else set()),
        }
        complaints = errors.Complaints()
        refused = f"Interaction response type {kind} is not allowed here."
        complaints.check(kind in allowed[interaction.type], "type", "INTERACTION_RESPONSE_TYPE_INVALID", refused)
        few = len(data.get("choices") or []) <= MOST_CHOICES
        complaints.check(few, "data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        if kind == MODAL:
            complaints.check_length(data.get("title"), "data.title", 45, 1)
            complaints.check_length(data.get("custom_id"), "data.custom_id", 100, 1)
            _check_form(data.get("components") or [], complaints)
        complaints.raise_any()

    def _apply(self, interaction: Interaction, kind: int, form: Form) -> None:
        if kind == SEND:
            interaction.original = self._create(interaction, form)
        elif kind == DEFER:
            ephemeral = (form.fields.get("flags") or 0) & EPHEMERAL
            interaction.original = self._create(interaction, Form(), LOADING | ephemeral)
        elif kind in (DEFER_UPDATE, UPDATE):
            interaction.original = interaction.source
        if kind == UPDATE and interaction.source:
            self._messages.edit(interaction.source, form)

    def _create(self, interaction: Interaction, form: Form, flags: int = 0) -> Message:
        return self._messages.create(
            interaction.channel,
            self._world.bot,
            form,
            flags=flags,
            metadata=self._metadata(interaction),
            mentioning=USER_MENTIONS,
        )

    def _metadata(self, interaction: Interaction) -> dict[str, Any]:
        metadata = {
            "id": interaction.id,
            "type": interaction.type,
            "user": payloads.user(interaction.user),
            "authorizing_integration_owners": interaction.payload["authorizing_integration_owners"],
        }
        if interaction.type == COMPONENT and interaction.source:
            metadata["interacted_message_id"] = interaction.source.id
        if interaction.triggered_by:
            metadata["triggering_interaction_metadata"] = self._metadata(interaction.triggered_by)
        return metadata

    def _callback_resource(self, interaction: Interaction, kind: int) -> dict[str, Any]:
        described: dict[str, Any] = {"id": interaction.id, "type": interaction.type}
        if not interaction.original:
            return {"interaction": described}
        described["response_message_id"] = interaction.original.id
        described["response_message_loading"] = interaction.original.loading
        described["response_message_ephemeral"] = interaction.original.ephemeral
        if kind == DEFER_UPDATE:
            return {"interaction": described}
        shown = UPDATE if kind == UPDATE else SEND
        return {
            "interaction": described,
            "resource": {"type": shown, "message": payloads.message(interaction.original)},
        }

    def _open(self, application_id: str, token: str) -> Interaction:
        interaction = self._by_token.get(token)
        if not interaction or application_id != self._world.bot.id or not interaction.acknowledgement:
            raise errors.unknown_webhook()
        if self._world.clock.now() - interaction.created_at > TOKEN_LIFE_S:
            raise errors.invalid_webhook_token()
        return interaction

    def follow_up(self, application_id: str, token: str, form: Form) -> Message:
        """Post a further message; the first one after a deferral fills the loading message."""
        interaction = self._open(application_id, token)
        original = interaction.original
        if original and original.loading and not original.deleted:
            return self._messages.edit(original, form)
        limited = "0" not in interaction.payload["authorizing_integration_owners"]
        if limited and len(interaction.followups) >= MOST_USER_INSTALL_FOLLOWUPS:
            raise errors.too_many_followups()
        message = self._create(interaction, form)
        interaction.followups.append(message)
        self._world.changes.notify()
        return message

    def find(self, application_id: str, token: str, message_id: str) -> Message:
        """Return a message that a token may touch; raise 404/10008."""
        interaction = self._open(application_id, token)
        for message in (interaction.original, *interaction.followups):
            named = message_id == "@original" and message is interaction.original
            if message and not message.deleted and (named or message.id == message_id):
                return message
        raise errors.unknown_message()


def _check_form(parts: list[dict[str, Any]], complaints: errors.Complaints) -> None:
    """Note what Discord refuses in a form: https://docs.discord.com/developers/components/reference#label."""
    fits = 1 <= len(parts) <= MOST_FORM_PARTS
    complaints.check(fits, "data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for index, part in enumerate(parts):
        complaints.check_length(part.get("label"), f"data.components.{index}.label", 45)
        complaints.check_length(part.get("description"), f"data.components.{index}.description", 100)
        held = part.get("component") or {}
        complaints.check_length(held.get("custom_id"), f"data.components.{index}.component.custom_id", 100)
