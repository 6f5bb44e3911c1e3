"""The table of methods: each name of the Bot API and what answers it."""

import inspect
from typing import Any

from .account import Account
from .editing import Editing
from .errors import ApiError
from .params import Params
from .sending import Sending
from .world import World

# Methods that change nothing a test looks at.
HARMLESS = {
    "logout",
    "close",
    "setmyname",
    "setmydefaultadministratorrights",
    "setchatmenubutton",
    "setmessagereaction",
    "sendmessagedraft",
    "leavechat",
    "pinchatmessage",
    "unpinchatmessage",
}


class Methods:
    """All methods of one server; names are taken in any case, as by the Bot API."""

    def __init__(self, world: World) -> None:
        groups = (Account(world), Sending(world), Editing(world))
        self._by_name = {
            name.replace("_", ""): handler
            for group in groups
            for name, handler in inspect.getmembers(group, inspect.ismethod)
            if not name.startswith("_")
        }

    async def call(self, name: str, params: Params) -> Any:
        """Return the result of a method; raise ApiError where it refuses or is unknown."""
        if name.lower() in HARMLESS:
            return True
        if name.lower() not in self._by_name:
            raise ApiError(404, "Not Found")
        result = self._by_name[name.lower()](params)
        return await result if inspect.isawaitable(result) else result
