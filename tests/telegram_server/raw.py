"""Calls without a client library."""

from typing import Any

import aiohttp

from tests.servers.telegram import TelegramServer


async def raw(server: TelegramServer, method: str, body: Any, token: str = "") -> tuple[int, Any]:
    """Call a method with a JSON body and no client library."""
    url = f"{server.base_url}{token or server.token}/{method}"
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
        return answer.status, await answer.json()
