"""What goes wrong, as problem+json (RFC 9457): what happened, then what to do; never a path, never a trace."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from satseek.core.errors import (
    ArchiveError,
    ArchiveNotFound,
    ChipNotFound,
    ModelError,
    ModelMismatch,
    SatSeekError,
    SourceError,
    UsageError,
)

PROBLEM = "application/problem+json"
logger = logging.getLogger(__name__)


class Problem(Exception):
    """An answer that says what went wrong."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.detail, self.headers = status, detail, dict(headers or {})
        super().__init__(detail)

    def body(self) -> bytes:
        """Return the problem as JSON."""
        title = HTTPStatus(self.status).phrase
        content = {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail}
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def busy(why: str) -> Problem:
    """Return the problem of too much at once."""
    return Problem(503, f"{why} Ask again in a moment.", headers={"Retry-After": "2"})


def problem_of(error: Exception) -> Problem:
    """Return what a client is told of an error; what it must not know is in the log."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, UsageError):
        return Problem(400, str(error))
    if isinstance(error, ChipNotFound):
        return Problem(404, "The archive has no chip with this id. Ids change when the archive is filled anew.")
    logger.warning("%s: %s", type(error).__name__, error)
    if isinstance(error, SourceError):
        return Problem(
            502, "The pixels cannot be read now: their source is missing, damaged or out of reach. The log says more."
        )
    if isinstance(error, ModelMismatch):
        return Problem(503, "The archive's vectors and the model here do not belong together. The log says more.")
    if isinstance(error, ModelError):
        return Problem(503, "The model cannot do this now. Search by example (like) meanwhile; the log says more.")
    if isinstance(error, ArchiveNotFound):
        return Problem(503, "The archive is not there. It may be being replaced; the log says more.")
    if isinstance(error, ArchiveError):
        return Problem(503, "The archive cannot be read now. The log says more.")
    if isinstance(error, SatSeekError):
        return Problem(500, "Something went wrong here. The log says more.")
    logger.exception("a fault of ours", exc_info=error)
    return Problem(500, "Something went wrong here, and it is no fault of the question. The log says more.")


def install(app: FastAPI) -> None:
    """Have every error answered as problem+json."""

    async def of_ours(request: Request, error: Exception) -> Response:
        return response_of(problem_of(error))

    async def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = (
            "There is nothing at this address. The landing page lists what there is."
            if error.status_code == 404
            else ""
        )
        return response_of(Problem(error.status_code, detail or str(error.detail), headers=error.headers))

    async def of_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return response_of(Problem(400, _said(error)))

    app.add_exception_handler(Problem, of_ours)
    app.add_exception_handler(SatSeekError, of_ours)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_validation)


def response_of(problem: Problem) -> Response:
    """Return a problem as an answer."""
    return Response(problem.body(), problem.status, headers=problem.headers, media_type=PROBLEM)


def _said(error: RequestValidationError) -> str:
    """Say what is wrong with a request, at most three things of it."""
    said = []
    for each in error.errors()[:3]:
        place = ".".join(str(part) for part in each["loc"] if part not in ("body", "query", "path"))
        said.append(f"{place[:100] or 'The body'}: {_reason(each)}")
    return "; ".join(said) + ". /openapi.json says what is understood."


def _reason(error: Mapping[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return "this is no JSON"
    return str(error["msg"])[:200].rstrip(".")
