"""Show what results look like on Discord and Telegram: python -m tools.mockups (it needs chromium).

The real bot draws with the embedded model for the test servers; what they recorded is laid out as the apps would.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

from PIL import Image, ImageDraw
from playwright.async_api import Browser, async_playwright

from tests.servers.discord import DiscordServer, Upload
from tests.servers.discord import Message as DiscordMessage
from tests.servers.telegram import TelegramServer
from tests.servers.telegram.chats import Chat
from tests.whole.whole_bot import START_S, WholeBot, discord_settings, environment, telegram_settings
from tools.mockup_pages import Asked, discord_page, telegram_page
from tools.screenshots import ARGUMENTS, FOLDER, chromium, smaller

PROMPT = "a big red circle on a yellow background"
REPAINT = "a blue star on a yellow background"
PERSON = "Ada"
# The width of the window in pixels, and how many of the screen's make one.
LOOKS = {"": (720, 1.0), "-phone": (390, 1.5)}
# A bot without buttons or masks is drawn without them.
PATIENCE_S, MASK_PATIENCE_S, CALM_S = 120.0, 30.0, 4.0
STROKE = "#00c853"
T = TypeVar("T")


async def main() -> None:
    """Write every picture."""
    async with async_playwright() as playwright, DiscordServer() as discord, TelegramServer() as telegram:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        with tempfile.TemporaryDirectory(prefix="mockups-") as folder:
            root, settings = Path(folder), {**discord_settings(discord), **telegram_settings(telegram)}
            own = environment(root / "store", root, web__enabled="false", **settings)
            async with WholeBot(("run",), own, root / "bot.log"):
                await discord.ready(timeout=START_S)
                await on_discord(discord, browser)
                await on_telegram(telegram, browser)
        await browser.close()


async def on_discord(server: DiscordServer, browser: Browser) -> None:
    """Ask for pictures and for a repaint in a channel, and photograph the answers."""
    channel, ada = server.add_guild().add_channel(), server.add_user(PERSON)
    results = []
    for count in (4, 1):
        options = {"prompt": PROMPT, "count": count, "seed": 7}
        interaction = await server.slash("imagine", options, user=ada, channel=channel)
        results.append(await interaction.message(lambda message: message.attachments, timeout=PATIENCE_S))
    await _photograph(browser, "discord-result", discord_page(Asked(PERSON, "imagine"), results[0]))
    photo = results[1].attachments[0].data
    sent = {"image": Upload("photo.png", photo), "mask": Upload("painted.png", painted(photo)), "prompt": REPAINT}
    interaction = await server.slash("inpaint", dict(sent), user=ada, channel=channel)

    def asks(message: DiscordMessage) -> bool:
        return any((button.custom_id or "").rpartition("go:")[1] for button in message.buttons)

    if found := await _in_time(interaction.message(asks, timeout=MASK_PATIENCE_S), "Discord"):
        await _photograph(browser, "discord-mask", discord_page(Asked(PERSON, "inpaint"), found))


async def on_telegram(server: TelegramServer, browser: Browser) -> None:
    """Ask for a picture in a private chat, paint over it and send it back, and photograph the chat."""
    person = server.add_user(PERSON)
    chat = server.private_chat(person)
    await chat.send(f"/imagine {PROMPT} --seed 7", sender=person)
    result = await chat.wait(lambda message: message.photo or message.document, timeout_s=PATIENCE_S)
    await asyncio.sleep(CALM_S)
    await _photograph(browser, "telegram-result", telegram_page(shown(chat)))
    photo = result.photo or result.document or b""
    asked = await chat.send(photo=painted(photo), caption=f"/inpaint {REPAINT}", sender=person, reply_to=result)
    confirms = chat.wait(
        lambda it: any(key.startswith("go:") for key in it.buttons.values()), timeout_s=MASK_PATIENCE_S
    )
    if await _in_time(confirms, "Telegram"):
        later = [message for message in shown(chat) if message.message_id >= asked.message_id]
        await _photograph(browser, "telegram-mask", telegram_page(later))


def shown(chat: Chat) -> list:
    """List what the chat shows, without what was deleted."""
    return [message for message in chat.messages if not message.deleted]


def painted(photo: bytes) -> bytes:
    """Paint over the middle of a picture, as with a phone's own pencil."""
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    width, height = image.size
    box = (width * 0.25, height * 0.25, width * 0.75, height * 0.75)
    ImageDraw.Draw(image).ellipse(box, fill=STROKE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


async def _in_time(waiting: Awaitable[T], where: str) -> T | None:
    try:
        return await waiting
    except (TimeoutError, AssertionError):
        print(f"{where} showed no mask to confirm: left out")
        return None


async def _photograph(browser: Browser, name: str, page: str) -> None:
    """Write a page as seen on a desktop, NAME.png, and on a phone, NAME-phone.png."""
    for suffix, (width, scale) in LOOKS.items():
        opened = await browser.new_page(viewport={"width": width, "height": 200}, device_scale_factor=scale)
        await opened.set_content(page)
        data = smaller(await opened.screenshot(full_page=True))
        (FOLDER / f"{name}{suffix}.png").write_bytes(data)
        print(f"{FOLDER / name}{suffix}.png  {len(data):,} bytes")
        await opened.close()


if __name__ == "__main__":
    asyncio.run(main())
