"""The application: an archive, a model and the paths by which they are asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from satseek import __version__
from satseek.core.model import Model
from satseek.service import errors, page
from satseek.service.decoder import Decoder
from satseek.service.desk import Desk
from satseek.service.guard import Guard
from satseek.service.jobs import Jobs
from satseek.service.library import Library
from satseek.service.maps import Maps
from satseek.service.metrics import Metrics
from satseek.service.public import Names
from satseek.service.routes import (
    archive,
    health,
    images,
    ingest,
    items,
    locate,
    refine,
    scenes,
    search,
    stac,
    tiles,
    why,
)
from satseek.service.settings import Settings
from satseek.service.suggest import Suggestions
from satseek.service.work import Workbench


def create_app(settings: Settings, *, model: Model | None = None) -> FastAPI:
    """Return the application for one archive; without a model, the archive's own is loaded when needed."""
    desk = desk_of(settings, model=model)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()

    app = FastAPI(
        title="SatSeek",
        version=__version__,
        summary="Search a satellite and aerial archive by words, by keywords, by example, and across sensors.",
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.desk = desk
    errors.install(app)
    for routes in (
        stac,
        search,
        refine,
        locate,
        images,
        items,
        why,
        scenes,
        tiles,
        archive,
        health,
        *([ingest] if desk.jobs else []),
    ):
        app.include_router(routes.router)
    if page.index() is not None:
        app.mount(page.PREFIX.rstrip("/"), page.PageFiles(directory=page.STATIC), name="page")
    app.add_middleware(Guard, settings=settings, metrics=desk.metrics)
    if settings.cors:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Accept"],
            expose_headers=["Link", "ETag"],
        )
    return app


def desk_of(settings: Settings, *, model: Model | None = None) -> Desk:
    """Put together what the routes need."""
    library, names = Library(settings.archive, model=model), Names(settings.archive)
    return Desk(
        settings=settings,
        library=library,
        work=Workbench(settings.limits),
        metrics=Metrics(),
        names=names,
        decoder=Decoder(settings.limits),
        suggestions=Suggestions(library),
        maps=Maps(settings.limits.maps),
        jobs=Jobs(library, settings, names) if settings.ingest_from else None,
    )
