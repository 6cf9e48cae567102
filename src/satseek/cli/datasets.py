"""`satseek datasets`: which data sets are known, and what is wrong with one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from satseek.cli.say import OK, SOME_REFUSED, errors_for_people, progress, write_json

app = typer.Typer(no_args_is_help=True, help="List the known data sets, or check one.")


@app.command("list")
def list_sets(json: Annotated[bool, typer.Option("--json", help="JSON for machines.")] = False) -> None:
    """List the data sets and the files they are known by."""
    from satseek.datasets.catalogue import DATASETS

    layouts = {name: DATASETS.get(name) for name in DATASETS}
    if json:
        facts = {
            name: {"title": each.title, "captions": each.caption_files, "images": each.image_folders}
            for name, each in layouts.items()
        }
        write_json(facts)
        return
    for name, each in layouts.items():
        print(f"{name:8} {each.title:42} captions {', '.join(each.caption_files[:2])}; images {each.image_folders[0]}/")


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(metavar="DATASET", help="A known set, folder, or joined: rsicd+ucm.")],
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="The data set's folder, or the one above it.")],
    images: Annotated[
        list[str] | None,
        typer.Option("--images", metavar="[SET=]DIR", help="Where the image files lie, if not beside the captions."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON for machines.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Count what a data set holds; list what is missing, blank, broken, and pictures that are in two splits at once.

    Leaves with 1 where an image is missing or broken, or where a picture is in two splits.

    Example: satseek datasets check ucm --data ../shared/data/ucm
    """
    with errors_for_people():
        from satseek.cli.evaluate import image_folders
        from satseek.datasets.catalogue import load_captioned
        from satseek.datasets.check import check_set

        captioned = load_captioned(name, data, images=image_folders(images or []), split="all")
        with progress(f"looking at {name}", unit="images", quiet=quiet) as ticker:
            ticker.expect(len(captioned))
            report = check_set(captioned, on_image=ticker.advance)
        write_json(report.to_json()) if json else print(report)
        raise typer.Exit(OK if report.is_sound else SOME_REFUSED)
