"""`satseek demo`: see SatSeek at work on a painted world, or on one's own data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from satseek.cli.say import INTERRUPTED, OK, SOME_REFUSED, errors_for_people, progress, stop, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from satseek.core.result import IngestReport
    from satseek.search.collection import Collection
    from satseek.search.result import SearchResult
    from satseek.search.showcase import Showing

SCENES, SIZE, SEED = 8, 2048, 7


def run(
    folder: Annotated[str, typer.Option("--folder", metavar="DIR", help="Where the demo keeps its things.")] = "demo",
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="FOLDER|STAC", help="Your own data instead of a painted world."),
    ] = None,
    scenes: Annotated[int, typer.Option("--scenes", metavar="N", help="Places to paint.")] = SCENES,
    size: Annotated[int, typer.Option("--size", metavar="PX", help="Pixels a side of the aerial pictures.")] = SIZE,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="The same seed paints the same land.")] = SEED,
    no_serve: Annotated[
        bool,
        typer.Option("--no-serve", help="End with the printed searches, as --json does, instead of serving them."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="The report and the answers as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Paint a world as three sensors see it, fill an archive with it, ask it six telling questions, and serve it.

    A second run finds everything in place and only asks. Ctrl-C ends it.

    Examples:

      satseek demo

      satseek demo --source ./my-scenes

      satseek demo --scenes 2 --size 512 --json
    """
    with errors_for_people():
        from pathlib import Path

        try:
            place = Path(folder)
            silent = quiet or json
            if source is None:
                name = "" if (scenes, size, seed) == (SCENES, SIZE, SEED) else f"-{scenes}x{size}-{seed}"
                catalog = str(_painted(place / f"world{name}", scenes, size, seed, silent))
            else:
                name, catalog = f"-of-{_slug(source)}", source
            report, collection = _filled(place / f"archive{name}", catalog, silent)
            if collection is None:
                _nothing_in(catalog, report)
            answers = _asked(collection)
            if json:
                write_json(_as_json(collection, catalog, report, answers))
            else:
                _print(collection, report, answers)
        except KeyboardInterrupt:
            stop("Stopped. Run the same command again to go on.", INTERRUPTED)
        if not (no_serve or json):
            _serve(collection.archive.uri)
    raise typer.Exit(SOME_REFUSED if report.refused else OK)


def _painted(folder: Path, scenes: int, size: int, seed: int, quiet: bool) -> Path:
    """Paint the world unless it is there."""
    catalog = folder / "catalog.json"
    if catalog.exists():
        return catalog
    from satseek.synthetic.catalog import write_catalog

    folder.parent.mkdir(parents=True, exist_ok=True)
    with progress("Painting", unit="scenes", quiet=quiet) as ticker:
        ticker.expect(scenes)

        def painted(done: int, total: int, name: str) -> None:
            ticker.advance()
            ticker.describe(f"Painted {name}")

        return write_catalog(folder, scenes=scenes, size=size, seed=seed, progress=painted)


def _filled(folder: Path, source: str, quiet: bool) -> tuple[IngestReport, Collection | None]:
    """Ingest what is not held yet, and open the archive for questions."""
    from satseek.cli import filling
    from satseek.ingest.cut import CutPlan
    from satseek.raster.recognise import Override
    from satseek.search.collection import Collection

    work = filling.Work(archive=str(folder), sources=(source,), override=Override())
    model, held = filling.model_and_archive(work.archive, None)
    plan = CutPlan(chip=model.card.chip_size or CutPlan.chip)
    report, archive = filling.fill(work, plan, model, held, quiet=quiet)
    if report.interrupted:
        raise KeyboardInterrupt
    return report, Collection(archive, model) if archive is not None and len(archive) else None


def _nothing_in(source: str, report: IngestReport) -> NoReturn:
    why = next(iter(report.refused.values()), "It holds no scenes.")
    stop(f"There is nothing to search in {source}: {why}", SOME_REFUSED)


def _asked(collection: Collection) -> list[tuple[Showing, SearchResult]]:
    from satseek.search.showcase import CHIPS_LOOKED_AT, showcase

    some = (chip for part in collection.archive.scan(limit=CHIPS_LOOKED_AT) for chip in part.chips)
    return [(showing, collection.ask(showing.query)) for showing in showcase(some)]


def _print(collection: Collection, report: IngestReport, answers: list[tuple[Showing, SearchResult]]) -> None:
    from satseek.search.formats import table

    print(report)
    print(f"{collection.archive.uri} holds {len(collection):,} chips, encoded by '{collection.archive.card.name}'.")
    for number, (showing, result) in enumerate(answers, start=1):
        print(f"\n{number}. {showing.title}. {showing.shows}")
        print(f"   {showing.command(collection.archive.uri)}\n")
        print(table(result.hits) if result.hits else "No chip matches.")
        for remark in [*result.notes, *_remarks(collection, result)]:
            print(remark)
    print(f'\nAsk your own questions: satseek search {collection.archive.uri} "a lake in the forest" --explain')


def _serve(archive: str) -> None:
    """Serve the demo's archive to this machine; on another port where the usual one is taken."""
    import socket

    from satseek.cli.serve import serve_until_stopped
    from satseek.service.settings import Settings

    usual = Settings(archive)
    with socket.socket() as probe:
        taken = probe.connect_ex((usual.host, usual.port)) == 0
    serve_until_stopped(Settings(archive, port=0) if taken else usual)


def _remarks(collection: Collection, result: SearchResult) -> list[str]:
    """Say what speaks for the hits: the labels that were wanted, and what they share with an example."""
    from satseek.search.showcase import in_common

    remarks = []
    for keyword in result.query.must:
        labelled = sum(keyword.text in hit.chip.labels for hit in result.hits)
        if labelled:
            remarks.append(f"Of {len(result.hits)} hits, {labelled} are labelled '{keyword.text}'.")
    if result.query.sensors and result.query.like and result.hits:
        (example,) = collection.archive.get([str(result.query.like[0].chip)])
        remarks.append(in_common([hit.chip for hit in result.hits], example))
    return remarks


def _as_json(
    collection: Collection, catalog: str, report: IngestReport, answers: list[tuple[Showing, SearchResult]]
) -> dict[str, Any]:
    searches = []
    for showing, result in answers:
        said = result.to_json()
        facts = {"title": showing.title, "shows": showing.shows, "command": showing.command(collection.archive.uri)}
        searches.append(facts | {"query": said["query"], "results": said["hits"], "notes": said["notes"]})
    return {
        "archive": collection.archive.uri,
        "chips": len(collection),
        "catalog": catalog,
        "ingest": report.to_json(),
        "searches": searches,
    }


def _slug(source: str) -> str:
    """A folder's name for an archive of this source: readable, and another for another source."""
    import hashlib
    import re
    from pathlib import Path

    whole = source if "://" in source else str(Path(source).resolve())
    name = re.sub(r"[^A-Za-z0-9]+", "-", whole.rstrip("/").rpartition("/")[2]).strip("-")[:30]
    return f"{name}-{hashlib.sha256(whole.encode()).hexdigest()[:6]}"
