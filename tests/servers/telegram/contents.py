"""What a request wants shown: words, media and keyboards, refused where Telegram refuses them."""

from typing import Any

from .chats import CAPTION_LENGTH, TEXT_LENGTH, Chat
from .entities import Entity, detect, parse, utf16_length
from .errors import bad_request
from .messages import Content, Message
from .params import Params
from .world import World

CALLBACK_BYTES = 64
BUTTON_ACTIONS = {"url", "callback_data", "web_app", "login_url", "switch_inline_query", "copy_text"} | {
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "callback_game",
    "pay",
}


def read_text(params: Params) -> Content:
    """Return the text a request carries, 1 to 4096 characters."""
    text, entities = _words(params.text("text"), params.text("parse_mode"), params.decoded("entities"))
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > TEXT_LENGTH:
        raise bad_request("message is too long")
    return Content(text=text, entities=entities, reply_markup=read_keyboard(params))


def read_caption(item: dict[str, Any]) -> dict[str, Any]:
    """Return the caption of a request or of an InputMedia, as fields of a Content."""
    entities = item.get("caption_entities")
    caption, found = _words(str(item.get("caption") or ""), str(item.get("parse_mode") or ""), entities)
    if utf16_length(caption) > CAPTION_LENGTH:
        raise bad_request("message caption is too long")
    return {"caption": caption, "entities": found}


def read_media(world: World, params: Params, item: dict[str, Any], **fields: Any) -> Content:
    """Return an InputMediaPhoto, InputMediaDocument or InputMediaAnimation, uploaded or known by its file id."""
    kind, reference = item.get("type"), item.get("media")
    source = params.source(reference, str(kind))
    resent = isinstance(source, str)
    fields |= read_caption(item)
    spoiler = str(item.get("has_spoiler")).lower() == "true"
    if kind == "photo":
        sizes = world.files.photo(source) if resent else world.files.add_photo(source.data)
        return Content(sizes=sizes, spoiler=spoiler, **fields)
    if kind == "document":
        return Content(file=world.files.document(source) if resent else world.files.add_document(source), **fields)
    if kind == "animation":
        moving = world.files.animation(source) if resent else world.files.add_animation(source)
        return Content(file=moving, animated=True, spoiler=spoiler, **fields)
    raise bad_request(f"can't parse InputMedia: type {kind} is unknown to this server")


def read_captions(params: Params) -> dict[str, Any]:
    """Return the caption fields of a request by their names in an InputMedia."""
    return {
        "caption": params.text("caption"),
        "parse_mode": params.text("parse_mode"),
        "caption_entities": params.decoded("caption_entities"),
        "has_spoiler": params.flag("has_spoiler"),
    }


def read_keyboard(params: Params) -> dict[str, Any] | None:
    """Return the reply markup of a request once each inline button is in order."""
    markup = params.decoded("reply_markup")
    for row in (markup or {}).get("inline_keyboard", []):
        for button in row:
            _refuse_bad_button(button)
    return markup or None


def read_inline_keyboard(params: Params) -> dict[str, Any] | None:
    """Return the reply markup of an edit, which may be an inline keyboard only."""
    markup = read_keyboard(params)
    if markup and "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    return markup if markup and any(markup["inline_keyboard"]) else None


def read_reply(world: World, chat: Chat, params: Params) -> Message | None:
    """Return the message a request replies to."""
    wanted = params.decoded("reply_parameters")
    if not wanted:
        return None
    missing = "message to be replied not found"
    standing = [it for it in chat.messages if it.message_id == wanted.get("message_id") and not it.deleted]
    if not standing and wanted.get("allow_sending_without_reply"):
        return None
    return world.message(chat, wanted.get("message_id"), missing)


def read_thread(chat: Chat, params: Params) -> int | None:
    """Return the topic a request posts to."""
    thread_id = params.integer("message_thread_id")
    if thread_id is not None and thread_id not in chat.topics:
        raise bad_request("message thread not found")
    return thread_id


def _words(text: str, parse_mode: str, given: list[Entity] | None) -> tuple[str, tuple[Entity, ...]]:
    plain, marked = (text, given) if given else parse(text, parse_mode)
    plain = plain.strip() if not marked else plain
    return plain, tuple(sorted([*marked, *detect(plain)], key=lambda entity: entity["offset"]))


def _refuse_bad_button(button: dict[str, Any]) -> None:
    if not button.get("text"):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    if len(BUTTON_ACTIONS & button.keys()) != 1:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
