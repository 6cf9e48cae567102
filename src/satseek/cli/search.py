"""`satseek search`: ask an archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from satseek.cli.content import CONTENT, Like, LikeSensor, Must, MustNot, Sentence, Unlike
from satseek.cli.say import errors_for_people, tell, write_json

if TYPE_CHECKING:
    from satseek.core.query import Query
    from satseek.search.collection import Collection
    from satseek.search.result import SearchResult

_FACTS = "Where, when, how good"
_FEEDBACK = "Learn from results"
_OUTPUT = "What comes out"


def run(
    archive: Annotated[str, typer.Argument(metavar="ARCHIVE", help="The archive to ask: a folder or an s3:// place.")],
    sentence: Sentence = None,
    must: Must = None,
    must_not: MustNot = None,
    like: Like = None,
    unlike: Unlike = None,
    like_sensor: LikeSensor = None,
    same_place: Annotated[
        bool,
        typer.Option(
            "--same-place",
            help="Find the very place of --like, in any sensor, shifted or turned.",
            rich_help_panel=CONTENT,
        ),
    ] = False,
    query: Annotated[
        str | None,
        typer.Option(
            "--query",
            metavar="FILE.json|URL",
            help="The whole question as JSON, or as the query part of a URL.",
            rich_help_panel=CONTENT,
        ),
    ] = None,
    yes: Annotated[
        list[str] | None,
        typer.Option("--yes", metavar="ID", help="This result is right: find more so.", rich_help_panel=_FEEDBACK),
    ] = None,
    no: Annotated[
        list[str] | None,
        typer.Option("--no", metavar="ID", help="This result is not: find less so.", rich_help_panel=_FEEDBACK),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", metavar="FILE.geojson", help="Write what is marked.", rich_help_panel=_FEEDBACK),
    ] = None,
    bbox: Annotated[
        str | None, typer.Option("--bbox", metavar="W,S,E,N", help="A box in degrees.", rich_help_panel=_FACTS)
    ] = None,
    area: Annotated[
        Path | None, typer.Option("--area", metavar="FILE.geojson", help="A polygon.", rich_help_panel=_FACTS)
    ] = None,
    datetime: Annotated[
        str | None,
        typer.Option(
            "--datetime", metavar="A/B", help="A date, or an interval open with '..'.", rich_help_panel=_FACTS
        ),
    ] = None,
    sensor: Annotated[
        list[str] | None,
        typer.Option("--sensor", metavar="S", help="Only this sensor; may be repeated.", rich_help_panel=_FACTS),
    ] = None,
    max_cloud: Annotated[
        float | None, typer.Option("--max-cloud", metavar="SHARE", help="At most this share.", rich_help_panel=_FACTS)
    ] = None,
    max_nodata: Annotated[
        float | None, typer.Option("--max-nodata", metavar="SHARE", help="At most this share.", rich_help_panel=_FACTS)
    ] = None,
    property: Annotated[
        list[str] | None,
        typer.Option("--property", metavar="KEY=VALUE", help="A property of the chip.", rich_help_panel=_FACTS),
    ] = None,
    k: Annotated[int | None, typer.Option("-k", help="How many; 10 unless told.", rich_help_panel=_OUTPUT)] = None,
    offset: Annotated[
        int | None, typer.Option("--offset", help="Leave out so many of the best.", rich_help_panel=_OUTPUT)
    ] = None,
    no_merge: Annotated[
        bool, typer.Option("--no-merge", help="Show overlapping hits of one place too.", rich_help_panel=_OUTPUT)
    ] = False,
    cut: Annotated[
        str | None,
        typer.Option("--cut", metavar="auto|0..1", help="Drop what is less probably right.", rich_help_panel=_OUTPUT),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option("--format", metavar="F", help="table, json, geojson, geoparquet, csv.", rich_help_panel=_OUTPUT),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.", rich_help_panel=_OUTPUT)] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.", rich_help_panel=_OUTPUT)
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say how the answer came about.", rich_help_panel=_OUTPUT)
    ] = False,
    model: Annotated[
        str | None, typer.Option("--model", help="The archive's own unless told.", rich_help_panel=_OUTPUT)
    ] = None,
) -> None:
    """Search an archive by a sentence, by keywords, by example, and by where and when.

    Examples:

      satseek search ./archive "a river through forest" -k 5

      satseek search ./archive "houses by the sea" --must beach --not ship

      satseek search ./archive --like harbour.tif --sensor s1

      satseek search ./archive --like radar.tif --same-place --sensor rgb

      satseek search ./archive "solar farm" --bbox 10,47,11,48 --datetime 2024-05/2024-09 -o hits.geojson

      satseek search ./archive "an oil platform" --cut auto

      satseek search s3://bucket/archive "a quarry"

      satseek search ./archive "a harbour" --yes 3f2a… --no 57d3… --labels harbours.geojson
    """
    with errors_for_people():
        form = _format(format, json, output)
        from dataclasses import replace

        from satseek.cli.question import Asked, whole_query
        from satseek.search.collection import open_archive

        collection = open_archive(archive, model)
        asked = Asked(
            sentence, must, must_not, like, unlike, like_sensor, bbox, area, datetime, sensor, max_cloud, max_nodata,
            property,
        )  # fmt: skip
        question = asked.query(collection) if query is None else whole_query(query, asked)
        question = _refined(question, yes, no, labels, collection)
        paged = _paged(question, k, offset, no_merge, cut)
        result = collection.ask(replace(paged, same_place=True) if same_place else paged)
        _write(result, form, output)
        _say_notes(result, collection, form, explain)


def _format(format: str | None, json: bool, output: Path | None) -> str:
    """Return the format that is meant, before any work is done."""
    from satseek.core.errors import UsageError
    from satseek.search.result import format_of_file, known_format

    if format is not None and json and format != "json":
        raise UsageError(f"Give --json or --format {format}, not both.")
    if json or format is not None:
        form = known_format("json" if json else str(format))
    else:
        form = "table" if output is None else format_of_file(output)
    if form == "geoparquet" and output is None:
        raise UsageError("GeoParquet is not text: say which file to write (-o hits.parquet).")
    return form


def _refined(
    query: Query, yes: list[str] | None, no: list[str] | None, file: Path | None, collection: Collection
) -> Query:
    """Learn from what is marked, and write it down where that is wanted."""
    from satseek.core.errors import UsageError

    if not (yes or no):
        if file is not None:
            raise UsageError("There is nothing to write to --labels. Mark results with --yes ID and --no ID.")
        return query
    from satseek.search.formats import json_text
    from satseek.search.refine import labels, refine

    found = refine(query, yes or [], no or [], collection.archive.vectors)
    if file is not None:
        chips = collection.archive.get([*found.yes, *found.no])
        try:
            file.write_text(json_text(labels(found, chips)), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"Cannot write '{file}': {error.strerror or error}. Choose another place.") from None
        tell(f"{len(chips):,} labels written to {file}")
    return found.query


def _paged(query: Query, k: int | None, offset: int | None, no_merge: bool, cut: str | None) -> Query:
    from dataclasses import replace

    from satseek.core.query import cut_of

    return replace(
        query,
        k=query.k if k is None else k,
        offset=query.offset if offset is None else offset,
        merge=query.merge and not no_merge,
        cut=query.cut if cut is None else cut_of(cut),
    )


def _write(result: SearchResult, form: str, output: Path | None) -> None:
    if output is not None:
        result.save(output, form)
        tell(f"{len(result):,} hits written to {output}")
    elif form == "json":
        write_json(result.to_json())
    elif form != "table":
        print(result.text(form), end="")
    elif result.hits:
        from satseek.search.formats import table

        print(table(result.hits))


def _say_notes(result: SearchResult, collection: Collection, form: str, explain: bool) -> None:
    """Say on stderr what the person should know besides the hits."""
    for note in result.notes:
        tell(note)
    if result.message and result.dropped:
        tell(result.message)
    elif not result.hits:
        tell(_why_nothing(result, collection))
    if explain and form != "json":  # the JSON form already explains itself
        facts = result.explanation
        stages = ", ".join(f"{stage} {spent:.1f} ms" for stage, spent in facts.milliseconds.items())
        tell(f"stages: {stages}; {sum(facts.milliseconds.values()):.1f} ms in all")
        tell(f"index: {facts.index}; model: {facts.model}; rows: {facts.rows:,}; scored: {facts.candidates:,}")


def _why_nothing(result: SearchResult, collection: Collection) -> str:
    from satseek.core.filters import Filters

    held, message = result.explanation.rows, "No convincing match: no chip" if result.message else "No chip"
    if not held:
        return f"The archive is empty. Fill it: satseek ingest {collection.archive.uri} SOURCE"
    filters = Filters.of(result.query)
    meeting = collection.archive.count(filters)
    if not meeting:
        return f"{message} matches: none of the {held:,} chips meets the filters (place, time, sensor, quality)."
    if result.query.offset:
        return f"No more chips: fewer than {result.query.offset + 1:,} match. Ask with a smaller --offset."
    return f"{message} matches the words, of {meeting:,} that meet the filters."
