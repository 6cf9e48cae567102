"""`satseek archive`: look after an archive; what is in it, is it sound, make it quick, bring it in and out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from satseek.cli import archive_recall, calibrate
from satseek.cli.say import (
    INTERRUPTED,
    OK,
    SOME_REFUSED,
    errors_for_people,
    progress,
    stop,
    tell,
    write_json,
)

if TYPE_CHECKING:
    from satseek.core.filters import Filters
    from satseek.search.collection import Collection

app = typer.Typer(
    name="archive",
    help="Look after an archive: what is in it, is it sound, make it quick, bring it in and out.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_CHOICE = "Which chips"
Where = Annotated[str, typer.Argument(metavar="ARCHIVE", help="The archive: a folder or an s3:// place.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
Bbox = Annotated[str | None, typer.Option("--bbox", metavar="W,S,E,N", help="A box.", rich_help_panel=_CHOICE)]
AreaFile = Annotated[
    Path | None, typer.Option("--area", metavar="FILE.geojson", help="A polygon.", rich_help_panel=_CHOICE)
]
When = Annotated[
    str | None, typer.Option("--datetime", metavar="A/B", help="A date or an interval.", rich_help_panel=_CHOICE)
]
Sensors = Annotated[
    list[str] | None, typer.Option("--sensor", metavar="S", help="May be repeated.", rich_help_panel=_CHOICE)
]
Sources = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="FILE|URL", help="As it was ingested; may be repeated.", rich_help_panel=_CHOICE),
]
Ids = Annotated[
    list[str] | None, typer.Option("--id", metavar="ID", help="Of a chip; may be repeated.", rich_help_panel=_CHOICE)
]
Properties = Annotated[
    list[str] | None,
    typer.Option("--property", metavar="KEY=VALUE", help="May be repeated.", rich_help_panel=_CHOICE),
]


@app.command("info")
def info(archive: Where, json: AsJson = False) -> None:
    """Say what is in an archive: chips by sensor, where and when, the model, the indices, the space it takes.

    Example:

      satseek archive info ./archive
    """
    with errors_for_people():
        from satseek.archive.archive import Archive

        facts = Archive.open(archive).info()
        write_json(facts.to_json()) if json else print(facts)


@app.command("verify")
def verify(archive: Where, json: AsJson = False, quiet: Quiet = False) -> None:
    """Read everything and check it: ids, vectors, footprints, grid cells, text, indices, the model card.

    The exit code is 1 where something is wrong.

    Example:

      satseek archive verify ./archive
    """
    with errors_for_people():
        from satseek.archive.archive import Archive

        opened = Archive.open(archive)
        with progress("checking", quiet=quiet) as bar:
            bar.expect(len(opened))
            report = opened.verify(on_rows=bar.advance)
        write_json(report.to_json()) if json else print(report)
    raise typer.Exit(OK if report.ok else SOME_REFUSED)


@app.command("optimize")
def optimize(
    archive: Where,
    keep_days: Annotated[
        float,
        typer.Option(
            "--keep-days",
            metavar="N",
            help="Remove versions older than this. 0 removes all but the latest: only while nobody else reads.",
        ),
    ] = 7.0,
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Compare the vector index with an exact scan.")
    ] = True,
    ray: Annotated[
        str | None,
        typer.Option("--ray", metavar="ADDRESS|local", help="Build the vector index on a Ray cluster."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Make an archive quick: join small files, bring the indices up to date, build what now pays, drop old versions.

    Examples:

      satseek archive optimize ./archive --keep-days 1

      satseek archive optimize s3://bucket/archive --ray 10.0.0.1:6379
    """
    with errors_for_people():
        from satseek.archive.archive import Archive

        opened = Archive.open(archive)
        if ray is None:
            report = opened.optimize(keep_days=keep_days, measure=measure)
        else:
            from satseek.ingest.cluster.connect import connected

            with connected(ray) as has:
                report = opened.optimize(keep_days=keep_days, measure=measure, ray_workers=max(1, int(has.cpus)))
        write_json(report.to_json()) if json else print(report)
        calibrate.refresh(opened)


