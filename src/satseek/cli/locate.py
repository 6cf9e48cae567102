"""`satseek locate`: where in a scene a question points."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from satseek.cli.content import Like, LikeSensor, Must, MustNot, Sentence, Unlike
from satseek.cli.say import errors_for_people, progress, tell, write_json

if TYPE_CHECKING:
    from satseek.cli.question import Asked
    from satseek.cli.say import Ticker
    from satseek.core.model import Model
    from satseek.core.query import Example, Query
    from satseek.core.scene import Scene
    from satseek.ingest.report import Progress
    from satseek.search.collection import Collection
    from satseek.search.locate.locating import Way
    from satseek.search.locate.report import Localisation

_PLACE = "Where to look"
_WAY = "How to look"
_OUTPUT = "What comes out"


def run(
    subject: Annotated[
        str, typer.Argument(metavar="SCENE|ARCHIVE", help="A file, a product folder, an address; or an archive.")
    ],
    sentence: Sentence = None,
    must: Must = None,
    must_not: MustNot = None,
    like: Like = None,
    unlike: Unlike = None,
    like_sensor: LikeSensor = None,
    archive: Annotated[
        str | None,
        typer.Option("--archive", metavar="A", help="Whose chips of SCENE are used.", rich_help_panel=_PLACE),
    ] = None,
    scene: Annotated[
        str | None,
        typer.Option(
            "--scene", metavar="NAME|FILE|CHIP", help="Of ARCHIVE; else that of the best hit.", rich_help_panel=_PLACE
        ),
    ] = None,
    bbox: Annotated[
        str | None, typer.Option("--bbox", metavar="W,S,E,N", help="Only here, in degrees.", rich_help_panel=_PLACE)
    ] = None,
    area: Annotated[
        Path | None, typer.Option("--area", metavar="FILE.geojson", help="Only in a polygon.", rich_help_panel=_PLACE)
    ] = None,
    datetime: Annotated[
        str | None, typer.Option("--datetime", metavar="A/B", help="Of ARCHIVE's scenes.", rich_help_panel=_PLACE)
    ] = None,
    sensor: Annotated[
        str | None,
        typer.Option("--sensor", metavar="S", help="Of ARCHIVE's scenes, or of SCENE.", rich_help_panel=_PLACE),
    ] = None,
    bands: Annotated[
        str | None,
        typer.Option("--bands", metavar="B04,B03,…", help="Of SCENE, in their order.", rich_help_panel=_PLACE),
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="U", help="Of SCENE's numbers.", rich_help_panel=_PLACE)
    ] = None,
    scales: Annotated[
        str, typer.Option("--scales", metavar="1,2,…", help="Source pixels per chip pixel.", rich_help_panel=_WAY)
    ] = "1,2,4",
    stored: Annotated[
        bool,
        typer.Option("--stored", help="Only chips that are stored, however cut: read no pixel.", rich_help_panel=_WAY),
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Add what must be encoded to the archive first.", rich_help_panel=_WAY)
    ] = False,
    cut: Annotated[
        str,
        typer.Option("--cut", metavar="auto|0..1", help="Heat from which spots are outlined.", rich_help_panel=_WAY),
    ] = "auto",
    model: Annotated[
        str | None, typer.Option("--model", help="The archive's own unless told.", rich_help_panel=_WAY)
    ] = None,
    device: Annotated[
        str, typer.Option("--device", metavar="D", help="auto, cpu, cuda or mps.", rich_help_panel=_WAY)
    ] = "auto",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="HEAT.tif", help="The heat.", rich_help_panel=_OUTPUT)
    ] = None,
    polygons: Annotated[
        Path | None,
        typer.Option("--polygons", metavar="OUT.geojson", help="The spots.", rich_help_panel=_OUTPUT),
    ] = None,
    overlay: Annotated[
        Path | None,
        typer.Option("--overlay", metavar="OUT.png", help="The heat over the scene.", rich_help_panel=_OUTPUT),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="All but the heat as JSON.", rich_help_panel=_OUTPUT)] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.", rich_help_panel=_OUTPUT)] = False,
) -> None:
    """Show where in a scene a sentence, keywords or examples point: a heat map, and the spots that stand out.

    Examples:

      satseek locate scene.tif "an airport with a runway" --model amfmn -o heat.tif

      satseek locate ./archive "a harbour" --bbox 8,48,9,49 --polygons spots.geojson

      satseek locate scene.tif --like pool.png --archive ./archive --keep --overlay found.png
    """
    with errors_for_people():
        _require_files(output, polygons, overlay)
        way = _way(scales, cut, stored)
        from satseek.cli.question import Asked

        asked = Asked(
            sentence,
            must,
            must_not,
            like,
            unlike,
            like_sensor,
            bbox,
            area,
            datetime,
            None if sensor is None else [sensor],
        )
        place = _Place(subject, archive, scene, sensor, bands, unit, model)
        found = place.opened(asked)
        if keep:
            _kept(found, way, device, quiet or json)
        with progress("Encoding", quiet=quiet or json) as ticker:
            result = _located(found, way, device, ticker)
        _write(result, output, polygons, overlay, json)


@dataclass(frozen=True)
class _Found:
    """What is looked at, what is asked, and with what."""

    scene: Scene
    query: Query
    collection: Collection | None  # None: there is no archive
    alone: Model | None = None  # the model, where there is no archive

    def model(self, device: str) -> Model:
        """Return the model, computing on a device."""
        from satseek.cli.filling import compute_on

        model = self.collection.model if self.collection is not None else self.alone
        assert model is not None
        compute_on(model, device)
        return model


@dataclass(frozen=True)
class _Place:
    """Where to look, as it was typed."""

    subject: str
    archive: str | None
    scene: str | None
    sensor: str | None
    bands: str | None
    unit: str | None
    model: str | None

    def opened(self, asked: Asked) -> _Found:
        """Return the scene, the query, and the archive or else the model."""
        from satseek.core.errors import UsageError
        from satseek.search.collection import open_archive

        if _is_archive(self.subject):
            if self.archive is not None:
                raise UsageError(f"'{self.subject}' is an archive itself. Name the scene in it with --scene.")
            if self.bands or self.unit:
                raise UsageError("--bands and --unit are said of a file; the archive knows them of its own scenes.")
            collection = open_archive(self.subject, self.model)
            query = asked.query(collection)
            return _Found(self._chosen(collection, query), query, collection)
        if self.scene is not None:
            raise UsageError(f"--scene names a scene of an archive, and '{self.subject}' is none.")
        if self.archive is not None:
            collection = open_archive(self.archive, self.model)
            return _Found(self._file(), asked.query(collection), collection)
        query = asked.query(_NoArchive())  # type: ignore[arg-type]
        return _Found(self._file(), query, None, self._named_model())

    def _chosen(self, collection: Collection, query: Query) -> Scene:
        from satseek.search.locate.subject import named_scene, scene_with_best_hit

        if self.scene is not None:
            return named_scene(collection.archive, self.scene, query)
        return scene_with_best_hit(collection.archive, query, lambda: collection.model)

    def _file(self) -> Scene:
        from satseek.cli.filling import override_of
        from satseek.core.errors import SourceError, UsageError
        from satseek.ingest.discover import discover

        refused: list[str] = []
        override = override_of(sensor=self.sensor, bands=self.bands, unit=self.unit, nodata=None, datetime=None)
        scenes = discover([self.subject], override=override, on_refused=lambda source, why: refused.append(why))
        first, second = next(scenes, None), next(scenes, None)
        if first is None:
            raise SourceError(refused[0] if refused else f"'{self.subject}' holds no scene.")
        if second is not None:
            raise UsageError(
                f"'{self.subject}' holds several scenes, such as {first.source} and {second.source}. Name one of them, "
                "or ingest them and ask the archive."
            )
        return first

    def _named_model(self) -> Model:
        from satseek.models.catalogue import DEFAULT_MODEL, load_model

        return load_model(self.model or DEFAULT_MODEL)


class _NoArchive:
    """Reads examples where there is no archive: they are files."""

    def weighted_example(self, text: str) -> Example:
        """Return a file, perhaps with `:weight` behind it, as an example."""
        from satseek.core.errors import UsageError
        from satseek.core.query import Example, split_weight

        name, weight = (text, 1.0) if Path(text).exists() else split_weight(text)
        if not (Path(name).exists() or "://" in name or name.startswith("/vsi")):
            raise UsageError(f"There is no file '{name}'. If it is a chip's id, say whose: --archive ARCHIVE.")
        return Example(file=name, weight=weight)


def _is_archive(subject: str) -> bool:
    from satseek.archive.schema import TABLE

    if "://" in subject:
        from satseek.ingest.folder import is_image_name

        return not subject.startswith(("http://", "https://")) and not is_image_name(subject)
    return (Path(subject) / f"{TABLE}.lance").is_dir()


def _way(scales: str, cut: str, stored: bool) -> Way:
    from satseek.core.errors import UsageError
    from satseek.search.locate.locating import Way

    try:
        numbers = tuple(float(scale) for scale in scales.split(",") if scale.strip())
    except ValueError:
        raise UsageError(f"Cannot read the scales '{scales}'. Write numbers such as --scales 1,2,4.") from None
    try:
        return Way(scales=numbers, cut=None if cut == "auto" else float(cut), stored_only=stored)
    except ValueError:
        raise UsageError(f"Cannot read the cut '{cut}'. Write auto, or a number from 0 to 1.") from None


def _require_files(output: Path | None, polygons: Path | None, overlay: Path | None) -> None:
    """Refuse endings that say something else than what is written, before any work is done."""
    from satseek.search.locate.report import require_ending

    for path, endings in ((output, (".tif", ".tiff")), (polygons, (".geojson",)), (overlay, (".png",))):
        if path is not None:
            require_ending(path, endings)


def _kept(found: _Found, way: Way, device: str, quiet: bool) -> None:
    """Ingest the scene as it is looked at: half-chip shifts, all scales. What is held already is not read again."""
    from satseek.core.errors import UsageError
    from satseek.ingest.cut import CutPlan
    from satseek.ingest.pipeline import ingest
    from satseek.search.locate.gather import OVERLAP, USUAL_CHIP

    if found.collection is None:
        raise UsageError("--keep adds chips to an archive. Say which one: --archive ARCHIVE.")
    if way.stored_only:
        raise UsageError("--stored reads nothing and --keep reads what is missing. Give one of them.")
    model = found.model(device)
    plan = CutPlan(chip=model.card.chip_size or USUAL_CHIP, overlap=OVERLAP, scales=way.scales)
    with progress("Ingesting", quiet=quiet) as ticker:
        done = 0

        def on_progress(now: Progress) -> None:
            nonlocal done
            ticker.expect(now.windows)
            ticker.advance(max(0, now.done - done))
            done = max(done, now.done)

        report = ingest(found.collection.archive, [found.scene], model=model, plan=plan, on_progress=on_progress)
    tell(f"{report.added:,} chips added to {found.collection.archive.uri}, {report.already_there:,} already there")


def _located(found: _Found, way: Way, device: str, ticker: Ticker) -> Localisation:
    from satseek.search.locate.locating import locate

    collection, done = found.collection, 0

    def on_progress(now: int, total: int) -> None:
        nonlocal done
        ticker.expect(total)
        ticker.advance(now - done)
        done = now

    card = collection.archive.card if collection is not None else found.model(device).card
    return locate(
        found.scene,
        found.query,
        card=card,
        model=lambda: found.model(device),
        archive=None if collection is None else collection.archive,
        way=way,
        on_progress=on_progress,
    )


def _write(result: Localisation, output: Path | None, polygons: Path | None, overlay: Path | None, json: bool) -> None:
    if polygons is not None and not result.has_place:
        from satseek.core.errors import UsageError
        from satseek.search.locate.report import NO_PLACE

        raise UsageError(NO_PLACE)
    for path, content in ((output, "the heat"), (polygons, "the spots"), (overlay, "the heat over the scene")):
        if path is not None:
            result.save(path)
            tell(f"{content} written to {path}")
    if json:
        write_json(result.to_json())
    else:
        print(result)
