"""`satseek synth`: paint a catalog to try things on."""

from __future__ import annotations

from typing import Annotated

import typer

from satseek.cli.say import INTERRUPTED, errors_for_people, progress, stop, tell, write_json


def run(
    out: Annotated[str, typer.Argument(metavar="OUT", help="The folder to make, new or empty.")],
    scenes: Annotated[int, typer.Option("--scenes", metavar="N", help="Places to paint.")] = 8,
    size: Annotated[
        int, typer.Option("--size", metavar="PX", help="Pixels a side of the aerial pictures; satellites see half.")
    ] = 2048,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="The same seed paints the same land.")] = 7,
    sensors: Annotated[str, typer.Option("--sensors", metavar="rgb,s2,s1", help="Who looks at it.")] = "rgb,s2,s1",
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="LABEL", help="A land without this, such as airport.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier catalog in OUT.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was made as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Paint invented land as aerial pictures, Sentinel-2 and Sentinel-1, with captions and labels, as a STAC catalog.

    [bold]Examples[/bold]

      satseek synth ./world

      satseek synth ./small --scenes 2 --size 512 --sensors rgb,s1

      satseek synth ./no-airports --without airport --seed 11 --json

    The same place is seen by every sensor: one metre from the air, ten metres and five times as wide from orbit.
    """
    with errors_for_people():
        from pathlib import Path

        from satseek.synthetic.catalog import write_catalog

        names = [name for name in (part.strip() for part in sensors.split(",")) if name]
        with progress("painting", unit="scenes", quiet=quiet or as_json) as ticker:
            ticker.expect(scenes)

            def told(done: int, total: int, name: str) -> None:
                ticker.advance()
                ticker.describe(f"painted {name}")

            try:
                catalog = write_catalog(
                    Path(out), scenes=scenes, size=size, seed=seed, sensors=names, without=without or (), force=force,
                    progress=told,
                )  # fmt: skip
            except KeyboardInterrupt:
                stop("stopped; the same command goes on where it stood.", INTERRUPTED)
        if as_json:
            write_json({"catalog": str(catalog), "scenes": scenes, "sensors": names, "size": size, "seed": seed})
        elif not quiet:
            tell(f"{scenes} scenes are in {catalog}. Fill an archive with them: satseek ingest ./archive {catalog}")
