"""What is in the archive, and what may be asked of it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from satseek import __version__
from satseek.core.sensor import SENSORS
from satseek.service.answers import json_response
from satseek.service.desk import At, Base, Desk
from satseek.service.public import harmless
from satseek.service.schemas import PROBLEMS, Open

router = APIRouter(tags=["archive"], responses=PROBLEMS)


class ArchiveFacts(Open):
    """What is in the archive, and the limits of the service."""

    chips: int
    sensors: dict[str, Any]
    model: dict[str, Any]
    version: int
    limits: dict[str, Any]


class Suggestion(Open):
    """A question that has an answer here."""

    title: str
    shows: str
    query: dict[str, Any]
    url: str


class Suggestions(Open):
    """Questions to begin with."""

    suggestions: list[Suggestion]


@router.get("/archive", response_model=ArchiveFacts, summary="What is in the archive")
async def archive(desk: At) -> Response:
    """Return chips by sensor, where and when, the model's card, and what this service allows."""
    return json_response(await desk.run(lambda: _facts(desk)))


@router.get("/suggest", response_model=Suggestions, summary="Questions that have an answer here")
async def suggest(desk: At, base: Base) -> Response:
    """Return up to six questions made of what the archive holds; each of them finds something."""

    def told() -> list[dict[str, Any]]:
        return [
            {"title": showing.title, "shows": showing.shows, "query": showing.query.to_json(),
             "url": f"{base}/search?{showing.query.to_url()}"}
            for showing in desk.suggestions.now()
        ]  # fmt: skip

    return json_response({"suggestions": await desk.run(told)})


def _facts(desk: Desk) -> dict[str, Any]:
    info, limits = desk.library.info(), desk.settings.limits
    facts = {key: value for key, value in info.to_json().items() if key not in ("uri", "sensors", "model")}
    return facts | {
        "satseek": __version__,
        "sensors": {name: _sensor(name, chips) for name, chips in info.sensors.items()},
        "model": harmless({key: value for key, value in info.card.to_json().items() if key != "options"}),
        "words": info.card.reads_text,
        "ingest_from": [] if desk.jobs is None else desk.jobs.places.names,
        "limits": {
            "results": limits.results, "upload_bytes": limits.upload_bytes, "upload_pixels": limits.upload_pixels,
            "body_bytes": limits.body_bytes, "seconds": limits.seconds,
        },
    }  # fmt: skip


def _sensor(name: str, chips: int) -> dict[str, Any]:
    if name not in SENSORS:
        return {"chips": chips, "title": name, "bands": [], "drawings": []}
    sensor = SENSORS.get(name)
    return {
        "chips": chips,
        "title": sensor.title,
        "unit": sensor.unit,
        "bands": list(sensor.band_names),
        "drawings": list(sensor.drawings),
    }
