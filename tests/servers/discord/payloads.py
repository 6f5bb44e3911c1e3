"""Objects of the world as Discord's JSON."""

from typing import Any

from .world import Attachment, Channel, Guild, Message, User, World

Payload = dict[str, Any]

TEXT_CHANNEL, DIRECT_CHANNEL = 0, 1
# View, send, embed, attach, history, commands and the other rights that an invited bot usually holds.
PERMISSIONS = "2248473465835073"
MANAGE_MESSAGES = 1 << 13


def user(person: User) -> Payload:
    """Describe a person."""
    return {
        "id": person.id,
        "username": person.name,
        "global_name": None if person.bot else person.name.title(),
        "discriminator": "0",
        "avatar": None,
        "banner": None,
        "accent_color": None,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
        "public_flags": 0,
        "flags": 0,
        "bot": person.bot,
    }


def own_user(bot: User) -> Payload:
    """Describe the bot to itself."""
    return {**user(bot), "mfa_enabled": True, "locale": "en-US", "email": None, "verified": True, "premium_type": 0}


def member(person: User, guild: Guild) -> Payload:
    """Describe a person as member of a guild, without the person."""
    return {
        "roles": [role_id for role_id, members in guild.roles.items() if person in members],
        "joined_at": guild.created_at,
        "premium_since": None,
        "communication_disabled_until": None,
        "avatar": None,
        "banner": None,
        "nick": None,
        "flags": 0,
        "pending": False,
        "deaf": False,
        "mute": False,
    }


def permissions(person: User, guild: Guild) -> str:
    """Return what a person may do in the channels of a guild."""
    return str(int(PERMISSIONS) | (MANAGE_MESSAGES if person in guild.moderators else 0))


def channel(place: Channel) -> Payload:
    """Describe a channel in full."""
    last = place.messages[-1].id if place.messages else None
    common = {"id": place.id, "last_message_id": last, "flags": 0}
    if place.recipient:
        return {**common, "type": DIRECT_CHANNEL, "recipients": [user(place.recipient)]}
    return {**common, **_guild_channel(place)}


def _guild_channel(place: Channel) -> Payload:
    assert place.guild
    return {
        "type": TEXT_CHANNEL,
        "guild_id": place.guild.id,
        "name": place.name,
        "position": place.guild.channels.index(place),
        "parent_id": None,
        "topic": None,
        "nsfw": place.nsfw,
        "rate_limit_per_user": 0,
        "permission_overwrites": [],
    }


def interaction_channel(place: Channel) -> Payload:
    """Describe a channel as an interaction carries it."""
    described = channel(place)
    if place.guild:
        described["permissions"] = PERMISSIONS
    return described


def _role(role_id: str, name: str, position: int) -> Payload:
    colors = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
    return {
        "id": role_id,
        "name": name,
        "description": None,
        "permissions": PERMISSIONS,
        "position": position,
        "color": 0,
        "colors": colors,
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def guild(place: Guild, bot: User) -> Payload:
    """Describe a guild in full, as GUILD_CREATE does."""
    return {
        **_guild_settings(place),
        "roles": [
            _role(place.id, "@everyone", 0),
            *(_role(role_id, f"role {number}", number) for number, role_id in enumerate(place.roles, 1)),
        ],
        "emojis": [],
        "stickers": [],
        "unavailable": False,
        "large": False,
        "joined_at": place.created_at,
        "member_count": 2,
        "members": [{**member(bot, place), "user": user(bot)}],
        "channels": [channel(inner) for inner in place.channels],
        "threads": [],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def _guild_settings(place: Guild) -> Payload:
    absent = ("icon", "description", "home_header", "splash", "discovery_splash", "banner", "application_id")
    unset = (
        "afk_channel_id",
        "system_channel_id",
        "widget_channel_id",
        "rules_channel_id",
        "public_updates_channel_id",
    )
    levels = ("verification_level", "default_message_notifications", "mfa_level", "explicit_content_filter")
    return {
        **dict.fromkeys((*absent, *unset, "safety_alerts_channel_id", "vanity_url_code", "incidents_data")),
        **dict.fromkeys((*levels, "premium_tier", "premium_subscription_count", "system_channel_flags"), 0),
        "id": place.id,
        "name": place.name,
        "owner_id": place.owner.id,
        "features": [],
        "region": "deprecated",
        "afk_timeout": 300,
        "widget_enabled": False,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "preferred_locale": place.locale,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
    }


def attachment(kept: Attachment) -> Payload:
    """Describe a stored file."""
    described: Payload = {
        "id": kept.id,
        "filename": kept.filename,
        "size": len(kept.data),
        "url": kept.url,
        "proxy_url": kept.url,
        "content_type": kept.upload.guess_type(),
    }
    if kept.size_px:
        described["width"], described["height"] = kept.size_px
    if kept.description is not None:
        described["description"] = kept.description
    if kept.ephemeral:
        described["ephemeral"] = True
    return described


def message(posted: Message, *, nested: bool = False) -> Payload:
    """Describe a message as the REST interface does."""
    described: Payload = {
        "id": posted.id,
        "type": posted.type,
        "channel_id": posted.channel.id,
        "author": user(posted.author),
        "content": posted.content,
        "embeds": posted.embeds,
        "components": posted.components,
        "attachments": [attachment(kept) for kept in posted.attachments],
        "flags": posted.flags,
        "timestamp": posted.created_at,
        "edited_timestamp": posted.edited_at,
        "pinned": False,
        "tts": False,
        "mentions": [user(person) for person in posted.mentions],
        "mention_roles": [],
        "mention_everyone": posted.mentions_everyone,
    }
    return described | _origin(posted) | ({} if nested else _reply(posted))


def _origin(posted: Message) -> Payload:
    origin: Payload = {}
    if posted.nonce is not None:
        origin["nonce"] = posted.nonce
    if posted.metadata:
        origin["interaction_metadata"] = posted.metadata
        origin["application_id"] = origin["webhook_id"] = posted.author.id
    return origin


def _reply(posted: Message) -> Payload:
    if not posted.reference:
        return {}
    referenced = message(posted.replies_to, nested=True) if posted.replies_to else None
    return {"message_reference": posted.reference, "referenced_message": referenced}


def message_event(posted: Message) -> Payload:
    """Describe a message as the gateway does."""
    described = message(posted)
    if posted.channel.guild:
        described["guild_id"] = posted.channel.guild.id
        described["member"] = member(posted.author, posted.channel.guild)
    return described


def application(world: World) -> Payload:
    """Describe the application, whose id is its bot's."""
    return {
        "id": world.bot.id,
        "name": world.bot.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user(world.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "00" * 32,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user(world.owner),
        "team": None,
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
        "integration_types_config": {"0": {}, "1": {}},
    }
