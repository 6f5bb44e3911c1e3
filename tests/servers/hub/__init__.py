"""A model hub on 127.0.0.1 that speaks the calls of the hub's own client."""

from .server import HubServer, Repo

__all__ = ["HubServer", "Repo"]