app.command("calibrate")(calibrate.run)
app.command("recall")(archive_recall.run)


@app.command("export")
def export(
    archive: Where,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="What to write; '-' is stdout, for text formats.")
    ],
    format: Annotated[
        str | None,
        typer.Option("--format", metavar="F", help="geoparquet, geojson, csv or stac; the file's ending unless told."),
    ] = None,
    bbox: Bbox = None,
    area: AreaFile = None,
    datetime: When = None,
    sensor: Sensors = None,
    source: Sources = None,
    id: Ids = None,
    property: Properties = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write chips for other programs: GeoParquet with vectors, GeoJSON, CSV, or STAC items.

    Examples:

      satseek archive export ./archive -o chips.parquet

      satseek archive export ./archive -o harbour.geojson --bbox 9.8,53.5,10.0,53.6

      satseek archive export ./archive -o items.ndjson --sensor s2 --datetime 2024
    """
    with errors_for_people():
        from satseek.archive.archive import Archive
        from satseek.archive.export import export as write
        from satseek.archive.export import format_of
        from satseek.core.errors import UsageError
        from satseek.stac.item import item_of_chip

        filters = _filters(bbox, area, datetime, sensor, source, id, property)
        to_stdout = output == "-"
        if to_stdout and json:
            raise UsageError("The chips go to stdout, so the report cannot. Leave --json out, or name a file with -o.")
        kind = format_of(output, format)
        opened = Archive.open(archive)
        with progress("writing", quiet=quiet) as bar:
            bar.expect(opened.count(filters))
            rows = write(
                opened,
                sys.stdout if to_stdout else output,
                format=kind,
                filters=filters,
                item_of=lambda chip, vector, card: item_of_chip(chip, vector=vector, card=card),
                on_rows=bar.advance,
            )
        if json:
            write_json({"chips": rows, "file": output, "format": kind})
        elif not to_stdout:
            print(f"{rows:,} chips written to {output}")


@app.command("import")
def import_(
    archive: Where,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="GeoParquet with vectors, or STAC with embeddings: items, collections."),
    ],
    made_by: Annotated[
        str | None,
        typer.Option("--made-by", metavar="MODEL", help="Which model made the vectors, where the file does not say."),
    ] = None,
    words: Annotated[
        str | None,
        typer.Option(
            "--words", metavar="MODEL", help="Whose text tower fits them; --made-by's, where it is known here."
        ),
    ] = None,
    sensor: Annotated[
        str | None, typer.Option("--sensor", metavar="S", help="Of the imagery, where the product's name does not say.")
    ] = None,
    chip_metres: Annotated[
        float | None, typer.Option("--chip-metres", metavar="M", help="Side of a chip whose place is given as a point.")
    ] = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fill an archive with vectors that are there: what 'export' wrote, Major TOM, Clay, Earth Index, STAC's emb:.

    Vectors of others are searched by example (--like ID), and by words where the model that made them is at hand.
    Stop it at any moment and run it again.

    Examples:

      satseek archive import ./copy chips.parquet

      satseek archive import ./world part_00001.parquet part_00002.parquet --made-by SigLIP

      satseek archive import ./items collection.json --made-by amfmn
    """
    with errors_for_people():
        from satseek.core.errors import SourceError
        from satseek.ingest.embeddings import import_embeddings

        reports: dict[str, Any] = {}
        refused: dict[str, str] = {}
        try:
            with progress("importing", quiet=quiet) as bar:
                for file in files:
                    try:
                        reports[file] = import_embeddings(
                            archive, file, made_by=made_by, words=words, sensor=sensor, side_m=chip_metres,
                            on_rows=bar.advance, on_refused=refused.__setitem__,
                        )  # fmt: skip
                    except SourceError as error:
                        refused[file] = str(error)
        except KeyboardInterrupt:
            stop("Stopped. What was added is safe; run the same command again to go on.", INTERRUPTED)
        if json:
            files_json = {file: report.to_json() for file, report in reports.items()}
            write_json({"files": files_json, "refused": refused})
        else:
            for file, report in reports.items():
                print(f"{file}: {report}")
            for file, why in refused.items():
                tell(f"refused {file}: {why}")
    raise typer.Exit(SOME_REFUSED if refused else OK)


