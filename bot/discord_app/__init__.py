"""The Discord adapter: the only place that knows discord.py."""

from bot.discord_app.app import DiscordApp

__all__ = ["DiscordApp"]
