"""`satseek compare`: which of several models is best on one's own archive, folder or captioned images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from satseek.cli.say import INTERRUPTED, errors_for_people, progress, stop, tell, write_json

if TYPE_CHECKING:
    from satseek.evaluation.compare.report import Comparison

_JUDGE = "What is right"
_OUT = "What is written"


def run(
    source: Annotated[
        str, typer.Argument(metavar="ARCHIVE|FOLDER", help="An archive, or a folder of scenes or of images.")
    ],
    models: Annotated[
        str, typer.Option("--models", metavar="A,B,…", help="Names from 'satseek models', or folders of trained ones.")
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="FILE",
            help="GeoJSON, GeoPackage or CSV; the archive's own labels or captions unless told.",
            rich_help_panel=_JUDGE,
        ),
    ] = None,
    captions: Annotated[
        Path | None,
        typer.Option("--captions", metavar="FILE", help="JSON, JSONL or CSV, one image a row.", rich_help_panel=_JUDGE),
    ] = None,
    osm: Annotated[
        Path | None,
        typer.Option(
            "--osm", metavar="FILE", help="An OpenStreetMap extract: GeoJSON or GeoPackage.", rich_help_panel=_JUDGE
        ),
    ] = None,
    queries: Annotated[
        Path | None,
        typer.Option(
            "--queries",
            metavar="FILE",
            help="One a line; after a tab the labels that are right.",
            rich_help_panel=_JUDGE,
        ),
    ] = None,
    least_cover: Annotated[
        float,
        typer.Option("--least-cover", metavar="SHARE", help="Of a chip, for a label to count.", rich_help_panel=_JUDGE),
    ] = 0.05,
    split: Annotated[
        str, typer.Option("--split", metavar="NAME", help="Of captioned images.", rich_help_panel=_JUDGE)
    ] = "all",
    sample: Annotated[int, typer.Option("--sample", metavar="N", help="Chips to look at.")] = 500,
    chip: Annotated[int, typer.Option("--chip", metavar="PX", help="Side of a chip, of a folder's scenes.")] = 224,
    chip_metres: Annotated[
        float | None, typer.Option("--chip-metres", metavar="M", help="Side of a chip on the ground.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="For the sample and the intervals.")] = 0,
    device: Annotated[str, typer.Option("--device", metavar="D", help="auto, cpu, cuda or mps.")] = "auto",
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="All figures as JSON; '-' is stdout.", rich_help_panel=_OUT),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="One page with plots and pictures.", rich_help_panel=_OUT),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            "--cache",
            metavar="DIR",
            help="Where vectors are kept for the next run; beside the output unless told.",
            rich_help_panel=_OUT,
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Say which model is best here, and whether by more than chance: recall, mAP, nDCG, speed, memory, vector size.

    Without labels or captions: how far models agree, and the queries where they differ most.

    Examples:

      satseek compare ./archive --models colour,amfmn,satseek-one --html compare.html

      satseek compare ./scenes --models amfmn,sscm --osm berlin.gpkg --sample 1000

      satseek compare ./images --models colour,runs/mine --captions captions.csv --json figures.json
    """
    with errors_for_people():
        _require_one(labels, captions, osm)
        try:
            found = _compared(
                source, _names(models), (labels, captions, osm, queries), least_cover, split, sample,
                (chip, chip_metres), seed, device, cache or _beside(json, html), quiet,
            )  # fmt: skip
        except KeyboardInterrupt:
            stop("Stopped. What was encoded is kept beside the output; run the same command again.", INTERRUPTED)
        _show(found, json, html)


def _names(models: str) -> list[str]:
    from satseek.core.errors import UsageError

    names = list(dict.fromkeys(name.strip() for name in models.split(",") if name.strip()))
    if not names:
        raise UsageError("Name the models to compare, such as --models colour,amfmn; 'satseek models' lists them.")
    return names


def _require_one(*given: Path | None) -> None:
    from satseek.core.errors import UsageError

    if sum(path is not None for path in given) > 1:
        raise UsageError("Say what is right once: give one of --labels, --captions and --osm.")


def _beside(json: Path | None, html: Path | None) -> Path | None:
    """Return where vectors are kept: in a hidden folder beside what is written, nowhere where nothing is."""
    written = [path for path in (html, json) if path is not None and str(path) != "-"]
    return written[0].parent / ".satseek-compare" if written else None


def _compared(
    source: str,
    names: list[str],
    given: tuple[Path | None, Path | None, Path | None, Path | None],
    least_cover: float,
    split: str,
    count: int,
    chip: tuple[int, float | None],
    seed: int,
    device: str,
    cache: Path | None,
    quiet: bool,
) -> Comparison:
    from satseek.core.errors import UsageError
    from satseek.evaluation.compare.comparing import compare, contenders_of
    from satseek.evaluation.compare.kept import Kept
    from satseek.evaluation.compare.questions import read_queries
    from satseek.evaluation.compare.sources import Cutting, archive_card, drawn, judged_by
    from satseek.models.device import device_of

    if not 0 < least_cover <= 1:
        raise UsageError(
            f"A label covers a share above 0 and up to 1 of a chip; {least_cover:g} is none (--least-cover)."
        )
    labels, captions, osm, queries = given
    contenders = contenders_of(names, stored=archive_card(source))
    own = [] if queries is None else read_queries(queries)
    with progress("drawing a sample", quiet=quiet) as bar:
        sample = drawn(source, captions, Cutting(*chip), split=split, count=count, seed=seed)
        standard = judged_by(sample, labels=labels, captions=captions, osm=osm, least_cover=least_cover)
        return compare(
            contenders,
            standard.sample,
            by=standard.by,
            labels_from=standard.told,
            own=own,
            notes=standard.notes,
            kept=lambda seen: Kept(cache, seen),
            device=str(device_of(device)),
            seed=seed,
            told=bar,
        )


def _show(found: Comparison, json: Path | None, html: Path | None) -> None:
    import json as format

    if html is not None:
        from satseek.evaluation.compare.page import page

        _write(html, page(found), "page")
    if json is not None and str(json) == "-":
        write_json(found.to_json())
    else:
        if json is not None:
            _write(json, format.dumps(found.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n", "figures")
        print(found)
    for note in found.notes:
        tell(f"note: {note}")
    for name, why in found.not_loaded.items():
        tell(f"'{name}' is left out: {why}")
    if html is not None:
        tell(f"page: {html}")


def _write(path: Path, text: str, what: str) -> None:
    from satseek.core.errors import UsageError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"Cannot write the {what} to {path}: {error.strerror}. Choose another file.") from None
