"""The Telegram adapter: the only place that knows python-telegram-bot."""

from bot.surfaces.telegram.app import TelegramApp

__all__ = ["TelegramApp"]
