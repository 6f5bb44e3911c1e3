"""The Telegram adapter: the only place that knows python-telegram-bot."""

from bot.telegram_app.app import TelegramApp

__all__ = ["TelegramApp"]
