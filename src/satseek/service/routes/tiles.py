"""Map tiles of scenes, with titiler's parameters; a scene is named by its id or an item, never by a path."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from satseek.core.chip import Chip
from satseek.core.errors import UsageError
from satseek.service.answers import json_response
from satseek.service.desk import At, Base, Desk
from satseek.service.errors import Problem
from satseek.service.pictures import scene_tile
from satseek.service.routes.items import PNG, UNREADABLE
from satseek.service.schemas import PROBLEMS, Open
from satseek.service.styling import Styled

MAX_ZOOM = 24
EMPTY: dict[int | str, dict[str, Any]] = {204: {"description": "The scene does not reach here."}}
Resampling = Literal["nearest", "bilinear", "cubic", "average", "lanczos"]
SceneId = Annotated[str | None, Query(description="The id of a scene, as /scenes has it.")]
ItemId = Annotated[str | None, Query(description="Instead: the id of any chip of the scene.")]
CACHED = {"Cache-Control": "private, max-age=3600"}

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
    desk: At,
    style: Styled,
    scene: SceneId = None,
    item: ItemId = None,
    resampling: Resampling = "bilinear",
    tilesize: Annotated[int, Query(ge=64, le=1024)] = 256,
) -> Response:
    """Draw a scene as one tile of the web's usual map."""
    if x >= 2**z or y >= 2**z:
        raise UsageError(f"At zoom {z} columns and rows of tiles are below {2**z}.")

    def drawn() -> bytes | None:
        chip = _chip(desk, scene, item)
        source = json.dumps([chip.source, chip.address], sort_keys=True)
        return desk.tiles.get(
            (source, z, x, y, tilesize, style, resampling),
            lambda: scene_tile(chip, z, x, y, size=tilesize, style=style, resampling=resampling),
        )

    picture = await desk.run(drawn)
    if picture is None:
        return Response(status_code=204, headers=CACHED)
    return Response(picture, media_type="image/png", headers=CACHED)


@router.get("/tilejson.json", response_model=TileJson, summary="How a map shows a scene")
async def tilejson(request: Request, desk: At, base: Base, scene: SceneId = None, item: ItemId = None) -> Response:
    """Describe the tiles of a scene, around one of its chips."""
    chip = await desk.run(lambda: _chip(desk, scene, item))
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


def _chip(desk: Desk, scene: str | None, item: str | None) -> Chip:
    """Return the chip by which a scene is read."""
    if (scene is None) == (item is None):
        raise UsageError("Name the scene, or an item of it: scene=… or item=…")
    if scene is None:
        return desk.library.chip(item or "")
    chip_id = desk.scenes().chip_of(scene)
    if chip_id is None:
        raise Problem(404, "The archive has no scene with this id. /scenes lists them.")
    return desk.library.chip(chip_id)
