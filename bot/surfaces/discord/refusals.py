"""What ends the connection to Discord for good, in a sentence for the operator; all else is tried again."""

from __future__ import annotations

from types import MappingProxyType

import discord

_LOGIN = "Discord refuses the token: set [discord] token to the bot's own, from the Bot page of the developer portal"
_LIBRARY = "Discord refuses this version of discord.py: upgrade the bot"
# By the gateway's close codes, as its documentation lists them; after these a client must not reconnect.
REFUSALS = MappingProxyType(
    {
        4004: _LOGIN,
        4010: f"{_LIBRARY} (it named a shard that Discord does not know)",
        4011: "The bot is in too many servers for one connection (more than 2,500): it has to leave some",
        4012: f"{_LIBRARY} (it speaks a version of the gateway that is gone)",
        4013: f"{_LIBRARY} (it asked for events that Discord does not know)",
        4014: "Discord refuses privileged intents, which this bot does not need: undo what was changed in its code",
    }
)


def refusal(error: BaseException) -> str | None:
    """Say why it is no use to try again; nothing where it is."""
    if isinstance(error, discord.LoginFailure):
        return _LOGIN
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return REFUSALS[4014]
    return REFUSALS.get(error.code) if isinstance(error, discord.ConnectionClosed) else None
