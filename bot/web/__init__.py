"""The web page: a chat with the same commands as the platforms, and a form. The only package that imports gradio."""

from bot.web.app import WebApp
from bot.web.server import PortTaken

__all__ = ["PortTaken", "WebApp"]
