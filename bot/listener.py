"""The page's socket, bound before anything slow begins: a taken port is said at once."""

from __future__ import annotations

import errno
import socket

from bot.health import CannotServe


class PortTaken(CannotServe):
    """Say which port cannot be had, and how to choose another."""


def listen(host: str, port: int) -> socket.socket:
    """Bind the page's socket; raise `PortTaken` where another program has it, `CannotServe` for a foreign `host`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        host.encode("idna")  # where that fails, create_server raises a TypeError and forgets its socket
        return socket.create_server((host, port), family=family)
    except UnicodeError:
        raise CannotServe(_foreign(host)) from None
    except OSError as error:
        # A negative one is getaddrinfo's: create_server hands its error on as a plain OSError.
        if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT) or (error.errno or 0) < 0:
            raise CannotServe(_foreign(host)) from None
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "taken by another program" if error.errno == errno.EADDRINUSE else "not open to this user"
        choose = f"PORT={port + 1 if port < 65535 else 7860} make demo, or port under [web] in config.toml"
        raise PortTaken(f"Port {port} is {why}. Choose another one: {choose}.") from None


def _foreign(host: str) -> str:
    return f"This machine has no address {host} for the page. Correct host under [web] in config.toml."
