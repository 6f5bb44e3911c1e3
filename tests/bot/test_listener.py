"""The page's port is bound before anything slow begins, and a taken one is named."""

import socket

import pytest

from bot.health import PortTaken, listen


def test_a_taken_port_is_named_with_the_way_to_another():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"Port {port} is taken.*PORT=\d+ make demo.*\[web\]"):
            listen("127.0.0.1", port)
