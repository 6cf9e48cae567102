"""What a map needs beside the hits: the scenes that lie there, and what other sensors saw at a chip's place."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request, Response

from satseek.core.area import Area
from satseek.core.errors import UsageError
from satseek.search.twins import Twin, twins
from satseek.service.answers import GEOJSON, json_response
from satseek.service.asked import offset_of, token_of
from satseek.service.desk import At, Base, Desk
from satseek.service.public import item_of
from satseek.service.schemas import PROBLEMS, Item, Link, Open

MOST_SCENES = 500
MOST_TWINS = 20

router = APIRouter(tags=["scenes"], responses=PROBLEMS)


class SceneFeature(Open):
    """A scene: where it lies, and the address of its tiles."""

    type: str = "Feature"
    id: str
    geometry: dict[str, Any] | None = None
    bbox: list[float] | None = None
    properties: dict[str, Any]
    links: list[Link]


class ScenePage(Open):
    """Scenes, newest first."""

    type: str = "FeatureCollection"
    features: list[SceneFeature]
    numberMatched: int  # noqa: N815 - as OGC API Features writes it
    numberReturned: int  # noqa: N815
    links: list[Link]


class Twins(Open):
    """Chips of other sensors at one place, the most alike first."""

    type: str = "FeatureCollection"
    features: list[Item]
    numberReturned: int  # noqa: N815
    links: list[Link]


SCENES_EXAMPLE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature", "id": "scene-6596ae8af53be04d", "bbox": [-119.08, 33.71, -118.06, 34.32],
            "geometry": {"type": "Polygon", "coordinates": [
                [[-119.08, 33.71], [-118.06, 33.71], [-118.06, 34.32], [-119.08, 34.32], [-119.08, 33.71]]]},
            "properties": {
                "title": "Sentinel-2 reflectance, 2020-11-04", "sensor": "s2", "datetime": "2020-11-04T18:35:41Z",
                "chips": 1200, "satseek:scene": "scene-6596ae8af53be04d", "item": "000b13bcad9e15a66b31c049",
                "tiles": "http://127.0.0.1:8000/tiles/{z}/{x}/{y}?scene=scene-6596ae8af53be04d"},
            "links": [],
        }
    ],
    "numberMatched": 1, "numberReturned": 1, "links": [],
}  # fmt: skip
TWINS_EXAMPLE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature", "id": "93dcb13167eb60c4ea632921", "collection": "s1", "geometry": None, "links": [],
            "properties": {"satseek:overlap": 1.0, "satseek:size_ratio": 1.25, "satseek:days": -2.5},
            "assets": {"in_place": {
                "href": "http://127.0.0.1:8000/items/93dcb13167eb60c4ea632921/preview?place=000b13bcad9e15a66b31c049",
                "type": "image/png"}},
        }
    ],
    "numberReturned": 1, "links": [],
}  # fmt: skip


@router.get(
    "/scenes",
    response_model=ScenePage,
    responses={200: {"content": {"application/json": {"example": SCENES_EXAMPLE}}}},
    summary="The scenes that the chips are cut from",
)
async def scenes(
    request: Request,
    desk: At,
    base: Base,
    bbox: Annotated[str | None, Query(description="Scenes that touch this box.", examples=["-120,33,-117,35"])] = None,
    sensor: Annotated[list[str] | None, Query(description="Of this sensor; may be repeated.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_SCENES, description="Scenes of one page.")] = 100,
    token: Annotated[str | None, Query(description="Of the next page, as its link has it.")] = None,
) -> Response:
    """List scenes, newest first: outline, sensor, date, and the address of map tiles for each."""
    where = None if bbox is None else Area.from_bbox(bbox)
    offset = 0 if token is None else offset_of(token)

    def made() -> dict[str, Any]:
        listed = desk.scenes()
        found = listed.scenes.matching(where, sensor or ())
        features = listed.features([int(number) for number in found[offset : offset + limit]], base)
        links = [_link("root", f"{base}/", "application/json"), _link("self", str(request.url), GEOJSON)]
        if offset + limit < len(found):
            kept = [(key, value) for key, value in request.query_params.multi_items() if key != "token"]
            links.append(_link("next", f"{base}/scenes?{urlencode([*kept, ('token', token_of(offset + limit))])}"))
        return {
            "type": "FeatureCollection",
            "features": features,
            "numberMatched": len(found),
            "numberReturned": len(features),
            "links": links,
        }

    return json_response(await desk.run(made), media_type=GEOJSON)


@router.get(
    "/items/{item_id}/twins",
    response_model=Twins,
    responses={200: {"content": {"application/json": {"example": TWINS_EXAMPLE}}}},
    summary="What other sensors saw at this place",
)
async def item_twins(
    item_id: str,
    desk: At,
    base: Base,
    sensor: Annotated[list[str] | None, Query(description="Only of this sensor; may be repeated.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_TWINS, description="Of each sensor.")] = 3,
) -> Response:
    """Return chips of other sensors that lie where this one lies, the most alike in ground, scale and date first.

    Each has `satseek:overlap` (the share of this chip's ground that it shows), `satseek:size_ratio` (how many times
    as wide it is), `satseek:days` (by which it is later), and an asset `in_place`: its scene drawn on this chip's
    ground, pixel by pixel, to lay one over the other.
    """

    def made() -> list[dict[str, Any]]:
        chip = desk.library.chip(item_id)
        held = desk.library.info().sensors
        if unknown := [name for name in sensor or () if name not in held]:
            raise UsageError(f"The archive holds no chips of '{unknown[0][:40]}'. It holds {', '.join(held)}.")
        found = twins(desk.library.archive, chip, sensors=sensor or list(held), each=limit)
        return [_twin_item(desk, twin, chip.id, base) for twin in found]

    features = await desk.run(made)
    links = [_link("root", f"{base}/", "application/json"), _link("of", f"{base}/items/{quote(item_id, safe='')}")]
    page = {"type": "FeatureCollection", "features": features, "numberReturned": len(features), "links": links}
    return json_response(page, media_type=GEOJSON)


def _twin_item(desk: Desk, twin: Twin, place: str, base: str) -> dict[str, Any]:
    item = item_of(twin.chip, desk.names, base)
    item["properties"] |= {
        "satseek:overlap": round(twin.overlap, 4),
        "satseek:size_ratio": round(twin.size_ratio, 3),
        "satseek:days": None if twin.days is None else round(twin.days, 2),
    }
    preview = item["assets"]["preview"]
    item["assets"]["in_place"] = preview | {
        "href": f"{preview['href']}?place={quote(place, safe='')}",
        "title": "Its scene on the ground of the chip asked about",
    }
    return item


def _link(rel: str, href: str, kind: str = GEOJSON) -> dict[str, str]:
    return {"rel": rel, "href": href, "type": kind}
