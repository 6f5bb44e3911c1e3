"""Speak Discord's gateway and REST protocols on 127.0.0.1, for unmodified client libraries."""

from .commands import OptionValue
from .errors import DiscordError
from .interactions import (
    CHOICES,
    DEFER,
    DEFER_UPDATE,
    MODAL,
    SEND,
    UPDATE,
    Acknowledgement,
    Interaction,
    Modal,
)
from .rest import Recorded
from .server import DiscordServer
from .world import EPHEMERAL, LOADING, Attachment, Channel, Guild, Message, Upload, User

__all__ = [
    "CHOICES",
    "DEFER",
    "DEFER_UPDATE",
    "EPHEMERAL",
    "LOADING",
    "MODAL",
    "SEND",
    "UPDATE",
    "Acknowledgement",
    "Attachment",
    "Channel",
    "DiscordError",
    "DiscordServer",
    "Guild",
    "Interaction",
    "Message",
    "Modal",
    "OptionValue",
    "Recorded",
    "Upload",
    "User",
]
