"""A small client with one of everything that the server's conformance tests need."""

import asyncio
import io
from collections.abc import Awaitable, Callable

import discord
from discord import app_commands
from PIL import Image

from tests.servers.discord import DiscordServer


def png(color: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), color).save(buffer, "PNG")
    return buffer.getvalue()


class Bot(discord.Client):
    """A small bot with one of everything the tests need."""

    def __init__(self) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.05,
            max_ratelimit_timeout=30,
        )
        self.tree = app_commands.CommandTree(self)
        self.tree.error(self.remember)
        self.imagined: Callable[[discord.Interaction], Awaitable[object]] = self.draw
        self.errors: asyncio.Queue[Exception] = asyncio.Queue()
        self.seen: dict[str, object] = {}
        self._declare()

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def remember(self, interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        self.errors.put_nowait(getattr(error, "original", error))

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify at once: the library's five seconds spare a real gateway only."""

    async def draw(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Again", custom_id="again:1"))
        embed = discord.Embed(title="red").set_image(url="attachment://red.png")
        file = discord.File(io.BytesIO(png()), "red.png", description="a red picture")
        await interaction.edit_original_response(content="done", embed=embed, attachments=[file], view=view)

    def _declare(self) -> None:
        @self.tree.command(description="Draw")
        @app_commands.describe(prompt="What", seed="Which", image="From what", model="By whom")
        async def imagine(
            interaction: discord.Interaction,
            prompt: app_commands.Range[str, 1, 100],
            seed: int = -1,
            image: discord.Attachment | None = None,
            model: str = "demo",
        ) -> None:
            self.seen = {"prompt": prompt, "seed": seed, "image": image and await image.read(), "from": interaction}
            await self.imagined(interaction)

        @imagine.autocomplete("model")
        async def suggest(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=name, value=name) for name in ("demo", "large") if typed in name]

        @self.tree.context_menu(name="Show parameters")
        async def show(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.send_message(message.content, ephemeral=True)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if interaction.type is discord.InteractionType.component:
            if interaction.data["custom_id"] == "again:1":
                await interaction.response.defer()
                await interaction.followup.send("again")
            else:
                await interaction.response.send_modal(Form(self))


class Form(discord.ui.Modal, title="Inpaint"):
    """A form with words and a file."""

    words = discord.ui.Label(text="Words", component=discord.ui.TextInput(custom_id="words"))
    mask = discord.ui.Label(text="Mask", component=discord.ui.FileUpload(custom_id="mask", max_values=2))

    def __init__(self, bot: Bot) -> None:
        super().__init__(custom_id="inpaint")
        self.bot = bot

    async def on_submit(self, interaction: discord.Interaction) -> None:
        (mask,) = self.mask.component.values
        self.bot.seen = {"words": self.words.component.value, "mask": await mask.read()}
        await interaction.response.send_message("painted")


async def late(server: DiscordServer, interaction: discord.Interaction) -> None:
    server.clock.advance(3.5)
    await interaction.response.defer()


async def twice(server: DiscordServer, interaction: discord.Interaction) -> None:
    await interaction.response.defer()
    interaction.response._response_type = None
    await interaction.response.defer()


async def followup_first(server: DiscordServer, interaction: discord.Interaction) -> None:
    await interaction.followup.send("too early")


async def expired(server: DiscordServer, interaction: discord.Interaction) -> None:
    await interaction.response.defer()
    server.clock.advance(15 * 60)
    await interaction.edit_original_response(content="too late")


async def empty(server: DiscordServer, interaction: discord.Interaction) -> None:
    await interaction.channel.send("")


async def long(server: DiscordServer, interaction: discord.Interaction) -> None:
    await interaction.response.send_message("x" * 2001)


async def large(server: DiscordServer, interaction: discord.Interaction) -> None:
    server.upload_limit_bytes = 10
    await interaction.response.defer()
    await interaction.edit_original_response(attachments=[discord.File(io.BytesIO(png()), "red.png")])


async def silenced(server: DiscordServer, interaction: discord.Interaction) -> None:
    server.world.channel(str(interaction.channel_id)).bot_may_send = False
    await interaction.channel.send("hello")


async def lost(server: DiscordServer, interaction: discord.Interaction) -> None:
    await interaction.channel.fetch_message(1)
