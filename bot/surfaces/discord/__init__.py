"""The Discord adapter: the only place that knows discord.py."""

from bot.surfaces.discord.app import DiscordApp

__all__ = ["DiscordApp"]
