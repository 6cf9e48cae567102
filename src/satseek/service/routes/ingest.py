"""Ingests over HTTP; these paths exist only where the operator allows it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from satseek.core.area import Area
from satseek.core.period import Period
from satseek.service.answers import json_response
from satseek.service.desk import At, Base, Desk
from satseek.service.errors import Problem
from satseek.service.jobs import OVER, Job, Jobs, Wish
from satseek.service.schemas import PROBLEMS, Open

LOOK_SECONDS = 0.2
STILL_THERE_SECONDS = 10.0
MOST_SOURCES = 1_000

router = APIRouter(prefix="/ingest", tags=["ingest"], responses=PROBLEMS)


class Ingest(BaseModel):
    """What to ingest: names below the folders, or addresses below those, that /archive lists as `ingest_from`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"sources": ["scenes/2024"]}]})

    sources: Annotated[list[str], Field(min_length=1, max_length=MOST_SOURCES)]
    sensor: str | None = None
    bbox: Annotated[list[float] | None, Field(description="Of STAC items.")] = None
    datetime: Annotated[str | None, Field(description="Of STAC items.")] = None
    collections: Annotated[list[str], Field(description="Of a STAC API.")] = []
    limit: Annotated[int | None, Field(ge=1, description="STAC items in all.")] = None


class JobState(Open):
    """An ingest and how far it is."""

    id: str
    state: str
    links: list[dict[str, Any]]


class JobList(Open):
    """The ingests that are remembered."""

    jobs: list[JobState]


@router.post("", response_model=JobState, status_code=202, summary="Fill the archive")
async def start(wanted: Ingest, desk: At, base: Base) -> Response:
    """Put an ingest into the queue; it adds what the archive does not hold yet."""
    wish = Wish(
        sources=tuple(wanted.sources),
        sensor=wanted.sensor,
        bbox=None if wanted.bbox is None else ",".join(str(side) for side in Area.from_bbox(wanted.bbox).bbox),
        datetime=None if wanted.datetime is None else str(Period.parse(wanted.datetime)),
        collections=tuple(wanted.collections),
        limit=wanted.limit,
    )
    job = await desk.run(lambda: _jobs(desk).add(wish))
    return json_response(_shown(desk, job, base), status=202)


@router.get("", response_model=JobList, summary="The last ingests")
async def listed(desk: At, base: Base) -> Response:
    """List the ingests that are remembered, the newest first."""
    return json_response({"jobs": [_shown(desk, job, base) for job in _jobs(desk).all()]})


@router.get("/{job_id}", response_model=JobState, summary="How far an ingest is")
async def one(job_id: str, desk: At, base: Base) -> Response:
    """Return an ingest's state, progress and report."""
    return json_response(_shown(desk, _jobs(desk).get(job_id), base))


@router.delete("/{job_id}", response_model=JobState, summary="Cancel an ingest")
async def cancel(job_id: str, desk: At, base: Base) -> Response:
    """Stop an ingest; what it added stays, and asking for it again goes on from there."""
    return json_response(_shown(desk, _jobs(desk).cancel(job_id), base))


@router.post("/{job_id}/resume", response_model=JobState, status_code=202, summary="Go on with an ingest")
async def resume(job_id: str, desk: At, base: Base) -> Response:
    """Ask for the same once more: what is held already is not read."""
    return json_response(_shown(desk, _jobs(desk).resume(job_id), base), status=202)


@router.get(
    "/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "An event for each change, until the end."}},
    summary="Follow an ingest",
)
async def events(job_id: str, desk: At, base: Base) -> StreamingResponse:
    """Tell each change of an ingest as a server-sent event."""
    job = _jobs(desk).get(job_id)
    if desk.streams >= desk.settings.limits.streams:
        raise Problem(503, "Too many are following ingests. Ask for /ingest/{id} now and then instead.")
    return StreamingResponse(
        _told(desk, job, base), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _told(desk: Desk, job: Job, base: str) -> AsyncIterator[str]:
    told, quiet = 0.0, 0.0
    desk.streams += 1
    try:
        while not desk.closing:
            if job.changed != told:
                told, quiet = job.changed, 0.0
                kind = "end" if job.state in OVER else "progress"
                yield f"event: {kind}\ndata: {json.dumps(_shown(desk, job, base))}\n\n"
                if kind == "end":
                    return
            await asyncio.sleep(LOOK_SECONDS)
            quiet += LOOK_SECONDS
            if quiet >= STILL_THERE_SECONDS:
                quiet = 0.0
                yield ": still there\n\n"
    finally:
        desk.streams -= 1


def _jobs(desk: Desk) -> Jobs:
    if desk.jobs is None:
        raise Problem(404, "This service is read-only.")
    return desk.jobs


def _shown(desk: Desk, job: Job, base: str) -> dict[str, Any]:
    here = f"{base}/ingest/{job.id}"
    links = [
        {"rel": "self", "href": here, "type": "application/json"},
        {"rel": "events", "href": f"{here}/events", "type": "text/event-stream"},
    ]
    return _jobs(desk).shown(job) | {"links": links}
