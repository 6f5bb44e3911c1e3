"""The Discord server that tests hold: its life cycle, and what people do on it."""

import asyncio
import base64
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from . import commands as declared
from . import payloads
from .clock import Changes, Clock
from .commands import CHAT_INPUT, Commands, OptionValue
from .faults import Faults
from .gateway import Gateway
from .interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Interaction, Interactions, Modal
from .messages import Form, Messages
from .options import command_data, modal_data
from .rest import API, CDN, Recorded, Rest
from .spec import Spec, configured_spec
from .world import BUTTON, Channel, Guild, Message, Upload, User, World

USER_MENU, MESSAGE_MENU = 2, 3
READY_WITHIN_S = 10.0


class DiscordServer:
    """Speak Discord's gateway and REST protocols on 127.0.0.1; play the people on it."""

    def __init__(self, *, spec: Spec | None = None, port: int = 0) -> None:
        self._port = port
        self._runner: web.AppRunner | None = None
        self.clock = Clock()
        self.changes = Changes()
        self.faults = Faults()
        self.world = World(self.clock, self.changes, self._introduce)
        self.application_id = self.world.bot.id
        first = base64.urlsafe_b64encode(self.application_id.encode()).decode().rstrip("=")
        self.token = f"{first}.Gtest1.{'x' * 38}"
        self.gateway = Gateway(self.world, self.changes, self.token)
        self.commands = Commands(self.world)
        self._messages = Messages(self.world, self.gateway.announce)
        self._interactions = Interactions(self.world, self._messages)
        self._rest = Rest(
            self.world,
            self.commands,
            self._messages,
            self._interactions,
            self.faults,
            spec or configured_spec(),
            self.token,
        )

    async def __aenter__(self) -> Self:
        app = self._rest.application(self.gateway.handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        address = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self.api_base = f"http://{address}{API}"
        self.cdn_base = self.world.cdn_base = f"http://{address}{CDN}"
        self.gateway_url = self.gateway.url = self._rest.gateway_url = f"ws://{address}/"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.gateway.stop()
        assert self._runner
        await self._runner.cleanup()

    @property
    def requests(self) -> list[Recorded]:
        """List all requests the client made, in order."""
        return self._rest.requests

    @property
    def spec_errors(self) -> list[str]:
        """List where the traffic left Discord's specification (empty without one)."""
        return self._rest.spec_errors

    @property
    def upload_limit_bytes(self) -> int:
        """Hold the largest accepted file, which interactions announce."""
        return self._messages.upload_limit_bytes

    @upload_limit_bytes.setter
    def upload_limit_bytes(self, limit: int) -> None:
        self._messages.upload_limit_bytes = limit

    def add_user(self, name: str = "ada", *, locale: str = "en-US") -> User:
        """Add a person."""
        return self.world.add_user(name, locale=locale)

    def add_guild(self, name: str = "studio", *, locale: str = "en-US") -> Guild:
        """Add a guild that has invited the bot."""
        return self.world.add_guild(name, locale=locale)

    def dm(self, user: User) -> Channel:
        """Return the direct conversation between a person and the bot."""
        return self.world.dm(user)

    async def ready(self, timeout: float = READY_WITHIN_S) -> None:
        """Wait until a client is connected to the gateway and identified."""
        await self.changes.until(lambda: self.gateway.ready, timeout, "a client at the gateway")

    async def requested(self, method: str, path_end: str, timeout: float = 5.0) -> Recorded:
        """Wait for an answered request by its method and the end of its path."""

        def found() -> Recorded | None:
            fitting = (one for one in self.requests if one.method == method and one.path.endswith(path_end))
            return next((one for one in fitting if one.status), None)

        return await self.changes.until(found, timeout, f"{method} {path_end}")

    async def slash(
        self,
        name: str,
        options: dict[str, OptionValue] | None = None,
        *,
        user: User,
        channel: Channel,
        validate: bool = True,
        wait_ready: bool = True,
    ) -> Interaction:
        """Use a slash command ("name" or "name subcommand"), as far as the client declared it."""
        await self._wait(wait_ready)
        data = await self._command_data(name, options or {}, channel, validate=validate)
        return self._send(COMMAND, data, user, channel)

    async def autocomplete(
        self, name: str, options: dict[str, OptionValue], *, focused: str, user: User, channel: Channel
    ) -> Interaction:
        """Type into an option that offers suggestions."""
        await self._wait()
        data = await self._command_data(name, options, channel, focused=focused)
        return self._send(AUTOCOMPLETE, data, user, channel)

    async def message_menu(self, name: str, message: Message, *, user: User) -> Interaction:
        """Choose an app's entry in a message's context menu."""
        await self._wait()
        command = await self._declared(name, MESSAGE_MENU, message.channel)
        resolved = {"messages": {message.id: payloads.message(message)}}
        data = self._menu_data(command, message.id, resolved)
        return self._send(COMMAND, data, user, message.channel)

    async def user_menu(self, name: str, target: User, *, user: User, channel: Channel) -> Interaction:
        """Choose an app's entry in a person's context menu."""
        await self._wait()
        command = await self._declared(name, USER_MENU, channel)
        resolved: dict[str, Any] = {"users": {target.id: payloads.user(target)}}
        if channel.guild:
            member = {**payloads.member(target, channel.guild), "permissions": payloads.PERMISSIONS}
            resolved["members"] = {target.id: member}
        return self._send(COMMAND, self._menu_data(command, target.id, resolved), user, channel)

    async def press(self, message: Message, custom_id: str, user: User) -> Interaction:
        """Press a button of a message; a missing or disabled one raises LookupError."""
        return await self._use(message, custom_id, user, [])

    async def select(self, message: Message, custom_id: str, values: Sequence[str], user: User) -> Interaction:
        """Choose values in a select menu of a message."""
        return await self._use(message, custom_id, user, list(values))

    async def submit(self, modal: Modal, values: dict[str, str | list[str] | list[Upload]]) -> Interaction:
        """Fill in a form and send it, as the person who was asked to."""
        await self._wait()
        origin = modal.interaction
        data = modal_data(self.world, modal, values)
        return self._send(MODAL_SUBMIT, data, origin.user, origin.channel, source=origin.source, triggered_by=origin)

    async def say(
        self, channel: Channel, user: User, content: str = "", files: Sequence[Upload] = (), *, wait_ready: bool = True
    ) -> Message:
        """Write an ordinary message."""
        await self._wait(wait_ready)
        numbered = {str(index): upload for index, upload in enumerate(files)}
        return self._messages.create(channel, user, Form({"content": content}, numbered))

    async def _wait(self, wanted: bool = True) -> None:
        if wanted:
            await self.ready()

    async def _use(self, message: Message, custom_id: str, user: User, values: list[str]) -> Interaction:
        await self._wait()
        part = message.component(custom_id)
        if part.get("disabled"):
            raise LookupError(f"the component {custom_id!r} is disabled")
        data = {"custom_id": custom_id, "component_type": part["type"], "id": part["id"]}
        extra = {"values": values} if part["type"] != BUTTON else {}
        return self._send(COMPONENT, data | extra, user, message.channel, source=message)

    async def _declared(self, name: str, kind: int, channel: Channel) -> dict[str, Any]:
        wanted = f"the client to declare the command {name!r}"
        return await self.changes.until(lambda: self.commands.find(name, kind, channel), READY_WITHIN_S, wanted)

    async def _command_data(
        self,
        path: str,
        options: dict[str, OptionValue],
        channel: Channel,
        *,
        focused: str | None = None,
        validate: bool = True,
    ) -> dict[str, Any]:
        name, *subcommands = path.split()
        if not validate:
            command = self.commands.find(name, CHAT_INPUT, channel) or {"id": self.world.ids.next(), "name": name}
            return command_data(self.world, command, subcommands, options, channel, focused)
        command = await self._declared(name, CHAT_INPUT, channel)
        if focused is None:
            declared.check_values(declared.descend(command, subcommands), options)
        return command_data(self.world, command, subcommands, options, channel, focused)

    def _menu_data(self, command: dict[str, Any], target_id: str, resolved: dict[str, Any]) -> dict[str, Any]:
        named = {"id": command["id"], "name": command["name"], "type": command["type"]}
        return named | {"target_id": target_id, "resolved": resolved}

    def _send(self, kind: int, data: dict[str, Any], user: User, channel: Channel, **origin: Any) -> Interaction:
        interaction = self._interactions.start(kind, data, user, channel, **origin)
        self.gateway.interact(interaction.payload)
        return interaction

    def _introduce(self, new: Guild | Channel) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        if isinstance(new, Guild):
            self.gateway.broadcast("GUILD_CREATE", payloads.guild(new, self.world.bot))
        else:
            self.gateway.broadcast("CHANNEL_CREATE", payloads.channel(new))
