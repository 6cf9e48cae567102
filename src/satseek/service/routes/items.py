"""One chip: as a STAC item, and as a picture."""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from satseek.core.chip import Chip
from satseek.service.answers import GEOJSON, json_response
from satseek.service.desk import At, Base, Desk
from satseek.service.errors import Problem
from satseek.service.pictures import Style, chip_picture
from satseek.service.public import item_of
from satseek.service.schemas import PROBLEMS, Item
from satseek.service.styling import Styled

THUMBNAIL = 160
PREVIEW = 512
PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {}}, "description": "A PNG, transparent where nothing was measured."}
}
UNREADABLE: dict[int | str, dict[str, Any]] = {
    502: PROBLEMS[503] | {"description": "The pixels cannot be read: their source is missing or damaged."}
}

router = APIRouter(tags=["items"], responses=PROBLEMS)


@router.get("/items/{item_id}", response_model=Item, summary="A chip as a STAC item")
async def item(item_id: str, desk: At, base: Base) -> Response:
    """Return all that is known of a chip, but where its pixels lie."""
    return await item_response(desk, base, item_id, None)


@router.get("/items/{item_id}/thumbnail", responses=PNG | UNREADABLE, response_class=Response, summary="A chip, small")
async def thumbnail(
    item_id: str,
    request: Request,
    desk: At,
    size: Annotated[int, Query(ge=16, le=512, description="Pixels of the longer side.")] = THUMBNAIL,
) -> Response:
    """Draw a chip small."""
    return await _drawn(desk, request, item_id, size, Style())


@router.get("/items/{item_id}/preview", responses=PNG | UNREADABLE, response_class=Response, summary="A chip, drawn")
async def preview(
    item_id: str,
    request: Request,
    desk: At,
    style: Styled,
    size: Annotated[int, Query(ge=16, le=1024, description="Pixels of the longer side.")] = PREVIEW,
    place: Annotated[
        str | None, Query(description="The id of another chip: this chip's scene is drawn on that one's ground.")
    ] = None,
) -> Response:
    """Draw a chip as its sensor is usually drawn, in another of its drawings, or by bands and ranges of your own."""
    return await _drawn(desk, request, item_id, size, style, place)


async def item_response(desk: Desk, base: str, item_id: str, collection: str | None) -> Response:
    """Return a chip as an item, of a collection where one is named."""

    def made() -> Response:
        chip = desk.library.chip(item_id)
        if collection is not None and chip.sensor != collection:
            raise Problem(404, "This collection has no item with this id.")
        return json_response(item_of(chip, desk.names, base, card=desk.library.archive.card), media_type=GEOJSON)

    return await desk.run(made)


async def _drawn(
    desk: Desk, request: Request, item_id: str, size: int, style: Style, place_id: str | None = None
) -> Response:
    def found() -> tuple[Chip, Chip | None]:
        return desk.library.chip(item_id), None if place_id is None else desk.library.chip(place_id)

    chip, place = await desk.run(found)
    asked = blake2b(repr((chip.id, size, style, place_id)).encode("utf-8", "replace"), digest_size=12).hexdigest()
    headers = {"ETag": f'"{asked}"', "Cache-Control": "private, max-age=3600"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    picture = await desk.run(lambda: chip_picture(chip, size=size, style=style, place=place))
    return Response(picture, media_type="image/png", headers=headers)
