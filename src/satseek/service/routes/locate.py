"""Where in a scene a question points: `/locate`, and the files of its answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from satseek.core.errors import UsageError
from satseek.core.query import Query
from satseek.core.scene import Scene
from satseek.search.locate.locating import Way, locate, require_content
from satseek.search.locate.report import ALL_THE_SAME, Localisation
from satseek.search.locate.subject import scene_of_chip, scene_with_best_hit
from satseek.service.answers import GEOJSON, json_response
from satseek.service.asked import Picture, Search, Word
from satseek.service.desk import At, Base, Desk
from satseek.service.errors import Problem
from satseek.service.library import require_askable
from satseek.service.maps import HeatMap, name_of
from satseek.service.routes.items import UNREADABLE
from satseek.service.schemas import PROBLEMS, Link, Open

COG = "image/tiff; application=geotiff; profile=cloud-optimized"
MOST_SCALES = 6
EXAMPLE: JsonDict = {"q": "a harbour", "scene": "scene-6596ae8af53be04d", "scales": [1, 2, 4], "cut": "auto"}
IN_A_BOX: JsonDict = {"q": "a harbour", "bbox": [-118.4, 33.6, -118.0, 33.9], "sensor": "s2"}
MapId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Of a map, as the links of `/locate` have it.")]
router = APIRouter(tags=["locate"], responses=PROBLEMS | UNREADABLE)


class Locate(BaseModel):
    """What to look for, and in which scene: one that is named, or the one with the best hit in an area."""

    model_config = ConfigDict(
        extra="forbid", populate_by_name=True, json_schema_extra={"examples": [EXAMPLE, IN_A_BOX]}
    )

    q: Annotated[str | None, Field(description="A sentence that says what to look for.")] = None
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False, description="How much the sentence counts.")] = 1.0
    must: Annotated[list[str | Word], Field(description="Keywords of what must be there.")] = []
    not_: Annotated[list[str | Word], Field(alias="not", description="Keywords of what must not be there.")] = []
    like: Annotated[list[str | Picture], Field(description="Ids of chips to find more of.")] = []
    unlike: Annotated[list[str | Picture], Field(description="Ids of chips to find less of.")] = []
    scene: Annotated[str | None, Field(description="The id of a scene, as `/scenes` has it.")] = None
    bbox: Annotated[list[float] | None, Field(description="Look only here: west, south, east, north.")] = None
    intersects: Annotated[dict[str, Any] | None, Field(description="Look only here: a GeoJSON geometry.")] = None
    datetime: Annotated[str | None, Field(description="Of the scene, where none is named.")] = None
    sensor: Annotated[str | None, Field(description="Of the scene, where none is named.")] = None
    scales: Annotated[
        list[Annotated[float, Field(ge=0.1, le=1000, allow_inf_nan=False)]],
        Field(min_length=1, max_length=MOST_SCALES, description="Source pixels per chip pixel, of what is encoded."),
    ] = [1.0, 2.0, 4.0]
    cut: Annotated[
        Literal["auto"] | Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)],
        Field(description="Heat in 0…1 from which spots are outlined; auto outlines nothing that is not convincing."),
    ] = "auto"
    encode: Annotated[
        bool, Field(description="Read and encode what is not stored of the scene, instead of using what is.")
    ] = False

    def query(self, desk: Desk) -> Query:
        """Return the query behind it."""
        kept = self.model_dump(by_alias=True, exclude={"scene", "sensor", "scales", "cut", "encode"})
        search = Search.model_validate(kept | ({"sensors": [self.sensor]} if self.sensor is not None else {}))
        return search.query(desk.settings.limits)


class Overlay(Open):
    """A picture that a map of the web draws between its bounds."""

    href: str
    bounds: list[float] = Field(description="west, south, east, north in degrees; an east above 180 runs over 180°.")


class SpotFacts(Open):
    """What is known of a spot."""

    rank: int
    mean: float = Field(description="Heat in 0…1.")
    peak: float
    area_m2: float


class Spot(Open):
    """A place where the heat lies above the cut."""

    type: str = "Feature"
    geometry: dict[str, Any]
    properties: SpotFacts


class Spots(Open):
    """The places that a question points at in one scene, the hottest first."""

    type: str = "FeatureCollection"
    features: list[Spot]
    links: list[Link]
    numberReturned: int  # noqa: N815 - as OGC API Features writes it
    found: bool = Field(alias="satseek:found", description="Whether anything in the scene is convincing.")
    overlay: Overlay = Field(alias="satseek:overlay")
    scene: str = Field(alias="satseek:scene")
    explanation: dict[str, Any] = Field(alias="satseek:explanation")
    notes: list[str] = Field(alias="satseek:notes")


ANSWER: JsonDict = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [
            [[-118.29, 33.71], [-118.17, 33.71], [-118.17, 33.78], [-118.29, 33.78], [-118.29, 33.71]]]},
         "properties": {"rank": 1, "mean": 0.81, "peak": 1.0, "area_m2": 61200000.0}}
    ],
    "numberReturned": 1,
    "links": [
        {"rel": "heatmap", "href": "http://127.0.0.1:8000/locate/0f3a…/heat.tif", "type": COG},
        {"rel": "heatmap", "href": "http://127.0.0.1:8000/locate/0f3a…/heat.png", "type": "image/png"},
    ],
    "satseek:found": True,
    "satseek:scene": "scene-6596ae8af53be04d",
    "satseek:overlay": {"href": "http://127.0.0.1:8000/locate/0f3a…/heat.png", "bounds": [-119.1, 33.6, -118.0, 34.2]},
    "satseek:explanation": {"cut": 0.53, "probability": 0.92, "chips": 3505, "stored": 3505, "encoded": 0},
    "satseek:notes": [],
}  # fmt: skip


@router.post(
    "/locate",
    response_model=Spots,
    responses={200: {"content": {GEOJSON: {"example": ANSWER}, "application/json": {"example": ANSWER}}}},
    summary="Where in a scene a question points",
)
async def post_locate(asked: Locate, request: Request, desk: At, base: Base) -> Response:
    """Average the scores of a scene's chips into a heat map, and outline its hottest spots.

    Heat is 0 at the scene's usual score and 1 at its hottest place, so it compares places of one scene, not scenes.
    """

    def made() -> dict[str, Any]:
        query = asked.query(desk)
        require_content(query)
        archive = desk.library.archive
        require_askable(query, archive.card)
        name = name_of(*desk.library.state()[:2], query.to_json(), asked.scene, asked.scales, asked.cut, asked.encode)
        heat = desk.maps.get_or_make(name, lambda: _made(desk, asked, query))
        return _collection(name, heat, base)

    return json_response(await desk.run(made), media_type=GEOJSON)


@router.get(
    "/locate/{map_id}/heat.tif",
    responses={200: {"content": {"image/tiff": {}}, "description": "A cloud-optimised GeoTIFF in the scene's CRS."}},
    response_class=Response,
    summary="A heat map as GeoTIFF",
)
async def heat_tif(map_id: MapId, request: Request, desk: At) -> Response:
    """Return the heat in 0…1 as 32-bit floats, NaN where nothing was looked at."""
    return _file(request, _kept(desk, map_id).tif, map_id, COG)


@router.get(
    "/locate/{map_id}/heat.png",
    responses={200: {"content": {"image/png": {}}, "description": "The heat in the web's projection, transparent."}},
    response_class=Response,
    summary="A heat map as a layer of a web map",
)
async def heat_png(map_id: MapId, request: Request, desk: At) -> Response:
    """Return the picture that belongs between the bounds that `/locate` told."""
    return _file(request, _kept(desk, map_id).png, map_id, "image/png")


def _made(desk: Desk, asked: Locate, query: Query) -> HeatMap:
    library, limits = desk.library, desk.settings.limits
    archive = library.with_uploads(library.archive)
    scene = _scene(desk, asked, query)
    way = Way(
        scales=tuple(asked.scales),
        cut=None if asked.cut == "auto" else float(asked.cut),
        stored_only=not asked.encode,
        most_chips=limits.map_chips,
        most_encoded=limits.map_encoded,
    )
    found = locate(
        scene, query, card=archive.card, model=library.model, archive=archive, way=way, judge=desk.maps.judge
    )
    if not found.has_place:
        raise UsageError("This scene has no place on the globe, so there is no map of it. Search it instead.")
    layer = found.web_layer()
    return HeatMap(_facts(desk, found), found.spots, found.cog(), layer.png, layer.bounds)


def _scene(desk: Desk, asked: Locate, query: Query) -> Scene:
    archive = desk.library.archive
    if asked.scene is None:
        return scene_with_best_hit(desk.library.with_uploads(archive), query, desk.library.model)
    chip_id = desk.scenes().chip_of(asked.scene)
    if chip_id is None:
        raise Problem(404, "The archive has no scene with this id. /scenes lists those that it has.")
    return scene_of_chip(archive.get([chip_id])[0])


def _facts(desk: Desk, found: Localisation) -> dict[str, Any]:
    """Return how a map came about, without a path."""
    hidden = {found.scene.source, *(band.href for band in found.scene.bands)}
    facts = {key: value for key, value in found.facts().items() if key not in ("scene", "source", "query", "notes")}
    return {
        "satseek:found": found.found,
        "satseek:scene": desk.names.of_scene(found.scene.id),
        "satseek:query": found.query.to_json(),
        "satseek:explanation": facts,
        "satseek:notes": [
            *(note for note in found.notes if not any(path in note for path in hidden)),
            *([] if found.outlined or found.is_flat else [f"No convincing match. {ALL_THE_SAME}"]),
        ],
    }


def _collection(name: str, heat: HeatMap, base: str) -> dict[str, Any]:
    address = f"{base}/locate/{quote(name)}"
    picture = f"{address}/heat.png"
    links = [
        {"rel": "root", "href": f"{base}/", "type": "application/json"},
        {"rel": "heatmap", "href": f"{address}/heat.tif", "type": COG, "title": "The heat in the scene's projection"},
        {"rel": "heatmap", "href": picture, "type": "image/png", "title": "The heat as a layer of a web map"},
    ]
    return {
        "type": "FeatureCollection",
        "features": list(heat.spots),
        "numberReturned": len(heat.spots),
        "links": links,
        "satseek:overlay": {"href": picture, "bounds": [round(side, 7) for side in heat.bounds]},
        **heat.facts,
    }


def _kept(desk: Desk, map_id: str) -> HeatMap:
    heat = desk.maps.get(map_id)
    if heat is None:
        raise Problem(404, "This map is not remembered any more. Ask for it again: POST /locate.")
    return heat


def _file(request: Request, content: bytes, map_id: str, media_type: str) -> Response:
    tag = f'"{map_id}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=3600"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
