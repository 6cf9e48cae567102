"""Why a chip matched: `/items/{id}/why`."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from satseek.core.chip import Chip
from satseek.raster.read import read_chip
from satseek.search.embed import embed
from satseek.search.locate.locating import require_content
from satseek.search.why import GRID, LARGEST, SMALLEST, Why, why
from satseek.search.why_picture import layer_png
from satseek.service.answers import json_response
from satseek.service.asked import Address
from satseek.service.desk import At, Base, Desk
from satseek.service.library import require_askable
from satseek.service.routes.items import PREVIEW, UNREADABLE
from satseek.service.schemas import PROBLEMS, Link, Open

router = APIRouter(tags=["items"], responses=PROBLEMS | UNREADABLE)


class Reason(BaseModel):
    """The question, and in which form the answer is wanted."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    q: Annotated[
        str | None, Field(description="A sentence that says what is in the picture.", examples=["a river"])
    ] = None
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    must: Annotated[list[str], Field(description="A keyword; may be repeated.")] = []
    not_: Annotated[list[str], Field(alias="not", description="A keyword; may be repeated.")] = []
    like: Annotated[list[str], Field(description="The id of a chip; may be repeated.")] = []
    unlike: Annotated[list[str], Field(description="The id of a chip; may be repeated.")] = []
    cells: Annotated[int, Field(ge=SMALLEST, le=LARGEST, description="Cells along the longer side.")] = GRID
    size: Annotated[int, Field(ge=16, le=1024, description="Pixels of the PNG's longer side, as of /preview.")] = (
        PREVIEW
    )
    f: Annotated[Literal["json", "png"], Field(description="A grid of numbers, or a layer for the preview.")] = "json"


class Reasons(Open):
    """How much each part of a chip gave to its score."""

    rows: int
    columns: int
    grid: list[list[float]] = Field(description="Row by row from the north, 1 for the part that gave most.")
    method: str
    score: float = Field(description="Of the whole chip: the mean closeness of the question's parts.")
    most: float = Field(description="By how much the score falls at most when a patch is hidden.")
    links: list[Link]


ANSWER: JsonDict = {
    "rows": 2, "columns": 2, "grid": [[0.0, 0.2], [1.0, 0.4]], "method": "occlusion", "score": 0.61, "most": 0.12,
    "links": [{"rel": "preview", "href": "http://127.0.0.1:8000/items/000b13bc/preview", "type": "image/png"}],
}  # fmt: skip


@router.get(
    "/items/{item_id}/why",
    response_model=Reasons,
    responses={200: {"content": {"application/json": {"example": ANSWER}, "image/png": {}}}},
    summary="Which part of a chip matched",
)
async def item_why(item_id: str, reason: Annotated[Reason, Query()], desk: At, base: Base) -> Response:
    """Hide one patch of the chip after another, then all but it, and tell which parts the score rests on.

    `f=png` draws the same as a transparent layer as large as `/preview` with the same size.
    """
    chip: Chip = await desk.run(lambda: desk.library.chip(item_id))
    found: Why = await desk.run(lambda: _found(desk, chip, reason))
    if reason.f == "png":
        picture = await desk.run(lambda: _picture(chip, found, reason.size))
        return Response(picture, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})
    address = f"{base}/items/{quote(chip.id, safe='')}"
    links = [
        {"rel": "root", "href": f"{base}/", "type": "application/json"},
        {"rel": "item", "href": address, "type": "application/geo+json"},
        {"rel": "preview", "href": f"{address}/preview", "type": "image/png"},
    ]
    return json_response(found.to_json() | {"links": links})


def _found(desk: Desk, chip: Chip, reason: Reason) -> Why:
    asked = reason.model_dump(by_alias=True, exclude={"cells", "size", "f"})
    query = Address.model_validate(asked).search().query(desk.settings.limits)
    require_content(query)
    archive = desk.library.archive
    require_askable(query, archive.card)
    parts = embed(query, desk.library.with_uploads(archive), desk.library.model)
    return why(read_chip(chip), parts, desk.library.model(), cells=reason.cells)


def _picture(chip: Chip, found: Why, size: int) -> bytes:
    """Return the grid as a layer with the pixels that the preview has."""
    height, width = chip.size
    scale = size / max(height, width, 1)
    return layer_png(found, (max(1, round(height * scale)), max(1, round(width * scale))))
