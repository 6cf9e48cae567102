"""Searching: `/search`, a superset of STAC item search, and `/items/{id}/similar`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from satseek.service.answers import FORMATS, Asked, answer
from satseek.service.asked import Address, Format, Search
from satseek.service.desk import At, Base
from satseek.service.schemas import PROBLEMS, Page

router = APIRouter(tags=["search"], responses=PROBLEMS)


@router.post("/search", response_model=Page, responses=FORMATS, summary="Search by words, examples and facts")
async def post_search(
    search: Search,
    request: Request,
    desk: At,
    base: Base,
    f: Annotated[Format | None, Query(description="The format of the answer; else the Accept header says.")] = None,
) -> Response:
    """Find the chips that fit best; a question without words or examples lists what meets its facts."""
    return await answer(desk, Asked.by(request, search, base, f))


@router.get("/search", response_model=Page, responses=FORMATS, summary="Search, asked in an address")
async def get_search(address: Annotated[Address, Query()], request: Request, desk: At, base: Base) -> Response:
    """Ask the same in an address that can be shared."""
    return await answer(desk, Asked.by(request, address.search(), base, address.f))


@router.get("/items/{item_id}/similar", response_model=Page, responses=FORMATS, summary="Chips like this one")
async def similar(
    item_id: str, address: Annotated[Address, Query()], request: Request, desk: At, base: Base
) -> Response:
    """Find chips like one of the archive, of any sensor; whatever else is asked holds too."""
    await desk.run(lambda: desk.library.chip(item_id))
    wanted = address.search()
    wanted = wanted.model_copy(update={"like": [item_id, *wanted.like]})
    return await answer(desk, Asked.by(request, wanted, base, address.f))
