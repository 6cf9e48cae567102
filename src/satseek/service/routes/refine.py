"""Feedback: `/refine` turns results marked yes and no into a better question, or into labels."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from satseek.core.query import Query as Question
from satseek.search.refine import BETTER, MOST, refine
from satseek.service.answers import GEOJSON, json_response
from satseek.service.asked import Search
from satseek.service.desk import At, Base, Desk
from satseek.service.public import item_of
from satseek.service.schemas import PROBLEMS, Open

EXAMPLE: JsonDict = {"query": {"q": "a river through forest"}, "yes": ["3f2a…"], "no": ["57d3…", "2fcb…"]}
Marked = Annotated[list[str], Field(max_length=4 * MOST)]

router = APIRouter(tags=["search"], responses=PROBLEMS)


class Feedback(BaseModel):
    """A question and the results that were marked."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    query: Annotated[Search, Field(description="As the body of POST /search has it.")] = Search()
    yes: Annotated[Marked, Field(description="Ids of results that are right.")] = []
    no: Annotated[Marked, Field(description="Ids of results that are not.")] = []
    method: Annotated[Literal["rocchio", "logistic"], Field(description="The default is the better one.")] = BETTER


class Judged(Open):
    """How many results were marked."""

    yes: int
    no: int


class RefinedBody(Open):
    """A question that can be sent to /search and shared like any other."""

    query: dict[str, Any]
    method: Literal["rocchio", "logistic"]
    judged: Judged


@router.post(
    "/refine", response_model=RefinedBody, responses={200: {"content": {GEOJSON: {}}}}, summary="Learn from yes and no"
)
async def post_refine(
    feedback: Feedback,
    desk: At,
    base: Base,
    f: Annotated[
        Literal["json", "labels"], Query(description="'labels': the marked chips as GeoJSON, to keep or to train with.")
    ] = "json",
) -> Response:
    """Return the question refined by the marked results; it can be refined again."""
    query = feedback.query.query(desk.settings.limits)
    return await desk.run(lambda: _answer(desk, base, query, feedback, f))


def _answer(desk: Desk, base: str, query: Question, feedback: Feedback, f: str) -> Response:
    library = desk.library
    refined = refine(query, feedback.yes, feedback.no, library.vectors, method=feedback.method)
    if f == "json":
        return json_response(refined.to_json())
    marks = {**dict.fromkeys(refined.yes, "yes"), **dict.fromkeys(refined.no, "no")}
    items = [item_of(library.chip(each), desk.names, base, card=library.archive.card) for each in marks]
    for item in items:
        item["properties"]["satseek:label"] = marks[item["id"]]
    found = {"type": "FeatureCollection", "features": items, "satseek:query": refined.query.to_json()}
    response = json_response(found, media_type=GEOJSON)
    response.headers["Content-Disposition"] = 'attachment; filename="labels.geojson"'
    return response
