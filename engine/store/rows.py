"""What the rows of the database mean: jobs, the pictures that they ask for, the server that they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import structlog
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, and_, case, func, or_

from engine.jobs import Job, JobStatus
from engine.requests import MODES, AnyRequest
from engine.store.tables import jobs

log = structlog.get_logger()

_REQUEST: TypeAdapter[AnyRequest] = TypeAdapter(AnyRequest)

_MODE = func.json_extract(jobs.c.request, "$.mode")
_ANIMATIONS = [mode for mode, kind in MODES.items() if kind.is_animation]
_SEARCHES = [mode for mode, kind in MODES.items() if not kind.draws]
# How many pictures a job asks for, as `pictures_counted` of its request says: a batch has one of each of its prompts.
ASKED = case(
    (_MODE.in_(_ANIMATIONS), 1),
    (_MODE.in_(_SEARCHES), 0),
    else_=func.coalesce(func.json_array_length(jobs.c.request, "$.prompts"), 1)
    * func.coalesce(func.json_extract(jobs.c.request, "$.count"), 1),
)
# What counts as used: neither what failed nor what was cancelled before it was begun.
COUNTS = and_(
    jobs.c.status != JobStatus.FAILED,
    or_(jobs.c.status != JobStatus.CANCELLED, jobs.c.attempt > 0),
)
# What a person asked for themselves.
WISHED = _MODE.not_in(_SEARCHES)


def job_of(row: Row[Any]) -> Job:
    """Read a whole row of `jobs`."""
    fields = dict(row._mapping)
    return Job(**{**fields, "status": JobStatus(row.status), "request": _REQUEST.validate_python(row.request)})


def jobs_of(rows: Iterable[Row[Any]]) -> list[Job]:
    """Read whole rows of `jobs`; one that this version cannot read is left alone, and told to the operator."""
    read = []
    for row in rows:
        try:
            read.append(job_of(row))
        except ValueError as error:  # such as a request of a mode that only a newer version has
            log.error("job_unreadable", job=row.id, reason=type(error).__name__)
    return read


def on_server(server: str) -> ColumnElement[bool]:
    """Select the jobs of a server as `Job.server` names it, by the index of places: "0" follows "/"."""
    return or_(jobs.c.place == server, and_(jobs.c.place >= f"{server}/", jobs.c.place < f"{server}0"))
