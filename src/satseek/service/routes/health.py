"""For those who watch over the service: is it well, and how much does it do."""

from __future__ import annotations

from fastapi import APIRouter, Response

from satseek.core.errors import SatSeekError
from satseek.service.answers import json_response
from satseek.service.desk import At
from satseek.service.metrics import CONTENT_TYPE_LATEST
from satseek.service.schemas import PROBLEMS, Open

router = APIRouter(tags=["health"])


class Health(Open):
    """Whether the service can answer."""

    status: str
    chips: int | None = None


@router.get("/healthz", response_model=Health, responses={503: {"model": Health}}, summary="Is it well?")
async def healthz(desk: At) -> Response:
    """Answer 200 where the archive can be read, 503 where not; it needs no token."""
    try:
        chips, _, _ = await desk.run(desk.library.state)
    except SatSeekError:
        return json_response({"status": "the archive cannot be read"}, status=503)
    return json_response({"status": "ok", "chips": chips})


@router.get(
    "/metrics",
    response_class=Response,
    responses=PROBLEMS | {200: {"content": {"text/plain": {}}, "description": "Counts, as Prometheus reads them."}},
    summary="Counts for Prometheus",
)
async def metrics(desk: At) -> Response:
    """Return requests, stages of searches, the archive's size and the model."""
    text = await desk.run(lambda: desk.metrics.text(desk.library.state))
    return Response(text, media_type=CONTENT_TYPE_LATEST)
