"""A chat keeps what its person has not seen, and no more than it must of the rest."""

import asyncio

import pytest

from bot.surfaces.web.chats import CHATS_KEPT, MESSAGES_KEPT, UNTAKEN_KEPT, Chat, Chats, Message


async def test_what_no_page_has_taken_is_kept_however_much_follows():
    chat = Chat()
    first = chat.put(Message("first", "assistant", "a picture"))
    for number in range(MESSAGES_KEPT + 5):
        chat.put(Message(str(number), "user", "words"))
    assert chat.messages[0].key == "first"
    chat.take(chat.revision)
    await chat.until_taken(first)
    chat.put(Message("last", "user", "words"))
    assert len(chat.messages) == MESSAGES_KEPT


async def test_a_chat_that_no_page_looks_at_keeps_only_what_is_awaited():
    chat = Chat()
    picture = asyncio.create_task(chat.until_taken(chat.put(Message("picture", "assistant", "a picture"))))
    await asyncio.sleep(0)
    for number in range(2 * UNTAKEN_KEPT):
        chat.put(Message(str(number), "user", "words"))
    assert len(chat.messages) == UNTAKEN_KEPT + 1
    assert chat.messages[0].key == "picture"
    chat.take(chat.revision)
    await picture


async def test_a_page_cannot_take_what_it_was_never_shown():
    chat = Chat()
    revision = chat.put(Message("first", "assistant", "a picture"))
    chat.take(revision + 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(chat.until_taken(revision), 0.05)


async def test_the_longest_unused_chat_makes_room_unless_something_waits_in_it():
    chats = Chats()
    waiting = asyncio.create_task(chats["waiting"].until_taken(chats["waiting"].put(Message("a", "assistant", "b"))))
    chats["idle"].put(Message("a", "user", "b"))
    await asyncio.sleep(0)
    for number in range(CHATS_KEPT - 1):
        chats[str(number)].put(Message("a", "user", "b"))
    assert chats["waiting"].messages
    assert not chats["idle"].messages
    waiting.cancel()
