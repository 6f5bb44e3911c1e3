"""Telegram as one of the service's surfaces: messages in, messages out."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from pathlib import Path

import structlog
from telegram.error import InvalidToken

from bot import config
from bot.service.service import Service
from bot.surface import Load
from bot.surfaces.telegram.address import SURFACE
from bot.surfaces.telegram.connection import build, quiet, until_answered
from bot.surfaces.telegram.delivery import Delivery, remove
from bot.surfaces.telegram.handlers import Handlers, on_error
from bot.surfaces.telegram.inbox import Inbox
from bot.surfaces.telegram.kept import Kept
from bot.surfaces.telegram.limiting import FairLimiter
from bot.surfaces.telegram.menus import introduce
from bot.surfaces.telegram.polling import Poller
from bot.surfaces.telegram.webhook import Webhook
from engine.jobs import Job

log = structlog.get_logger()


class _CannotListen(Exception):
    """Say which address the webhook cannot have."""


class TelegramApp:
    """Serve one bot account, by long polling or, where `webhook_url` is set, by a webhook."""

    name = SURFACE
    # Telegram asks for at most 20 messages a minute in a group, and counts edits.
    progress_interval_s = 3.0
    confirms_masks = True

    def __init__(self, settings: config.Telegram, service: Service, folder: Path) -> None:
        """Take a `folder` for what Telegram was told that it arrived before it was handled."""
        quiet()
        self._settings = settings
        self._folder = folder
        limiter = FairLimiter()
        self._app = build(settings, limiter)
        self._handlers = Handlers(self._app.bot, service)
        self._app.add_handlers(self._handlers.build())
        self._app.add_error_handler(on_error)
        self._delivery = Delivery(self._app.bot, service, limiter)
        self._online = asyncio.Event()

    async def run(self) -> None:
        """Serve until cancelled; a token that Telegram refuses, or a taken port, ends it with a line in the log."""
        try:
            async with AsyncExitStack() as stack:
                await self._serve(stack)
        except InvalidToken:  # its text holds the token
            log.error("telegram_login_failed", hint="Telegram refuses [telegram] token; set it to the one of BotFather")
        except _CannotListen as error:
            log.error("telegram_webhook_failed", hint=str(error))

    async def show(self, job: Job, text: str, preview: bytes | None) -> None:
        """Post or edit the job's message."""
        await self._online.wait()
        await self._delivery.show(job, text)

    async def deliver(self, job: Job, load: Load, text: str) -> None:
        """Turn the job's message into its picture."""
        await self._online.wait()
        await self._delivery.deliver(job, await load(), text)

    async def tell(self, job: Job, text: str) -> None:
        """Say in the job's message how it ended."""
        await self._online.wait()
        await self._delivery.tell(job, text)

    async def ask(self, job: Job, overlay: bytes, text: str) -> None:
        """Show a held job's mask and ask whether it is right."""
        await self._online.wait()
        await self._delivery.ask(job, overlay, text)

    async def remove(self, job: Job) -> None:
        """Take away what was posted of a job."""
        await self._online.wait()
        await remove(self._app.bot, job)

    async def _serve(self, stack: AsyncExitStack) -> None:
        stack.push_async_callback(self._app.bot.shutdown)
        await until_answered(self._app.initialize)
        stack.push_async_callback(self._app.shutdown)
        # Beside everything else: Telegram may want minutes between changes, and nobody should wait for a menu.
        introducing = asyncio.create_task(introduce(self._app.bot))
        stack.callback(introducing.cancel)
        self._online.set()
        stack.callback(self._online.clear)
        await self._receive(stack)

    async def _receive(self, stack: AsyncExitStack) -> None:
        listener = stack.enter_context(self._bind()) if self._settings.webhook_url else None
        # Each account counts its updates anew, and a store outlives a change of the token.
        kept = Kept(self._folder / str(self._app.bot.id))
        inbox = Inbox(self._app.bot, kept, self._app.process_update, self._handlers.refuse)
        receiver = self._webhook(inbox, listener) if listener else Poller(self._app.bot, inbox)
        stack.push_async_callback(receiver.close)
        await inbox.resume()
        await receiver.run(lambda: self._say_ready(webhook=bool(listener)))

    def _say_ready(self, *, webhook: bool) -> None:
        log.info("telegram_ready", username=self._app.bot.username, webhook=webhook)

    def _webhook(self, inbox: Inbox, listener: socket.socket) -> Webhook:
        url, secret = self._settings.webhook_url, self._settings.webhook_secret
        assert url  # noqa: S101 - without it there is no listener
        assert secret  # noqa: S101 - nor is there a configuration with the one and not the other
        return Webhook(self._app.bot, inbox, listener, url, secret.get_secret_value())

    def _bind(self) -> socket.socket:
        """Bind the webhook's port; raise `_CannotListen` where it cannot be had."""
        host, port = self._settings.webhook_host, self._settings.webhook_port
        try:
            listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        except OSError as error:
            mend = "change webhook_port or webhook_host under [telegram]"
            raise _CannotListen(f"Cannot listen on {host}:{port} ({error.strerror or error}); {mend}") from error
        listener.setblocking(False)
        return listener
