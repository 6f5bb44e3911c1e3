"""Compose the help from the command table and its words."""

from __future__ import annotations

from bot.commands.table import COMMANDS, Command, find
from bot.words.localisation import say
from bot.words.replies import command_help, option_help


def help_text(surface: str, name: str = "") -> str:
    """List the commands of a surface, or the options of the one called `name`; raise `RequestError` for none."""
    if name:
        return _command_help(find(name.strip().lower().removeprefix("/"), surface), surface)
    lines = [f"/{it.name}: {command_help(it)}" for it in COMMANDS if surface in it.surfaces]
    return "\n".join([*lines, say("help-hint")])


def _command_help(command: Command, surface: str) -> str:
    """Describe a command; pictures are options of their own only on Discord."""
    typed = surface != "discord"
    lines = [f"/{command.name}: {command_help(command)}"]
    for option in command.on(surface):
        if not (typed and option.is_picture):
            flag = "--" if typed and option.name != command.main else ""
            lines.append(f"   {flag}{option.name}: {option_help(command, option)}")
    return "\n".join([*lines, *([say("pictures-help")] if typed and command.pictures() else [])])