@app.command("delete")
def delete(
    archive: Where,
    bbox: Bbox = None,
    area: AreaFile = None,
    datetime: When = None,
    sensor: Sensors = None,
    source: Sources = None,
    id: Ids = None,
    property: Properties = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: AsJson = False,
) -> None:
    """Remove chips by id, place, date, sensor, source or property. 'archive restore' brings them back.

    Examples:

      satseek archive delete ./archive --source old-scene.tif

      satseek archive delete ./archive --sensor s1 --datetime ../2019-12-31 --yes
    """
    with errors_for_people():
        from satseek.archive.archive import Archive, require_choice

        filters = _filters(bbox, area, datetime, sensor, source, id, property)
        require_choice(filters, "remove")
        opened = Archive.open(archive)
        version, meant = opened.version, opened.count(filters)
        if meant and not yes:
            _ask(f"Remove {meant:,} of {len(opened):,} chips from {archive}?")
        removed = opened.remove(filters) if meant else 0
        if json:
            write_json({"removed": removed, "chips": len(opened), "version_before": version})
        else:
            print(f"{removed:,} chips removed, {len(opened):,} remain")
            if removed:
                tell(f"Bring them back with: satseek archive restore {archive} {version}")


@app.command("history")
def history(
    archive: Where,
    last: Annotated[int, typer.Option("--last", "-n", metavar="N", help="So many versions, newest first.")] = 20,
    json: AsJson = False,
) -> None:
    """List the versions of an archive that can be gone back to, newest first.

    Example:

      satseek archive history ./archive
    """
    with errors_for_people():
        from satseek.archive.archive import Archive

        versions = Archive.open(archive).history()
        if json:
            write_json([version.to_json() for version in versions[:last]])
        else:
            for version in versions[:last]:
                print(version)
            if len(versions) > last:
                tell(f"{len(versions) - last:,} older ones are not shown (-n {len(versions)} shows all)")


@app.command("restore")
def restore(
    archive: Where,
    version: Annotated[int, typer.Argument(metavar="VERSION", help="A number from 'archive history'.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: AsJson = False,
) -> None:
    """Go back to an earlier version. Nothing is lost: the versions in between stay in the history.

    Example:

      satseek archive restore ./archive 12
    """
    with errors_for_people():
        from satseek.archive.archive import Archive

        opened = Archive.open(archive)
        chips, before = len(opened), opened.version
        if not yes:
            _ask(f"Go back from version {before} ({chips:,} chips) to version {version} of {archive}?")
        opened.restore(version)
        if json:
            write_json({"restored": version, "version_before": before, "version": opened.version, "chips": len(opened)})
        else:
            print(f"{archive} is as in version {version} again: {len(opened):,} chips (before {chips:,})")


def _filters(
    bbox: str | None,
    area: Path | None,
    datetime: str | None,
    sensor: list[str] | None,
    source: list[str] | None,
    ids: list[str] | None,
    property: list[str] | None,
) -> Filters:
    from dataclasses import replace

    from satseek.cli.question import Asked
    from satseek.core.filters import Filters

    asked = Asked(bbox=bbox, area=area, datetime=datetime, sensor=sensor, property=property)
    nothing_to_look_up = cast("Collection", None)  # only examples are looked up, and there are none
    facts = Filters.of(asked.query(nothing_to_look_up))
    return replace(facts, sources=tuple(source or ()), ids=tuple(ids or ()))


def _ask(question: str) -> None:
    """Ask before something is changed; where nobody can answer, say how to go on."""
    if not sys.stdin.isatty():
        from satseek.core.errors import UsageError

        raise UsageError(f"{question} Nobody is there to answer: repeat it with --yes.")
    typer.confirm(question, abort=True, err=True)
