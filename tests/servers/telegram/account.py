"""The methods about the bot itself, its updates, its chats and its files."""

import re
from typing import Any

from .chats import Chat, User
from .errors import bad_request
from .params import Params
from .updates import Webhook
from .world import World

COMMANDS_AT_MOST = 100
DESCRIPTIONS_AT_MOST = {"description": 512, "short_description": 120}
LONGEST_POLL_S = 50
GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
ADMIN_RIGHTS = ("can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members")
MORE_RIGHTS = ("can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories")


class Account:
    """The methods about the bot, named as the Bot API names them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._commands: dict[tuple[str, str], list[dict[str, str]]] = {}
        self._descriptions: dict[tuple[str, str], str] = {}

    def get_me(self, params: Params) -> dict[str, Any]:
        """Return the bot."""
        traits = {"can_join_groups": True, "can_read_all_group_messages": self._world.reads_all_group_messages}
        unable = ("supports_inline_queries", "can_connect_to_business", "has_main_web_app", "has_topics_enabled")
        return self._world.bot.payload() | traits | dict.fromkeys((*unable, "allows_users_to_create_topics"), False)

    async def get_updates(self, params: Params) -> list[dict[str, Any]]:
        """Return the next updates, waiting for them up to 50 seconds."""
        self._world.updates.allow(params.decoded("allowed_updates"))
        limit = min(max(params.integer("limit") or 100, 1), 100)
        timeout_s = min(params.integer("timeout") or 0, LONGEST_POLL_S)
        return await self._world.updates.poll(params.integer("offset") or 0, limit, timeout_s)

    async def set_webhook(self, params: Params) -> bool:
        """Deliver updates to an address; an empty one ends the delivery."""
        self._world.updates.allow(params.decoded("allowed_updates"))
        most = params.integer("max_connections") or 40
        webhook = Webhook(params.text("url"), params.text("secret_token"), most) if params.text("url") else None
        await self._world.updates.set_webhook(webhook, drop_pending=params.flag("drop_pending_updates"))
        return True

    async def delete_webhook(self, params: Params) -> bool:
        """End the delivery to a webhook."""
        await self._world.updates.set_webhook(None, drop_pending=params.flag("drop_pending_updates"))
        return True

    def get_webhook_info(self, params: Params) -> dict[str, Any]:
        """Return where updates go and how many wait."""
        updates = self._world.updates
        info = {"url": "", "has_custom_certificate": False, "pending_update_count": len(updates.pending)}
        if updates.webhook:
            info |= {"url": updates.webhook.url, "max_connections": updates.webhook.max_connections}
        if updates.last_error:
            info |= dict(zip(("last_error_date", "last_error_message"), updates.last_error, strict=True))
        return info

    def set_my_commands(self, params: Params) -> bool:
        """Set the command menu of a scope and language."""
        commands = params.decoded("commands") or []
        if len(commands) > COMMANDS_AT_MOST:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            _refuse_bad_command(command)
        self._commands[_menu(params)] = commands
        return True

    def get_my_commands(self, params: Params) -> list[dict[str, str]]:
        """Return the command menu of exactly this scope and language."""
        return self._commands.get(_menu(params), [])

    def delete_my_commands(self, params: Params) -> bool:
        """Remove the command menu of a scope and language."""
        self._commands.pop(_menu(params), None)
        return True

    def set_my_description(self, params: Params) -> bool:
        """Set what an empty chat shows, for a language."""
        return self._describe("description", params)

    def get_my_description(self, params: Params) -> dict[str, str]:
        """Return what an empty chat shows, for a language or else for all."""
        return self._described("description", params)

    def set_my_short_description(self, params: Params) -> bool:
        """Set what the bot's profile shows, for a language."""
        return self._describe("short_description", params)

    def get_my_short_description(self, params: Params) -> dict[str, str]:
        """Return what the bot's profile shows, for a language or else for all."""
        return self._described("short_description", params)

    def get_file(self, params: Params) -> dict[str, Any]:
        """Return where a file can be downloaded."""
        file = self._world.files.downloadable(params.text("file_id"))
        return file.payload() | {"file_path": file.path}

    def answer_callback_query(self, params: Params) -> bool:
        """Answer a pressed button."""
        answer = {key: value for key, value in params.values.items() if key != "callback_query_id"}
        self._world.answer(params.text("callback_query_id"), answer)
        return True

    def get_chat(self, params: Params) -> dict[str, Any]:
        """Return a chat in full."""
        full = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(GIFTS, True)}
        return self._chat(params).payload() | full

    def get_chat_member(self, params: Params) -> dict[str, Any]:
        """Return what a user is in a chat."""
        chat, user = self._chat(params), self._world.users.get(params.integer("user_id") or 0)
        if user is None:
            raise bad_request("invalid user_id specified")
        return self._member(chat, user)

    def get_chat_administrators(self, params: Params) -> list[dict[str, Any]]:
        """Return the creator and, where it is one, the bot as administrators."""
        chat = self._chat(params)
        if chat.is_private:
            raise bad_request("there are no administrators in the private chat")
        members = [self._member(chat, user) for user in (*chat.members, self._world.bot)]
        return [member for member in members if member["status"] in {"creator", "administrator"}]

    def get_chat_member_count(self, params: Params) -> int:
        """Count the people and the bot."""
        return len(self._chat(params).members) + 1

    def _describe(self, kind: str, params: Params) -> bool:
        if len(params.text(kind)) > DESCRIPTIONS_AT_MOST[kind]:
            raise bad_request("BOT_ABOUT_INVALID")
        self._descriptions[kind, params.text("language_code")] = params.text(kind)
        return True

    def _described(self, kind: str, params: Params) -> dict[str, str]:
        everybody = self._descriptions.get((kind, ""), "")
        return {kind: self._descriptions.get((kind, params.text("language_code")), everybody)}

    def _chat(self, params: Params) -> Chat:
        return self._world.chat(params.values.get("chat_id"))

    def _member(self, chat: Chat, user: User) -> dict[str, Any]:
        status = self._world.member_status(chat, user)
        member: dict[str, Any] = {"status": status, "user": user.payload()}
        if status == "creator":
            member["is_anonymous"] = False
        if status == "administrator":
            member |= dict.fromkeys((*ADMIN_RIGHTS, *MORE_RIGHTS, "can_delete_stories"), True)
            member |= {"can_be_edited": False, "is_anonymous": user in chat.anonymous}
        return member


def _menu(params: Params) -> tuple[str, str]:
    scope = params.decoded("scope") or {"type": "default"}
    place = ":".join(str(scope[key]) for key in ("type", "chat_id", "user_id") if key in scope)
    return place, params.text("language_code")


def _refuse_bad_command(command: dict[str, str]) -> None:
    if not re.fullmatch(r"/?[a-z0-9_]{1,32}", command.get("command", "")):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(command.get("description", "")) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
