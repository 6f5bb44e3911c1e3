"""The page's socket, bound before anything slow begins: a taken port is said at once."""

from __future__ import annotations

import errno
import socket

from bot.health import CannotServe


class PortTaken(CannotServe):
    """Say which port cannot be had, and how to choose another."""


def listen(host: str, port: int) -> socket.socket:
    """Bind the page's socket; raise `PortTaken` where another program has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "taken by another program" if error.errno == errno.EADDRINUSE else "not open to this user"
        choose = f"PORT={port + 1 if port < 65535 else 7860} make demo, or port under [web] in config.toml"
        raise PortTaken(f"Port {port} is {why}. Choose another one: {choose}.") from None
