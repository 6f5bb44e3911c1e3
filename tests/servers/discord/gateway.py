"""The gateway: sessions, heartbeats, dispatches, resuming, and its failures."""

import asyncio
import json
import secrets
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from . import payloads
from .clock import Changes
from .world import Channel, World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT = 0, 1, 2, 3, 4, 6, 7
REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 8, 9, 10, 11
OTHER_REQUESTS = (PRESENCE, VOICE, 31, 43)

UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED, ALREADY_AUTHENTICATED = (
    4001,
    4002,
    4003,
    4004,
    4005,
)
INVALID_SEQUENCE, INVALID_VERSION, INVALID_INTENTS, DISALLOWED_INTENTS = 4007, 4012, 4013, 4014

GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 0, 1 << 9, 1 << 12, 1 << 15
PRIVILEGED = (1 << 1) | (1 << 8) | MESSAGE_CONTENT
KNOWN_INTENTS = (1 << 26) - 1


class RefusedError(Exception):
    """Close a connection with one of the gateway's codes."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Connection:
    """One WebSocket, compressed the way its client asked for."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self._transport = request.transport
        self._deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None

    async def send(self, op: int, data: Any = None, *, sequence: int | None = None, event: str | None = None) -> None:
        """Send one payload; a closed connection swallows it."""
        text = json.dumps({"op": op, "d": data, "s": sequence, "t": event})
        with suppress(ConnectionError):
            if self._deflate:
                frame = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                await self.socket.send_bytes(frame)
            else:
                await self.socket.send_str(text)

    def cut(self) -> None:
        """Reset the connection without a closing frame."""
        if self._transport:
            self._transport.abort()


@dataclass(eq=False)
class Session:
    """What the gateway remembers of a client between its connections."""

    id: str
    intents: int
    shard: tuple[int, int]
    connection: Connection | None
    sequence: int = 0
    events: list[tuple[int, str, Any]] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def dispatch(self, event: str, data: Any) -> None:
        """Number an event, keep it for a replay, and send it if somebody listens."""
        async with self.lock:
            self.sequence += 1
            self.events.append((self.sequence, event, data))
            if self.connection:
                await self.connection.send(DISPATCH, data, sequence=self.sequence, event=event)

    async def resume(self, connection: Connection, after: int) -> None:
        """Send again what a client missed, then go on with it."""
        async with self.lock:
            for sequence, event, data in self.events[after:]:
                await connection.send(DISPATCH, data, sequence=sequence, event=event)
            self.connection = connection
        await self.dispatch("RESUMED", {"_trace": []})

    def wants(self, event: str, channel: Channel) -> bool:
        """Tell whether the client subscribed to an event of a channel."""
        if not event.startswith("MESSAGE_"):
            return True
        return bool(self.intents & (GUILD_MESSAGES if channel.guild else DIRECT_MESSAGES))

    def may_read(self, data: dict[str, Any], channel: Channel, bot_id: str) -> bool:
        """Tell whether the client sees a message's content."""
        author = data.get("author", {}).get("id")
        mentioned = any(person["id"] == bot_id for person in data.get("mentions", []))
        return bool(self.intents & MESSAGE_CONTENT) or not channel.guild or author == bot_id or mentioned


