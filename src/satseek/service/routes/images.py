"""Searching by a picture that somebody brings."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from satseek.core.errors import UsageError
from satseek.service.answers import FORMATS, Asked, answer
from satseek.service.asked import Format, Search, checked
from satseek.service.desk import At, Base
from satseek.service.schemas import PROBLEMS, Page

router = APIRouter(tags=["search"], responses=PROBLEMS | {415: PROBLEMS[400] | {"description": "It is no picture."}})


@router.post("/search/image", response_model=Page, responses=FORMATS, summary="Search by a picture that you bring")
async def search_by_image(
    image: Annotated[UploadFile, File(description="PNG, JPEG, TIFF, WebP or JPEG 2000.")],
    request: Request,
    desk: At,
    base: Base,
    query: Annotated[str, Form(description="What else is asked, as the JSON body of POST /search.")] = "{}",
    sensor: Annotated[
        Literal["rgb", "s1", "s2"] | None, Form(description="What made the picture, where that cannot be told from it.")
    ] = None,
    f: Format | None = None,
) -> Response:
    """Find chips like a picture; the answer's query names it as `upload-…`, by which it can be asked for again."""
    search = _question(query)
    data = await image.read()
    size = await desk.run(lambda: desk.library.archive.card.chip_size or 224)
    pixels = await desk.run(lambda: desk.decoder.decode(data, sensor=sensor, size=size))
    name = await desk.run(lambda: desk.library.bring(pixels))
    search = checked(search.model_dump(by_alias=True, exclude_unset=True) | {"like": [name, *search.like]})
    form = Asked.by(request, search, base, f).form
    return await answer(desk, Asked(search, base, "/search", "POST", (), form))


def _question(text: str) -> Search:
    try:
        given = json.loads(text or "{}")
    except (ValueError, RecursionError):
        raise UsageError("Cannot read 'query': it is no JSON.") from None
    if not isinstance(given, dict):
        raise UsageError("'query' is a JSON object, as in the body of POST /search.")
    return checked(given)
