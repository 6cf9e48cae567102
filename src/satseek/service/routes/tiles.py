"""Map tiles of the scene that a chip is cut from, with titiler's parameters; named by an item, never by a path."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from satseek.core.chip import Chip
from satseek.core.errors import UsageError
from satseek.service.answers import json_response
from satseek.service.desk import At, Base
from satseek.service.pictures import Style, scene_tile
from satseek.service.routes.items import PNG, UNREADABLE
from satseek.service.schemas import PROBLEMS, Open

MAX_ZOOM = 24
EMPTY: dict[int | str, dict[str, Any]] = {204: {"description": "The scene does not reach here."}}
Resampling = Literal["nearest", "bilinear", "cubic", "average", "lanczos"]
ItemId = Annotated[str, Query(description="The id of any chip of the scene.")]

router = APIRouter(tags=["tiles"], responses=PROBLEMS)


class TileJson(Open):
    """What a map needs to show a scene."""

    tilejson: str
    tiles: list[str]
    bounds: list[float]


@router.get("/tiles/{z}/{x}/{y}", responses=PNG | UNREADABLE | EMPTY, response_class=Response, summary="A map tile")
async def tile(
    z: Annotated[int, Path(ge=0, le=MAX_ZOOM)],
    x: Annotated[int, Path(ge=0)],
    y: Annotated[int, Path(ge=0)],
    item: ItemId,
    request: Request,
    desk: At,
    drawing: Annotated[str | None, Query(description="One of the sensor's drawings, see /archive.")] = None,
    bidx: Annotated[list[str] | None, Query(description="Bands to show, one or three, by name or number.")] = None,
    rescale: Annotated[list[str] | None, Query(description="low,high for all bands, or once for each.")] = None,
    colormap_name: Annotated[str | None, Query(description="Of one band, such as viridis.")] = None,
    resampling: Resampling = "bilinear",
    tilesize: Annotated[int, Query(ge=64, le=1024)] = 256,
) -> Response:
    """Draw the scene that a chip is cut from, as one tile of the web's usual map."""
    if x >= 2**z or y >= 2**z:
        raise UsageError(f"At zoom {z} columns and rows of tiles are below {2**z}.")
    style = Style(drawing, tuple(bidx or ())[:4], tuple(_range(text) for text in (rescale or ())[:4]), colormap_name)
    headers = {"Cache-Control": "private, max-age=3600"}

    def drawn() -> bytes | None:
        return scene_tile(desk.library.chip(item), z, x, y, size=tilesize, style=style, resampling=resampling)

    picture = await desk.run(drawn)
    if picture is None:
        return Response(status_code=204, headers=headers)
    return Response(picture, media_type="image/png", headers=headers)


@router.get("/tilejson.json", response_model=TileJson, summary="How a map shows a scene")
async def tilejson(item: ItemId, request: Request, desk: At, base: Base) -> Response:
    """Describe the tiles of the scene that a chip is cut from, around the chip."""
    chip: Chip = await desk.run(lambda: desk.library.chip(item))
    if chip.bbox is None:
        raise UsageError("This chip has no place on the globe, so there is no map of its scene.")
    west, south, east, north = chip.bbox
    middle = [(west + east) / 2 if west <= east else 180.0, (south + north) / 2]
    parameters = str(request.query_params)
    return json_response(
        {
            "tilejson": "3.0.0",
            "name": chip.id,
            "tiles": [f"{base}/tiles/{{z}}/{{x}}/{{y}}?{parameters}"],
            "bounds": [-180.0, -85.05, 180.0, 85.05],
            "center": [*middle, 12],
            "minzoom": 0,
            "maxzoom": MAX_ZOOM,
        }
    )


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"Cannot read the range '{text[:40]}'. Write low,high such as rescale=0,0.3.") from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UsageError("The range of rescale goes from a lower to a higher number.")
    return low, high
