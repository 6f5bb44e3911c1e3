"""Where an interaction came from and how to answer it, also after a restart."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, fields
from typing import Self

import discord

from bot.manner import Addressed
from bot.surface import Origin

SURFACE = "discord"
# An interaction's token lives for 15 minutes; an edit that begins in the last one might arrive too late.
TOKEN_LIFE_S = 14 * 60


@dataclass(frozen=True, slots=True)
class Address:
    """Hold what answering an interaction takes; `expires_at` is seconds since the epoch, `token` a secret.

    `message_id` is the message that holds the answer, 0 until there is one.
    """

    application_id: int
    token: str
    expires_at: float
    channel_id: int
    user_id: int
    filesize_limit: int
    message_id: int = 0

    @classmethod
    def of(cls, interaction: discord.Interaction) -> Self:
        """Note where `interaction` is to be answered; its life is counted by this machine's own clock."""
        return cls(
            application_id=interaction.application_id,
            token=interaction.token,
            expires_at=time.time() + TOKEN_LIFE_S,
            channel_id=interaction.channel_id or 0,
            user_id=interaction.user.id,
            filesize_limit=interaction.filesize_limit,
        )

    @classmethod
    def read(cls, job: Addressed) -> Self:
        """Read the address back from a stored job, or the promise of one."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in job.address.items() if name in known})  # type: ignore[arg-type]

    @property
    def expired(self) -> bool:
        """Tell whether the token is too old to be used."""
        return time.time() >= self.expires_at


def origin(interaction: discord.Interaction) -> Origin:
    """Say in the service's words who asked, and where."""
    return Origin(
        surface=SURFACE,
        owner=f"discord:{interaction.user.id}",
        place=f"discord:{interaction.guild_id or 'dm'}/{interaction.channel_id}",
        key=f"discord:{interaction.id}",
        address=asdict(Address.of(interaction)),
        locale=str(interaction.locale),
        roles=_roles(interaction.user),
        is_moderator=_moderates(interaction.permissions),
        is_private=interaction.guild_id is None,
        is_adult=_is_adult(interaction.channel),
    )


def _roles(user: discord.User | discord.Member) -> frozenset[str]:
    return frozenset(str(role.id) for role in getattr(user, "roles", ()) if not role.is_default())


def _moderates(permissions: discord.Permissions) -> bool:
    return permissions.administrator or permissions.manage_messages or permissions.manage_guild


def _is_adult(channel: object) -> bool:
    # Neither a direct conversation nor a channel that only its id is known of has an age.
    return bool(is_nsfw()) if (is_nsfw := getattr(channel, "is_nsfw", None)) else False
