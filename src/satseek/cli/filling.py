"""From what was typed to a filled archive: the work behind `satseek ingest`, and behind the demo's own ingest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING

from satseek.cli.say import Ticker, progress, tell

if TYPE_CHECKING:
    from satseek.archive.archive import Archive
    from satseek.core.card import ModelCard
    from satseek.core.model import Model
    from satseek.core.result import IngestReport
    from satseek.core.scene import Scene
    from satseek.ingest.cut import CutPlan
    from satseek.ingest.forecast import Forecast
    from satseek.ingest.report import Progress, Tally
    from satseek.ingest.write import Added
    from satseek.raster.recognise import Override


@dataclass(frozen=True)
class Wanted:
    """Which items are taken from STAC, as it was typed."""

    bbox: str | None = None
    datetime: str | None = None
    query: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    limit: int | None = None


@dataclass(frozen=True)
class OnRay:
    """The Ray cluster to work on, as it was typed."""

    address: str
    actors: int | None = None
    gpus_per_actor: float = 0.0


@dataclass(frozen=True)
class Work:
    """What one ingest is to do."""

    archive: str
    sources: tuple[str, ...]
    override: Override
    wanted: Wanted = field(default_factory=Wanted)
    annotations: str | None = None
    workers: int | None = None
    batch: int = 64
    commit_rows: int = 5_000
    optimize: bool = True
    cluster: OnRay | None = None


def cluster_of(address: str | None, *, actors: int | None, gpus_per_actor: float) -> OnRay | None:
    """Return the cluster that is meant; what only a cluster has is refused without one."""
    from satseek.core.errors import UsageError

    if address is not None:
        return OnRay(address, actors, gpus_per_actor)
    if actors is not None or gpus_per_actor:
        raise UsageError("--actors and --gpus-per-actor are of a cluster: name it with --ray ADDRESS, or --ray local.")
    return None


def override_of(
    *, sensor: str | None, bands: str | None, unit: str | None, nodata: float | None, datetime: str | None
) -> Override:
    """Check what is said of all files, and return it; a date is the start of the one day or moment that is meant."""
    from satseek.core.errors import UsageError
    from satseek.core.period import Period
    from satseek.core.sensor import SENSORS
    from satseek.raster.recognise import Override

    names = tuple(name.strip() for name in bands.split(",") if name.strip()) if bands else ()
    if sensor is not None:
        kind = SENSORS.get(sensor)
        kind.require_bands([name for name in names if name != "-"])
    if bands is not None and not names:
        raise UsageError("--bands is empty. Name the bands of a file in their order, such as B04,B03,B02.")
    period = None if datetime is None else Period.parse(datetime)
    moment = period.start if period is not None and "/" not in str(datetime) else None
    return Override(sensor=sensor, bands=names, unit=unit, nodata=nodata, datetime=moment)


def model_and_archive(
    uri: str, name: str | None, device: str = "auto", devices: int | None = None
) -> tuple[Model, Archive | None]:
    """Return the model to fill an archive with, and the archive if there is one: its own model unless one is named."""
    model, archive = _model_and_archive(uri, name)
    return compute_on(model, device, devices), archive


def _model_and_archive(uri: str, name: str | None) -> tuple[Model, Archive | None]:
    from satseek.archive.archive import Archive
    from satseek.core.errors import ArchiveNotFound
    from satseek.models.catalogue import DEFAULT_MODEL, load_model, model_for

    model = None if name is None else load_model(name)
    try:
        archive = Archive.open(uri, card=None if model is None else model.card)
    except ArchiveNotFound:
        return model or load_model(DEFAULT_MODEL), None
    return model or model_for(archive.card), archive


def compute_on(model: Model, device: str, devices: int | None = None) -> Model:
    """Return the model as it computes where it is told; PyTorch is loaded only for one that needs it, or if asked."""
    if device != "auto" or devices is not None or hasattr(model, "move_to"):
        from satseek.models.many_devices import on_devices
        from satseek.models.memory import keep_large_blocks

        keep_large_blocks()
        return on_devices(model, device, devices)
    return model


def plan_of(
    card: ModelCard,
    *,
    chip: int | None,
    overlap: float,
    scales: str,
    chip_metres: float | None,
    max_nodata: float,
    whole: bool | None,
) -> CutPlan:
    """Check how scenes are to be cut; a chip is as large as the model was made for unless told."""
    from satseek.core.errors import UsageError
    from satseek.ingest.cut import CutPlan

    try:
        numbers = tuple(float(scale) for scale in scales.split(",") if scale.strip())
    except ValueError:
        raise UsageError(f"Cannot read the scales '{scales}'. Write numbers such as --scales 1,2,4.") from None
    return CutPlan(
        chip=chip if chip is not None else card.chip_size or CutPlan.chip,
        overlap=overlap,
        scales=numbers,
        chip_metres=chip_metres,
        max_nodata=max_nodata,
        whole_images=whole,
    )


def count(work: Work, plan: CutPlan, model: Model, archive: Archive | None) -> Forecast:
    """Count what an ingest would do; headers are opened, no pixel is read and nothing is added."""
    from satseek.ingest.forecast import forecast
    from satseek.ingest.report import Tally

    tally = Tally()
    return forecast(scenes_of(work, tally.refuse), card=model.card, plan=plan, archive=archive, tally=tally)


def fill(
    work: Work, plan: CutPlan, model: Model, archive: Archive | None, *, quiet: bool = False, lines: bool = False
) -> tuple[IngestReport, Archive | None]:
    """Run an ingest with progress on stderr; an archive is made only where there is something to put into it."""
    from satseek.ingest.pipeline import ingest
    from satseek.ingest.report import Tally
    from satseek.ingest.write import Transactions

    tally = Tally()
    archive, scenes = opened(work, model, archive, tally)
    if archive is None:
        return tally.report(), None
    with progress("Ingesting", quiet=quiet) as ticker:
        report = ingest(
            archive,
            scenes,
            model=model,
            plan=plan,
            annotations=work.annotations,
            workers=work.workers,
            batch=work.batch,
            transactions=Transactions(rows=work.commit_rows),
            tally=tally,
            on_progress=Shown(ticker),
            on_added=line_of_added if lines else None,
        )
        if work.optimize and report.added and not report.interrupted:
            tidy(archive, ticker)
    return report, archive


def opened(work: Work, model: Model, archive: Archive | None, tally: Tally) -> tuple[Archive | None, Iterator[Scene]]:
    """Return the archive to fill, made where there is something to put into it, and what is to be put there."""
    from satseek.archive.archive import Archive

    scenes = scenes_of(work, tally.refuse)
    if archive is not None:
        return archive, scenes
    first = next(scenes, None)
    return (
        (None, scenes) if first is None else (Archive.open_or_create(work.archive, model.card), chain([first], scenes))
    )


def scenes_of(work: Work, refuse: Callable[[str, str], None]) -> Iterator[Scene]:
    """Yield the scenes of all sources."""
    from satseek.ingest.discover import discover

    return iter(
        discover(
            work.sources,
            override=work.override,
            bbox=work.wanted.bbox,
            datetime=work.wanted.datetime,
            stac_query=work.wanted.query,
            collections=work.wanted.collections,
            limit=work.wanted.limit,
            on_refused=refuse,
        )
    )


def tidy(archive: Archive, ticker: Ticker) -> None:
    """Tidy up where reading becomes noticeably quicker; the chips are safe whether or not this succeeds."""
    from satseek.core.errors import ArchiveError

    try:
        if archive.is_untidy():
            ticker.describe("Optimizing")
            archive.optimize(measure=False)
    except ArchiveError as error:
        tell(f"The chips are added, but the archive could not be tidied up: {error}")


class Shown:
    """Moves a bar to where the ingest is; told from several threads."""

    def __init__(self, ticker: Ticker) -> None:
        self._ticker = ticker
        self._lock = Lock()
        self._done = 0

    def __call__(self, now: Progress) -> None:
        """Move it."""
        with self._lock:
            if now.done > self._done:
                self._ticker.advance(now.done - self._done)
                self._done = now.done
            self._ticker.expect(now.windows if now.all_known else None)


def line_of_added(added: Added) -> None:
    """Write one line of JSON for chips that are safe."""
    print(json.dumps({"added": added.new, "ids": added.ids}), flush=True)
