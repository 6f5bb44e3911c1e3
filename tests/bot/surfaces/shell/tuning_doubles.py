"""Processes that measure nothing: they say at once what they found, or never. They import no torch."""

import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection

from engine.tuned import Measured, Tuned


def found(batch_size: int) -> Tuned:
    models = {"demo": Measured(batches={1: 1.0, batch_size: 2.0})}
    return Tuned.of("a card", {"torch": "2"}, datetime(2026, 1, 1, tzinfo=UTC), models)


def quick(connection: Connection, *_told: object) -> None:
    connection.send("demo, batches of 1")
    connection.send(found(2))
    connection.send(found(8))


def hung(connection: Connection, *_told: object) -> None:
    connection.send(found(2))
    time.sleep(60)


def dead(_connection: Connection, *_told: object) -> None:
    return
