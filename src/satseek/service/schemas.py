"""What answers look like, for the OpenAPI document; answers themselves are written straight as JSON."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from satseek.service.errors import PROBLEM


class Open(BaseModel):
    """An object that may hold more than is described."""

    model_config = ConfigDict(extra="allow")


class ProblemBody(Open):
    """What went wrong, and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class Link(Open):
    """A link to something else."""

    rel: str
    href: str
    type: str | None = None
    title: str | None = None


class Item(Open):
    """A chip as a STAC item."""

    type: str = "Feature"
    id: str
    geometry: dict[str, Any] | None = None
    bbox: list[float] | None = None
    properties: dict[str, Any] = {}
    links: list[Link] = []
    assets: dict[str, Any] = {}
    collection: str | None = None


class Explanation(Open):
    """How an answer came about."""

    milliseconds: dict[str, float]
    index: str
    model: str
    rows: int
    candidates: int


class CutReport(Open):
    """What a cut kept and dropped."""

    asked: Literal["auto"] | float | None
    probability: float | None = Field(description="That was cut at; null where nothing was.")
    kept: int
    dropped: int


class Page(Open):
    """One page of results, best or newest first."""

    type: str = "FeatureCollection"
    features: list[Item]
    links: list[Link]
    numberReturned: int  # noqa: N815 - as OGC API Features writes it
    numberMatched: int | None = Field(None, description="Only where it is known: in listings.")  # noqa: N815
    query: dict[str, Any] | None = Field(None, alias="satseek:query")
    notes: list[str] | None = Field(None, alias="satseek:notes")
    cut: CutReport | None = Field(None, alias="satseek:cut")
    message: str | None = Field(None, alias="satseek:message", description="Only where a cut has left nothing.")
    explanation: Explanation | None = Field(None, alias="satseek:explanation")


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemBody"}
    return {"description": description, "content": {PROBLEM: {"schema": schema}}}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: _problem("The question cannot be understood, or asks for too much."),
    401: _problem("The service needs its token."),
    404: _problem("There is no such thing."),
    408: _problem("The request did not arrive in time."),
    413: _problem("The request is too large."),
    421: _problem("The service does not answer to this name."),
    503: _problem("The archive or the model cannot be used now, or too much is asked at once."),
    504: _problem("This would take too long."),
}
