"""Application commands: checked when the client declares them, and the measure of what a person can send."""

import re
from typing import Any

from . import errors
from .errors import Complaints
from .world import Channel, Upload, User, World

CHAT_INPUT = 1
SUB_COMMAND, SUB_COMMAND_GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, NUMBER, ATTACHMENT = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    10,
    11,
)
PYTHON_TYPES: dict[int, type | tuple[type, ...]] = {
    STRING: str,
    INTEGER: int,
    BOOLEAN: bool,
    USER: User,
    CHANNEL: Channel,
    NUMBER: (int, float),
    ATTACHMENT: Upload,
}
NAME = re.compile(r"^[-_'\w]{1,32}$")
# https://docs.discord.com/developers/reference#locales
LOCALES = (
    "id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl", "pt-BR",
    "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko",
)  # fmt: skip
MOST_CHOICES = MOST_OPTIONS = 25
MOST_COMMANDS = {1: 100, 2: 15, 3: 15, 4: 1}

OptionValue = str | int | float | bool | Upload | User | Channel


class Commands:
    """Keep what the client declared, globally and per guild."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_place: dict[str | None, list[dict[str, Any]]] = {}
        self.sync_count = 0

    def listed(self, guild_id: str | None = None) -> list[dict[str, Any]]:
        """List the commands of a guild, or the global ones."""
        return self._by_place.get(guild_id, [])

    def replace(self, wanted: Any, guild_id: str | None = None) -> list[dict[str, Any]]:
        """Exchange all commands of a place; raise 400/50035 on what Discord refuses."""
        if not isinstance(wanted, list):
            raise errors.invalid_json()
        complaints = Complaints()
        for index, command in enumerate(wanted):
            _check_command(command, str(index), complaints)
        _check_together(wanted, complaints)
        complaints.raise_any()
        self._by_place[guild_id] = [self._complete(command, guild_id) for command in wanted]
        self.sync_count += 1
        self._world.changes.notify()
        return self.listed(guild_id)

    def upsert(self, wanted: dict[str, Any], guild_id: str | None = None) -> dict[str, Any]:
        """Add or exchange one command."""
        key = (wanted.get("name"), wanted.get("type") or CHAT_INPUT)
        others = [command for command in self.listed(guild_id) if (command["name"], command["type"]) != key]
        return self.replace([*others, wanted], guild_id)[-1]

    def by_id(self, command_id: str, guild_id: str | None = None) -> dict[str, Any]:
        """Return one command; raise 404/10063."""
        for command in self.listed(guild_id):
            if command["id"] == command_id:
                return command
        raise errors.unknown_command()

    def remove(self, command_id: str, guild_id: str | None = None) -> None:
        """Take one command away; raise 404/10063."""
        self.listed(guild_id).remove(self.by_id(command_id, guild_id))

    def find(self, name: str, kind: int, channel: Channel) -> dict[str, Any] | None:
        """Return the command that a person in a channel sees under a name."""
        local = self.listed(channel.guild.id) if channel.guild else []
        for command in [*local, *self.listed()]:
            if command["name"] == name and command["type"] == kind and _usable(command, channel):
                return command
        return None

    def _complete(self, command: dict[str, Any], guild_id: str | None) -> dict[str, Any]:
        kind = command.get("type") or CHAT_INPUT
        known = {(old["name"], old["type"]): old["id"] for old in self.listed(guild_id)}
        permissions = command.get("default_member_permissions")
        return {
            "name_localizations": None,
            "description_localizations": None,
            "integration_types": [0],
            "contexts": None,
            **{key: _clean(value) for key, value in command.items() if value is not None},
            "description": command.get("description") or "",
            "id": known.get((command["name"], kind)) or self._world.ids.next(),
            "application_id": self._world.bot.id,
            "version": self._world.ids.next(),
            "type": kind,
            "nsfw": bool(command.get("nsfw")),
            "default_member_permissions": None if permissions is None else str(permissions),
            **({"guild_id": guild_id} if guild_id else {}),
        }


def _usable(command: dict[str, Any], channel: Channel) -> bool:
    contexts = command.get("contexts")
    dm_permission = command.get("dm_permission", True)
    if channel.guild:
        return contexts is None or 0 in contexts
    return dm_permission if contexts is None else 1 in contexts


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clean(inner) for key, inner in value.items() if inner is not None}
    return [_clean(inner) for inner in value] if isinstance(value, list) else value


def _check_together(wanted: list[dict[str, Any]], complaints: Complaints) -> None:
    keys = [(command.get("name"), command.get("type") or CHAT_INPUT) for command in wanted]
    for index, key in enumerate(keys):
        unique = key not in keys[:index]
        code = "APPLICATION_COMMANDS_DUPLICATE_NAME"
        complaints.check(unique, f"{index}.name", code, "Application command names must be unique")
    for kind, most in MOST_COMMANDS.items():
        if sum(key[1] == kind for key in keys) > most:
            raise errors.DiscordError(400, 30032, f"Maximum number of application commands reached ({most}).")


def _check_command(command: dict[str, Any], path: str, complaints: Complaints) -> None:
    if (command.get("type") or CHAT_INPUT) != CHAT_INPUT:
        complaints.check_length(command.get("name"), f"{path}.name", 32, 1)
        _check_localised(command, "name", 32, path, complaints)
        complaints.check(not command.get("description"), f"{path}.description", "BASE_TYPE_MAX_LENGTH", "Not allowed.")
        return
    _check_named(command, path, complaints)
    _check_options(command.get("options") or [], path, complaints)


def _check_named(part: dict[str, Any], path: str, complaints: Complaints) -> None:
    names = {"name": part.get("name") or ""}
    names |= {f"name_localizations.{locale}": name for locale, name in (part.get("name_localizations") or {}).items()}
    for key, name in names.items():
        valid = NAME.match(name) and name == name.lower()
        complaints.check(valid, f"{path}.{key}", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    complaints.check_length(part.get("description"), f"{path}.description", 100, 1)
    _check_localised(part, "description", 100, path, complaints)


def _check_localised(part: dict[str, Any], what: str, limit: int, path: str, complaints: Complaints) -> None:
    for locale, text in (part.get(f"{what}_localizations") or {}).items():
        place = f"{path}.{what}_localizations.{locale}"
        complaints.check(locale in LOCALES, place, "BASE_TYPE_CHOICES", f"Value must be one of {LOCALES}.")
        complaints.check_length(text, place, limit, 1)


def _check_options(options: list[dict[str, Any]], path: str, complaints: Complaints) -> None:
    few = len(options) <= MOST_OPTIONS
    complaints.check(few, f"{path}.options", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    names, required = [option.get("name") for option in options], [bool(option.get("required")) for option in options]
    for index, option in enumerate(options):
        place = f"{path}.options.{index}"
        _check_named(option, place, complaints)
        unique, ordered = names[index] not in names[:index], not required[index] or all(required[:index])
        complaints.check(unique, place, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
        complaints.check(
            ordered,
            place,
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
            "Required options must be placed before non-required options",
        )
        few = len(option.get("choices") or []) <= MOST_CHOICES
        complaints.check(few, f"{place}.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        for number, choice in enumerate(option.get("choices") or []):
            complaints.check_length(choice.get("name"), f"{place}.choices.{number}.name", 100, 1)
            _check_localised(choice, "name", 100, f"{place}.choices.{number}", complaints)
        _check_options(option.get("options") or [], place, complaints)


def descend(command: dict[str, Any], path: list[str]) -> list[dict[str, Any]]:
    """Return the declared options of a command, or of the subcommand that `path` leads to."""
    options = command.get("options", [])
    for name in path:
        inner = next((option for option in options if option["name"] == name and option["type"] <= 2), None)
        assert inner, f"/{command['name']} has no subcommand {name!r}"
        options = inner.get("options", [])
    return options


def check_values(declared: list[dict[str, Any]], values: dict[str, OptionValue]) -> None:
    """Raise AssertionError for what Discord's own window would not let a person send."""
    by_name = {option["name"]: option for option in declared}
    for name, value in values.items():
        assert name in by_name, f"the client declared no option {name!r}, only {sorted(by_name)}"
        _check_value(by_name[name], value)
    for option in declared:
        assert not option.get("required") or option["name"] in values, f"option {option['name']!r} is required"


def _check_value(option: dict[str, Any], value: OptionValue) -> None:
    name, kind = option["name"], option["type"]
    fits = isinstance(value, PYTHON_TYPES[kind]) and (kind == BOOLEAN or not isinstance(value, bool))
    assert fits, f"option {name!r} of type {kind} cannot hold {value!r}"
    choices = [choice["value"] for choice in option.get("choices", [])]
    assert not choices or value in choices, f"option {name!r} offers only {choices}, not {value!r}"
    size = len(value) if isinstance(value, str) else value if isinstance(value, int | float) else 0
    suffix = "length" if kind == STRING else "value"
    lowest, highest = option.get(f"min_{suffix}"), option.get(f"max_{suffix}")
    assert lowest is None or size >= lowest, f"option {name!r}: {size} is below {lowest}"
    assert highest is None or size <= highest, f"option {name!r}: {size} is above {highest}"


def guess_type(value: OptionValue) -> int:
    """Return the option type that a Python value stands for."""
    if isinstance(value, bool):
        return BOOLEAN
    return next(kind for kind, python_type in PYTHON_TYPES.items() if isinstance(value, python_type))