class Gateway:
    """Speak version 10 of the gateway protocol to any number of clients."""

    def __init__(self, world: World, changes: Changes, token: str) -> None:
        self._world = world
        self._changes = changes
        self._token = token
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[Connection] = set()
        self.url = ""
        self.heartbeat_interval_s = 41.25
        self.acknowledges_heartbeats = True
        self.allowed_privileged_intents = 0
        self.sessions: list[Session] = []
        self.identify_count = 0
        self.resume_count = 0
        self.heartbeat_count = 0

    @property
    def ready(self) -> bool:
        """Tell whether a client is connected and identified."""
        return any(session.connection for session in self.sessions)

    def announce(self, event: str, data: dict[str, Any], channel: Channel) -> None:
        """Send an event of a channel to the clients that may see it, in order, without waiting."""
        for session in self.sessions:
            if session.wants(event, channel):
                readable = session.may_read(data, channel, self._world.bot.id)
                hidden = {} if readable else {"content": "", "embeds": [], "components": [], "attachments": []}
                self._spawn(session.dispatch(event, data | hidden))

    def broadcast(self, event: str, data: dict[str, Any]) -> None:
        """Send an event to every client, in order, without waiting."""
        for session in self.sessions:
            self._spawn(session.dispatch(event, data))

    def interact(self, data: dict[str, Any]) -> None:
        """Send an interaction to the shard that owns its guild."""
        guild_id = int(data.get("guild_id", 0))
        for session in self.sessions:
            if (guild_id >> 22) % session.shard[1] == session.shard[0]:
                self._spawn(session.dispatch("INTERACTION_CREATE", data))

    async def reconnect(self) -> None:
        """Ask all clients to connect again and resume (op 7)."""
        for connection in self._detach():
            await connection.send(RECONNECT)

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Tell all clients that their session is invalid (op 9)."""
        connections = self._detach()
        if not resumable:
            self.sessions.clear()
        for connection in connections:
            await connection.send(INVALID_SESSION, resumable)

    async def close(self, code: int = 4000) -> None:
        """Close all connections with a code; 4000 lets clients resume."""
        await asyncio.gather(*(connection.socket.close(code=code) for connection in self._detach()))

    async def garble(self) -> None:
        """Send every client a frame that nothing can read, and forget its session."""
        connections = self._detach()
        self.sessions.clear()
        for connection in connections:
            await connection.socket.send_bytes(b"\x00\x01garbled\x00\x00\xff\xff")

    def cut(self) -> None:
        """Reset all connections without a closing frame."""
        for connection in self._detach():
            connection.cut()

    async def stop(self) -> None:
        """End everything."""
        sockets = [connection.socket for connection in self._connections]
        await asyncio.gather(*(socket.close(code=1001) for socket in sockets))
        for task in self._tasks:
            task.cancel()

    def _detach(self) -> list[Connection]:
        connections = [session.connection for session in self.sessions if session.connection]
        for session in self.sessions:
            session.connection = None
        self._changes.notify()
        return connections

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection from HELLO to its end."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        connection = Connection(socket, request)
        self._connections.add(connection)
        try:
            await self._converse(connection, request)
        except RefusedError as refusal:
            await socket.close(code=refusal.code, message=refusal.reason.encode())
        finally:
            self._connections.discard(connection)
            self._forget(connection)
        return socket

    async def _converse(self, connection: Connection, request: web.Request) -> None:
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            raise RefusedError(INVALID_VERSION, "Invalid API version")
        await connection.send(HELLO, {"heartbeat_interval": int(self.heartbeat_interval_s * 1000)})
        async for frame in connection.socket:
            if frame.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                await self._answer(connection, _decode(frame.data))

    async def _answer(self, connection: Connection, payload: dict[str, Any]) -> None:
        op, data = payload.get("op"), payload.get("d")
        if op == HEARTBEAT:
            await self._acknowledge(connection)
        elif op == IDENTIFY:
            await self._identify(connection, data)
        elif op == RESUME:
            await self._resume(connection, data)
        elif not self._session_of(connection):
            raise RefusedError(NOT_AUTHENTICATED, "Not authenticated")
        elif op == REQUEST_MEMBERS:
            await self._list_members(connection, data)
        elif op not in OTHER_REQUESTS:
            raise RefusedError(UNKNOWN_OPCODE, "Unknown opcode")

    async def _acknowledge(self, connection: Connection) -> None:
        self.heartbeat_count += 1
        if self.acknowledges_heartbeats:
            await connection.send(HEARTBEAT_ACK)

    async def _identify(self, connection: Connection, data: dict[str, Any]) -> None:
        self._check_token(data)
        if self._session_of(connection):
            raise RefusedError(ALREADY_AUTHENTICATED, "Already authenticated")
        intents = data.get("intents", 0)
        if not 0 <= intents <= KNOWN_INTENTS:
            raise RefusedError(INVALID_INTENTS, "Invalid intent(s)")
        if intents & PRIVILEGED & ~self.allowed_privileged_intents:
            raise RefusedError(DISALLOWED_INTENTS, "Disallowed intent(s)")
        self.identify_count += 1
        session = Session(secrets.token_hex(16), intents, tuple(data.get("shard", (0, 1))), connection)
        await session.dispatch("READY", self._ready_data(session, data))
        for guild in list(self._world.guilds.values()):
            await session.dispatch("GUILD_CREATE", payloads.guild(guild, self._world.bot))
        self.sessions.append(session)
        self._changes.notify()

    def _ready_data(self, session: Session, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "v": 10,
            "user": payloads.own_user(self._world.bot),
            "guilds": [{"id": guild_id, "unavailable": True} for guild_id in self._world.guilds],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "application": {"id": self._world.bot.id, "flags": 0},
            "private_channels": [],
            "session_type": "normal",
            **({"shard": data["shard"]} if "shard" in data else {}),
        }

    async def _resume(self, connection: Connection, data: dict[str, Any]) -> None:
        self._check_token(data)
        session = next((known for known in self.sessions if known.id == data.get("session_id")), None)
        if not session:
            await connection.send(INVALID_SESSION, False)
            return
        if not 0 <= (data.get("seq") or 0) <= session.sequence:
            raise RefusedError(INVALID_SEQUENCE, "Invalid seq")
        self.resume_count += 1
        await session.resume(connection, data.get("seq") or 0)
        self._changes.notify()

    async def _list_members(self, connection: Connection, data: dict[str, Any]) -> None:
        guild = self._world.guilds[str(data["guild_id"])]
        bot = {**payloads.member(self._world.bot, guild), "user": payloads.user(self._world.bot)}
        chunk = {"guild_id": guild.id, "members": [bot], "chunk_index": 0, "chunk_count": 1}
        nonce = {"nonce": data["nonce"]} if "nonce" in data else {}
        session = self._session_of(connection)
        assert session
        await session.dispatch("GUILD_MEMBERS_CHUNK", chunk | nonce)

    def _check_token(self, data: dict[str, Any]) -> None:
        if data.get("token", "") != self._token:
            raise RefusedError(AUTHENTICATION_FAILED, "Authentication failed")

    def _session_of(self, connection: Connection) -> Session | None:
        return next((session for session in self.sessions if session.connection is connection), None)

    def _forget(self, connection: Connection) -> None:
        session = self._session_of(connection)
        if session:
            session.connection = None
            # A client that closes with 1000 or 1001 ends its session; everything else may be resumed.
            if connection.socket.close_code in (1000, 1001):
                self.sessions.remove(session)
        self._changes.notify()


def _decode(data: str | bytes) -> dict[str, Any]:
    try:
        payload = json.loads(data)
    except ValueError:
        payload = None
    if not isinstance(payload, dict):
        raise RefusedError(DECODE_ERROR, "Error while decoding payload")
    return payload
