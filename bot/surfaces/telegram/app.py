"""Telegram as one of the service's surfaces: messages in, messages out."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack

import structlog
from telegram.error import Conflict, InvalidToken, TelegramError
from telegram.ext import Updater

from bot import config
from bot.service.service import Service
from bot.surface import Load
from bot.surfaces.telegram.address import SURFACE
from bot.surfaces.telegram.connection import App, build, quiet
from bot.surfaces.telegram.delivery import Delivery, remove
from bot.surfaces.telegram.handlers import Handlers, on_error
from bot.surfaces.telegram.menus import introduce
from engine.jobs import Job

log = structlog.get_logger()

RETRY_FIRST_S = 1.0
RETRY_LONGEST_S = 60.0
# What is handled; Telegram keeps everything else back.
UPDATES = ("message", "callback_query")


class _CannotListen(Exception):
    """Say which address the webhook cannot have."""


class TelegramApp:
    """Serve one bot account, by long polling or, where `webhook_url` is set, by a webhook."""

    name = SURFACE
    # Telegram asks for at most 20 messages a minute in a group, and counts edits.
    progress_interval_s = 3.0
    confirms_masks = True

    def __init__(self, settings: config.Telegram, service: Service) -> None:
        quiet()
        self._settings = settings
        self._app = build(settings)
        self._app.add_handlers(Handlers(self._app.bot, service).build())
        self._app.add_error_handler(on_error)
        self._delivery = Delivery(self._app.bot, service)
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
        await _log_in(self._app)
        stack.push_async_callback(self._app.shutdown)
        # Beside everything else: Telegram may want minutes between changes, and nobody should wait for a menu.
        introducing = asyncio.create_task(introduce(self._app.bot))
        stack.callback(introducing.cancel)
        await self._app.start()
        stack.push_async_callback(self._app.stop)
        self._online.set()
        stack.callback(self._online.clear)
        await self._receive(stack)

    async def _receive(self, stack: AsyncExitStack) -> None:
        updater: Updater = self._app.updater  # type: ignore[assignment]  # the builder makes one
        listener = stack.enter_context(self._bind()) if self._settings.webhook_url else None
        stack.push_async_callback(_stop, updater)
        await (self._listen(updater, listener) if listener else _poll(updater))
        log.info("telegram_ready", username=self._app.bot.username, webhook=bool(listener))
        await _ended(updater)

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

    async def _listen(self, updater: Updater, listener: socket.socket) -> None:
        """Serve the path of `webhook_url` on `listener`; whatever stands in front forwards it unchanged."""
        url, secret = self._settings.webhook_url, self._settings.webhook_secret
        await updater.start_webhook(
            unix=listener,  # named after the other kind of socket, it takes this one too
            url_path=(url and url.path) or "/",
            webhook_url=str(url),
            secret_token=secret.get_secret_value() if secret else None,
            bootstrap_retries=-1,
            drop_pending_updates=False,
            allowed_updates=UPDATES,
        )


async def _poll(updater: Updater) -> None:
    await updater.start_polling(
        bootstrap_retries=-1, drop_pending_updates=False, allowed_updates=UPDATES, error_callback=_on_poll_error
    )


def _on_poll_error(error: TelegramError) -> None:
    if isinstance(error, Conflict):
        log.error("telegram_conflict", hint="Another process polls with the same token; stop one of the two")
    else:
        log.warning("telegram_unreachable", error=type(error).__name__, reason=error.message)


async def _log_in(app: App) -> None:
    """Log in, trying until the network is there; raise `InvalidToken` where the token is refused."""
    wait_s = RETRY_FIRST_S
    while True:
        try:
            return await app.initialize()
        except InvalidToken:
            raise
        except TelegramError as error:
            log.warning("telegram_unreachable", error=type(error).__name__, reason=error.message, again_in_s=wait_s)
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, RETRY_LONGEST_S)


async def _ended(updater: Updater) -> None:
    """Wait until polling ends, which only a token refused in the middle brings about; a webhook never ends by itself.

    Raises `InvalidToken`.
    """
    poller: asyncio.Task[None] | None = updater._Updater__polling_task  # type: ignore[attr-defined]  # has no public name
    if poller is None:
        await asyncio.Event().wait()
    else:
        await asyncio.wait({poller})
        poller.result()


async def _stop(updater: Updater) -> None:
    # A start that was cancelled half-way leaves the updater running too, and PTB refuses to shut such a one down.
    if updater.running:
        await updater.stop()
