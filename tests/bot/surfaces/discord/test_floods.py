"""Whoever presses faster than people do is told so once, and nobody else waits."""

from bot.rules.pace import PER_S
from bot.surfaces.discord.attending import AT_ONCE

FLOOD = 100


def told(presses):
    words = f"more than {PER_S:.0f} things a second"
    return [press.original for press in presses if press.original and words in press.original.text]


async def test_what_one_person_presses_too_fast_is_left_out_and_another_is_answered(server, bot, paced):
    async with bot.running():
        message = await bot.draw()
        presses = [await bot.press(message, "Parameters") for _ in range(FLOOD)]
        asked = await bot.imagine(user=server.add_user("bob"))
        await asked.acknowledged()
        await server.changes.until(lambda: told(presses), 5.0, "a sentence for who is too fast")
        await bot.ended()
    [sentence] = told(presses)
    assert sentence.ephemeral
    assert AT_ONCE <= sum(press.acknowledgement is not None for press in presses) < FLOOD
