"""The methods that post messages."""

from typing import Any

from .chats import Chat
from .contents import read_captions, read_keyboard, read_media, read_reply, read_text, read_thread
from .errors import bad_request
from .messages import Content
from .params import Params
from .world import World

ALBUM = range(2, 11)
ACTIONS = {"typing", "upload_photo", "upload_document", "upload_video", "upload_voice", "upload_video_note"} | {
    "record_video",
    "record_voice",
    "record_video_note",
    "choose_sticker",
    "find_location",
}


class Sending:
    """The methods that post messages, named as the Bot API names them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def send_message(self, params: Params) -> dict[str, Any]:
        """Post a text."""
        return self._post(params, read_text(params))

    def send_photo(self, params: Params) -> dict[str, Any]:
        """Post a photo, recompressed."""
        return self._post_media(params, "photo")

    def send_document(self, params: Params) -> dict[str, Any]:
        """Post a file, its bytes kept."""
        return self._post_media(params, "document")

    def send_animation(self, params: Params) -> dict[str, Any]:
        """Post an animation."""
        return self._post_media(params, "animation")

    def send_media_group(self, params: Params) -> list[dict[str, Any]]:
        """Post an album of 2 to 10 photos or documents."""
        chat = self._world.writable_chat(params.values.get("chat_id"))
        items = params.decoded("media") or []
        if len(items) not in ALBUM:
            raise bad_request("there must be 2-10 media items in an album")
        if len({item.get("type") for item in items}) > 1:
            raise bad_request("document can't be mixed with other media types")
        contents = [read_media(self._world, params, item) for item in items]
        album = str(self._world.next_id())
        return [self._posted(chat, params, content, media_group_id=album) for content in contents]

    def send_chat_action(self, params: Params) -> bool:
        """Show what the bot is doing."""
        chat = self._world.writable_chat(params.values.get("chat_id"))
        read_thread(chat, params)
        if params.text("action") not in ACTIONS:
            raise bad_request("wrong parameter action in request")
        chat.actions.append(params.text("action"))
        self._world.changes.ring()
        return True

    def _post_media(self, params: Params, kind: str) -> dict[str, Any]:
        reference = params.values.get(kind, f"attach://{kind}")
        item = read_captions(params) | {"type": kind, "media": reference}
        return self._post(params, read_media(self._world, params, item, reply_markup=read_keyboard(params)))

    def _post(self, params: Params, content: Content) -> dict[str, Any]:
        return self._posted(self._world.writable_chat(params.values.get("chat_id")), params, content)

    def _posted(self, chat: Chat, params: Params, content: Content, **album: str) -> dict[str, Any]:
        reply_to = read_reply(self._world, chat, params)
        thread_id = read_thread(chat, params)
        return chat.post(content, self._world.bot, reply_to=reply_to, thread_id=thread_id, **album).payload()
