"""`satseek ingest`: fill an archive."""

from __future__ import annotations

import sys
from json import dumps
from typing import TYPE_CHECKING, Annotated

import typer

from satseek.cli.say import INTERRUPTED, OK, SOME_REFUSED, errors_for_people, stop, tell, write_json

if TYPE_CHECKING:
    from satseek.archive.archive import Archive
    from satseek.core.result import IngestReport

_CUT = "How scenes are cut"
_READ = "How files are read"
_STAC = "What is taken from STAC"
_WORK = "How it works"
_MANY = "On many devices, or many machines"


def run(
    archive: Annotated[str, typer.Argument(metavar="ARCHIVE", help="The archive to fill; made where there is none.")],
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE…", help="Files, folders, patterns, STAC files or addresses; '-' reads a list from stdin."
        ),
    ],
    model: Annotated[
        str | None, typer.Option("--model", metavar="M", help="The archive's own, or 'colour' for a new one.")
    ] = None,
    chip: Annotated[
        int | None,
        typer.Option("--chip", metavar="PX", help="Side of a chip; the model's unless told.", rich_help_panel=_CUT),
    ] = None,
    overlap: Annotated[
        float, typer.Option("--overlap", metavar="SHARE", help="Of neighbouring chips.", rich_help_panel=_CUT)
    ] = 0.25,
    scales: Annotated[
        str,
        typer.Option("--scales", metavar="1,2,4", help="Source pixels per chip pixel.", rich_help_panel=_CUT),
    ] = "1",
    chip_metres: Annotated[
        float | None,
        typer.Option("--chip-metres", metavar="M", help="Side of a chip on the ground.", rich_help_panel=_CUT),
    ] = None,
    max_nodata: Annotated[
        float,
        typer.Option("--max-nodata", metavar="SHARE", help="Windows with more are skipped.", rich_help_panel=_CUT),
    ] = 0.5,
    whole: Annotated[
        bool | None,
        typer.Option(
            "--whole/--no-whole",
            help="Each image is one chip; unless told, where it has no place on the globe.",
            show_default=False,
            rich_help_panel=_CUT,
        ),
    ] = None,
    sensor: Annotated[
        str | None, typer.Option("--sensor", metavar="S", help="Of all sources.", rich_help_panel=_READ)
    ] = None,
    bands: Annotated[
        str | None,
        typer.Option("--bands", metavar="B04,B03,…", help="Names of a file's bands.", rich_help_panel=_READ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(
            "--unit",
            metavar="U",
            help="dB, power, amplitude, display: of the radar among the sources; DN, reflectance: of the Sentinel-2.",
            rich_help_panel=_READ,
        ),
    ] = None,
    nodata: Annotated[
        float | None, typer.Option("--nodata", metavar="V", help="The value that is none.", rich_help_panel=_READ)
    ] = None,
    annotations: Annotated[
        str | None,
        typer.Option(
            "--annotations", metavar="FILE.geojson", help="Labelled polygons and captions.", rich_help_panel=_READ
        ),
    ] = None,
    datetime: Annotated[
        str | None,
        typer.Option(
            "--datetime", metavar="A[/B]", help="STAC: items of this time. Files: their date.", rich_help_panel=_STAC
        ),
    ] = None,
    bbox: Annotated[
        str | None, typer.Option("--bbox", metavar="W,S,E,N", help="Items that touch this box.", rich_help_panel=_STAC)
    ] = None,
    query: Annotated[
        list[str] | None,
        typer.Option("--query", metavar="'eo:cloud_cover<20'", help="Items like this.", rich_help_panel=_STAC),
    ] = None,
    collection: Annotated[
        list[str] | None,
        typer.Option("--collection", metavar="ID", help="Items of this collection.", rich_help_panel=_STAC),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="At most so many items.", rich_help_panel=_STAC)
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", min=1, max=64, help="Threads that read.", rich_help_panel=_WORK),
    ] = None,
    batch: Annotated[
        int, typer.Option("--batch", metavar="N", min=1, help="Chips encoded at once.", rich_help_panel=_WORK)
    ] = 64,
    device: Annotated[
        str,
        typer.Option(
            "--device", metavar="D", help="Where the model computes: auto, cpu, cuda or mps.", rich_help_panel=_WORK
        ),
    ] = "auto",
    devices: Annotated[
        int | None,
        typer.Option(
            "--devices",
            metavar="N",
            min=1,
            help="Devices that encode; all of the kind unless told.",
            rich_help_panel=_MANY,
        ),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            metavar="ADDRESS|local",
            help="Work on a Ray cluster, such as 10.0.0.1:6379.",
            rich_help_panel=_MANY,
        ),
    ] = None,
    actors: Annotated[
        int | None,
        typer.Option("--actors", metavar="N", min=1, help="Encoders on the cluster.", rich_help_panel=_MANY),
    ] = None,
    gpus_per_actor: Annotated[
        float,
        typer.Option("--gpus-per-actor", metavar="X", min=0, help="Of each encoder; .5 shares.", rich_help_panel=_MANY),
    ] = 0.0,
    commit_rows: Annotated[
        int,
        typer.Option("--commit-rows", metavar="N", min=1, help="Chips made safe at once.", rich_help_panel=_WORK),
    ] = 5_000,
    optimize: Annotated[
        bool,
        typer.Option("--optimize/--no-optimize", help="Tidy up and index at the end.", rich_help_panel=_WORK),
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count scenes and windows; read and add nothing.", rich_help_panel=_WORK)
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.", rich_help_panel=_WORK)] = False,
    json: Annotated[bool, typer.Option("--json", help="The report as JSON.", rich_help_panel=_WORK)] = False,
    json_lines: Annotated[
        bool,
        typer.Option(
            "--json-lines", help="A line of JSON for all chips made safe, the report last.", rich_help_panel=_WORK
        ),
    ] = False,
) -> None:
    """Cut scenes into chips, encode them, and add them to an archive.

    Stop it at any moment and run it again: what the archive holds is not read again.

    Examples:

      satseek ingest ./archive scene.tif more/*.tif

      satseek ingest ./archive ./sentinel-2 --scales 1,2,4

      satseek ingest ./archive https://earth-search.aws.element84.com/v1 --collection sentinel-2-l2a
      --bbox 11.3,48.0,11.8,48.3 --datetime 2024-06 --query 'eo:cloud_cover<10'

      find /data -name '*.tif' | satseek ingest ./archive -

      satseek ingest s3://bucket/archive scene.tif

      satseek ingest s3://bucket/archive s3://bucket/scenes.json --ray 10.0.0.1:6379 --gpus-per-actor 1
    """
    with errors_for_people():
        from satseek.cli import filling, filling_on_ray
        from satseek.core.errors import UsageError

        if json and json_lines:
            raise UsageError("Give --json or --json-lines, not both.")
        work = filling.Work(
            archive=archive,
            sources=_listed(sources),
            override=filling.override_of(sensor=sensor, bands=bands, unit=unit, nodata=nodata, datetime=datetime),
            wanted=filling.Wanted(bbox, datetime, tuple(query or ()), tuple(collection or ()), limit),
            annotations=annotations,
            workers=workers,
            batch=batch,
            commit_rows=commit_rows,
            optimize=optimize,
            cluster=filling.cluster_of(ray, actors=actors, gpus_per_actor=gpus_per_actor),
        )
        try:
            filler, held = filling.model_and_archive(archive, model, device, devices)
            plan = filling.plan_of(
                filler.card, chip=chip, overlap=overlap, scales=scales, chip_metres=chip_metres, max_nodata=max_nodata,
                whole=whole,
            )  # fmt: skip
            if dry_run:
                counted = filling.count(work, plan, filler, held)
                write_json(counted.to_json()) if json or json_lines else print(counted)
                code = SOME_REFUSED if counted.refused else OK
            else:
                fill = filling.fill if ray is None else filling_on_ray.fill
                report, filled = fill(work, plan, filler, held, quiet=quiet or json_lines, lines=json_lines)
                _tell(report, filled, json=json, json_lines=json_lines, quiet=quiet)
                code = INTERRUPTED if report.interrupted else SOME_REFUSED if report.refused else OK
        except KeyboardInterrupt:
            stop("Stopped. What was reported as added is safe; run the same command again to go on.", INTERRUPTED)
    raise typer.Exit(code)


def _listed(sources: list[str]) -> tuple[str, ...]:
    """Return the sources, with those that stdin lists in the place of '-'."""
    listed: list[str] = []
    for source in sources:
        if source == "-":
            listed += [line.strip() for line in sys.stdin if line.strip()]
        else:
            listed.append(source)
    return tuple(listed)


def _tell(report: IngestReport, filled: Archive | None, *, json: bool, json_lines: bool, quiet: bool) -> None:
    """Write the report to stdout; when quiet only what went wrong, to stderr."""
    if json or json_lines:
        facts = report.to_json() | {"archive": filled.uri if filled else None, "chips": len(filled) if filled else 0}
        write_json(facts) if json else print(dumps({"report": facts}, ensure_ascii=False), flush=True)
    elif quiet:
        for line in [*report.warnings, *(f"refused {source}: {why}" for source, why in report.refused.items())]:
            tell(line)
    else:
        print(report)
        if filled is not None:
            speed = f"{report.chips_per_second:,.1f} chips/s, " if report.added else ""
            print(f"{filled.uri} holds {len(filled):,} chips ({speed}{report.seconds:,.1f} s)")
