"""The methods that change or remove messages."""

from dataclasses import replace
from typing import Any

from .contents import read_caption, read_captions, read_inline_keyboard, read_media, read_text
from .errors import bad_request
from .messages import Content, Message
from .params import Params
from .world import World

UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
# For two days a message can be deleted: https://core.telegram.org/bots/api#deletemessage
DELETABLE_S = 48 * 60 * 60


class Editing:
    """The methods that change or remove messages, named as the Bot API names them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def edit_message_text(self, params: Params) -> dict[str, Any]:
        """Change the text of a text message."""
        message = self._editable(params)
        if message.content.has_media:
            raise bad_request("there is no text in the message to edit")
        return self._edited(message, replace(read_text(params), reply_markup=read_inline_keyboard(params)))

    def edit_message_caption(self, params: Params) -> dict[str, Any]:
        """Change the caption of a photo or document."""
        message = self._editable(params)
        if not message.content.has_media:
            raise bad_request("there is no caption in the message to edit")
        keyboard = read_inline_keyboard(params)
        return self._edited(
            message, replace(message.content, **read_caption(read_captions(params)), reply_markup=keyboard)
        )

    def edit_message_media(self, params: Params) -> dict[str, Any]:
        """Replace a text or a medium with a photo or document."""
        message = self._editable(params)
        keyboard = read_inline_keyboard(params)
        media = params.decoded("media") or {}
        return self._edited(message, read_media(self._world, params, media, reply_markup=keyboard))

    def edit_message_reply_markup(self, params: Params) -> dict[str, Any]:
        """Change the inline keyboard only."""
        message = self._editable(params)
        return self._edited(message, replace(message.content, reply_markup=read_inline_keyboard(params)))

    def delete_message(self, params: Params) -> bool:
        """Remove a message of the bot, or in private chats any."""
        message = self._message(params, "message to delete not found")
        own = message.sender is self._world.bot
        if not own and not message.chat.is_private and not message.chat.bot_is_admin:
            raise bad_request("message can't be deleted")
        if self._world.now() - message.date > DELETABLE_S and not message.chat.bot_is_admin:
            raise bad_request("message can't be deleted for everyone")
        return self._delete([message])

    def delete_messages(self, params: Params) -> bool:
        """Remove several messages; those that are gone are passed over."""
        chat = self._world.writable_chat(params.values.get("chat_id"))
        numbers = set(params.decoded("message_ids") or [])
        return self._delete([message for message in chat.messages if message.message_id in numbers])

    def _delete(self, messages: list[Message]) -> bool:
        for message in messages:
            message.deleted = True
        self._world.changes.ring()
        return True

    def _message(self, params: Params, missing: str) -> Message:
        chat = self._world.writable_chat(params.values.get("chat_id"))
        return self._world.message(chat, params.integer("message_id"), missing)

    def _editable(self, params: Params) -> Message:
        """Return the bot's own message, without a reply keyboard: others cannot be edited."""
        message = self._message(params, "message to edit not found")
        markup = message.contents[0].reply_markup
        if message.sender is not self._world.bot or (markup and "inline_keyboard" not in markup):
            raise bad_request("message can't be edited")
        return message

    def _edited(self, message: Message, content: Content) -> dict[str, Any]:
        if content == message.content:
            raise bad_request(UNCHANGED)
        message.contents.append(content)
        self._world.changes.ring()
        return message.payload()
