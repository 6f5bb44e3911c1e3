"""The web page: a chat with the same commands as the platforms, and a form. The only package that imports gradio."""

from bot.surfaces.web.app import WebApp

__all__ = ["WebApp"]
