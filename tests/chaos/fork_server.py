"""What the fork server of all rounds imports first: it outlives a bot that is killed while it asks for a worker."""

import errno
from multiprocessing import reduction
from typing import Any

_receive = reduction.recvfds


def receive(*asked: Any) -> list[int]:
    """Receive descriptors; who hangs up before that is passed by, where Python's own fork server ends with an error."""
    try:
        return _receive(*asked)
    except EOFError as error:
        raise OSError(errno.ECONNABORTED, "a bot was killed while it asked for a worker") from error


reduction.recvfds = receive
