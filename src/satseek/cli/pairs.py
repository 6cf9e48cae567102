"""`satseek pairs`: cut two rasters of one place into pairs, look pairs over, and teach structure maps from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from satseek.cli.say import OK, SOME_REFUSED, errors_for_people, progress, tell, write_json

if TYPE_CHECKING:
    from satseek.core.scene import Scene

app = typer.Typer(no_args_is_help=True, help="Make pairs of radar and optical chips, look them over, learn from them.")
_Json = Annotated[bool, typer.Option("--json", help="JSON for machines.")]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


@app.command("make")
def make(
    first: Annotated[str, typer.Argument(metavar="A.tif", help="A raster that GDAL reads.")],
    second: Annotated[str, typer.Argument(metavar="B.tif", help="A raster of the same place by the other sensor.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the pairs go.")],
    chip: Annotated[int, typer.Option("--chip", metavar="PIXELS", help="Side of a chip.")] = 256,
    metres: Annotated[
        float | None, typer.Option("--metres", metavar="M", help="Side of a pixel; the coarser of both unless told.")
    ] = None,
    max_nodata: Annotated[
        float, typer.Option("--max-nodata", metavar="SHARE", help="Of either picture of a pair.")
    ] = 0.05,
    max_days: Annotated[float, typer.Option("--max-days", metavar="N", help="Between the two rasters.")] = 31,
    sensors: Annotated[
        str | None, typer.Option("--sensors", metavar="A,B", help="Sensors of both, such as s1,rgb; told by the files.")
    ] = None,
    bands: Annotated[
        str | None,
        typer.Option("--bands", metavar="A/B", help="Bands of both in the files' order, such as VH/red,green,blue."),
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="UNIT", help="Of the radar: dB, power, amplitude, display.")
    ] = None,
    json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Cut two rasters of one place into pairs on one grid, and warn when their edges do not match.

    Radar and optical may differ in projection and pixel size. 'satseek evaluate' and training read the folder with
    --set folder.

    Example: satseek pairs make radar.tif colours.tif -o ./pairs --chip 256
    """
    with errors_for_people():
        from satseek.ingest.pair_cut import PairPlan, cut_pairs

        plan = PairPlan(chip=chip, metres=metres, max_nodata=max_nodata, max_days=max_days)
        scenes = _scenes((first, second), sensors, bands, unit)
        with progress("cutting", unit="places", quiet=quiet) as ticker:

            def on_place(done: int, total: int) -> None:
                ticker.expect(total)
                ticker.advance()

            report = cut_pairs(*scenes, output, plan, on_place=on_place)
        write_json(report.to_json()) if json else print(report)


@app.command("check")
def check(
    data: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the pairs.")],
    of_set: Annotated[
        str | None, typer.Option("--set", metavar="NAME", help="s1s2, bigearthnet, folder …; told by the folder.")
    ] = None,
    json: _Json = False,
) -> None:
    """Count the pairs, list what is left out and why, and compare the edges of some pairs.

    Leaves with 1 where pairs are left out, or where the edges do not match.

    Example: satseek pairs check ./pairs
    """
    with errors_for_people():
        from satseek.cli.pairs_check import look_over
        from satseek.datasets.catalogue import load_pairs
        from satseek.datasets.pair_sets import set_in

        looked = look_over(load_pairs(of_set or set_in(data), data, split="all"))
        write_json(looked.to_json()) if json else print(looked)
        raise typer.Exit(OK if looked.is_sound else SOME_REFUSED)


@app.command("teach")
def teach(
    data: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the pairs.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the maps' weights go.")],
    of_set: Annotated[
        str | None, typer.Option("--set", metavar="NAME", help="s1s2, folder …; told by the folder.")
    ] = None,
    steps: Annotated[int, typer.Option("--steps", metavar="N")] = 1200,
    batch: Annotated[int, typer.Option("--batch", metavar="PAIRS")] = 24,
    side: Annotated[int, typer.Option("--side", metavar="PIXELS", help="Of the windows that are learnt from.")] = 160,
    seed: Annotated[int, typer.Option("--seed", metavar="N")] = 0,
    quiet: _Quiet = False,
) -> None:
    """Teach structure maps, by which the same place is verified, from the training split of pairs.

    Whoever sets SATSEEK_STRUCTURE_MAPS to the folder searches and measures with them.

    Example: satseek pairs teach ../shared/data/s1s2 -o ./maps
    """
    with errors_for_people():
        from satseek.datasets.catalogue import load_pairs
        from satseek.datasets.pair_sets import set_in
        from satseek.training.registration import Lesson, teach_registration

        lesson = Lesson(steps=steps, pairs=batch, side=side, seed=seed)
        pairs = load_pairs(of_set or set_in(data), data, split="train")
        with progress("learning", unit="steps", quiet=quiet) as ticker:
            ticker.expect(steps)

            def on_step(step: int, loss: float) -> None:
                ticker.advance()
                ticker.describe(f"learning, loss {loss:.2f}")

            card = teach_registration(pairs, output, lesson, on_step=on_step)
        tell(f"Structure maps learnt from {card.training_data} are in {output}.")


def _scenes(paths: tuple[str, str], sensors: str | None, bands: str | None, unit: str | None) -> tuple[Scene, Scene]:
    from satseek.core.errors import UsageError
    from satseek.ingest.pair_cut import scene_of

    of_both = [None, None] if sensors is None else [part.strip() or None for part in sensors.split(",")]
    named = [(), ()] if bands is None else [tuple(filter(None, part.split(","))) for part in bands.split("/")]
    if len(of_both) != 2 or len(named) != 2:
        raise UsageError("Say sensors and bands of both rasters: --sensors s1,rgb --bands VH/red,green,blue.")
    first, second = (
        scene_of(path, sensor, names, unit if sensor in (None, "s1") else None)
        for path, sensor, names in zip(paths, of_both, named, strict=True)
    )
    return first, second
