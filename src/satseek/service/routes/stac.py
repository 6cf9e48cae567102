"""The paths that STAC clients know: `/`, `/conformance`, `/queryables`, `/collections` and their items."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from satseek.archive.reports import ArchiveInfo
from satseek.service import page, stac_pages
from satseek.service.answers import FORMATS, Asked, answer, json_response
from satseek.service.asked import Address
from satseek.service.desk import At, Base, Desk
from satseek.service.errors import Problem
from satseek.service.routes.items import item_response
from satseek.service.schemas import PROBLEMS, Item, Link, Open, Page

router = APIRouter(tags=["STAC"], responses=PROBLEMS)


class Landing(Open):
    """A STAC catalog."""

    id: str
    type: str
    description: str
    conformsTo: list[str]  # noqa: N815 - as OGC API writes it
    links: list[Link]


class Conformance(Open):
    """What the API keeps to."""

    conformsTo: list[str]  # noqa: N815 - as OGC API writes it


class Collection(Open):
    """The chips of one sensor."""

    id: str
    title: str
    description: str
    license: str
    extent: dict[str, Any]
    links: list[Link]


class Collections(Open):
    """All collections."""

    collections: list[Collection]
    links: list[Link]


@router.get("/", response_model=Landing, responses={200: {"content": {"text/html": {}}}}, summary="Start here")
async def landing(request: Request, desk: At, base: Base) -> Response:
    """Return the page to a browser, and the STAC catalog to everybody else."""
    if page.index() is not None and page.wants_page(request.headers.get("accept", "")):
        return page.index_response(request.headers)
    found = json_response(stac_pages.landing(await _info(desk), base))
    found.headers["Vary"] = "Accept"
    return found


@router.get("/conformance", response_model=Conformance, summary="What the API keeps to")
async def conformance() -> Response:
    """List the conformance classes."""
    return json_response({"conformsTo": stac_pages.CONFORMS})


@router.get("/queryables", summary="What a filter may name")
async def queryables(desk: At, base: Base) -> dict[str, Any]:
    """Return a JSON schema of the properties that filters may name."""
    found: dict[str, Any] = await desk.run(
        lambda: desk.library.of_version("queryables", lambda archive: stac_pages.queryables(archive, base))
    )
    return found | {"$id": f"{base}/queryables"}


@router.get("/collections", response_model=Collections, summary="One collection for each sensor")
async def collections(desk: At, base: Base) -> Response:
    """List the collections: the sensors that the archive holds chips of."""
    return json_response(stac_pages.collections(await _info(desk), base))


@router.get("/collections/{collection_id}", response_model=Collection, summary="One sensor's chips")
async def collection(collection_id: str, desk: At, base: Base) -> Response:
    """Describe one collection."""
    return json_response(stac_pages.collection(collection_id, await _known(desk, collection_id), base))


@router.get("/collections/{collection_id}/queryables", summary="What a filter of this collection may name")
async def collection_queryables(collection_id: str, desk: At, base: Base) -> dict[str, Any]:
    """Return the same as `/queryables`."""
    await _known(desk, collection_id)
    return await queryables(desk, base) | {"$id": f"{base}/collections/{collection_id}/queryables"}


@router.get("/collections/{collection_id}/items", response_model=Page, responses=FORMATS, summary="Items, newest first")
async def items(
    collection_id: str, address: Annotated[Address, Query()], request: Request, desk: At, base: Base
) -> Response:
    """List a collection's items; everything that `/search` understands holds here too."""
    await _known(desk, collection_id)
    search = address.search().model_copy(update={"collections": [collection_id], "sensors": None})
    return await answer(desk, Asked.by(request, search, base, address.f))


@router.get("/collections/{collection_id}/items/{item_id}", response_model=Item, summary="One item")
async def item(collection_id: str, item_id: str, desk: At, base: Base) -> Response:
    """Return one item of a collection."""
    await _known(desk, collection_id)
    return await item_response(desk, base, item_id, collection_id)


async def _info(desk: Desk) -> ArchiveInfo:
    return await desk.run(desk.library.info)


async def _known(desk: Desk, collection_id: str) -> ArchiveInfo:
    info = await _info(desk)
    if collection_id not in info.sensors:
        raise Problem(404, "There is no such collection. See /collections.")
    return info
