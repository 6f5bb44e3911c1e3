"""What a person fills in, as the data of an interaction."""

from typing import Any

from . import payloads
from .commands import CHAT_INPUT, SUB_COMMAND, SUB_COMMAND_GROUP, OptionValue, descend, guess_type
from .interactions import Modal
from .world import Channel, Upload, User, World, walk

TEXT_INPUT, FILE_UPLOAD, LABEL, ACTION_ROW = 4, 19, 18, 1


class Resolver:
    """Turn files, people and places into ids, and gather what they stand for."""

    def __init__(self, world: World, channel: Channel) -> None:
        self._world = world
        self._channel = channel
        self.resolved: dict[str, dict[str, Any]] = {}

    def resolve(self, value: OptionValue) -> Any:
        """Return what an option's value looks like on the wire."""
        if isinstance(value, Upload):
            kept = self._world.keep(value, self._channel, ephemeral=True)
            return self._refer("attachments", kept.id, payloads.attachment(kept))
        if isinstance(value, Channel):
            return self._refer("channels", value.id, payloads.interaction_channel(value))
        if isinstance(value, User):
            return self._refer_user(value)
        return value

    def _refer_user(self, user: User) -> str:
        if self._channel.guild:
            member = {**payloads.member(user, self._channel.guild), "permissions": payloads.PERMISSIONS}
            self._refer("members", user.id, member)
        return self._refer("users", user.id, payloads.user(user))

    def _refer(self, kind: str, object_id: str, described: dict[str, Any]) -> str:
        self.resolved.setdefault(kind, {})[object_id] = described
        return object_id


def command_data(
    world: World,
    command: dict[str, Any],
    subcommands: list[str],
    values: dict[str, OptionValue],
    channel: Channel,
    focused: str | None = None,
) -> dict[str, Any]:
    """Build the data of a slash command or of its autocompletion."""
    resolver = Resolver(world, channel)
    known = {option["name"]: option["type"] for option in descend(command, subcommands)}
    options = []
    for name, value in values.items():
        option = {"name": name, "type": known.get(name) or guess_type(value), "value": resolver.resolve(value)}
        options.append(option | ({"focused": True} if name == focused else {}))
    for depth, name in enumerate(reversed(subcommands)):
        options = [{"name": name, "type": SUB_COMMAND_GROUP if depth else SUB_COMMAND, "options": options}]
    data = {"id": command["id"], "name": command["name"], "type": CHAT_INPUT, "options": options}
    guild = {"guild_id": command["guild_id"]} if "guild_id" in command else {}
    return data | guild | ({"resolved": resolver.resolved} if resolver.resolved else {})


def modal_data(world: World, modal: Modal, values: dict[str, str | list[str] | list[Upload]]) -> dict[str, Any]:
    """Build the data of a submitted form; a field that the form lacks raises LookupError."""
    unknown = set(values) - set(modal.fields)
    if unknown:
        raise LookupError(f"the form has no fields {sorted(unknown)}, only {modal.fields}")
    resolver = Resolver(world, modal.interaction.channel)
    filled = [_fill(part, values, resolver) for part in modal.components]
    for number, part in enumerate(walk(filled), 1):
        part["id"] = number
    data = {"custom_id": modal.custom_id, "components": filled}
    return data | ({"resolved": resolver.resolved} if resolver.resolved else {})


def _fill(part: dict[str, Any], values: dict[str, Any], resolver: Resolver) -> dict[str, Any]:
    common = {"type": part["type"]}
    if part["type"] == ACTION_ROW:
        return common | {"components": [_fill(inner, values, resolver) for inner in part["components"]]}
    if part["type"] == LABEL:
        return common | {"component": _fill(part["component"], values, resolver)}
    if "custom_id" not in part:
        return common
    common["custom_id"] = part["custom_id"]
    if part["type"] == TEXT_INPUT:
        return common | {"value": values.get(part["custom_id"], part.get("value") or "")}
    return common | {"values": [resolver.resolve(value) for value in values.get(part["custom_id"], [])]}
