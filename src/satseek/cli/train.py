"""`satseek train`: teach a model by a recipe."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from satseek.cli.say import INTERRUPTED, Ticker, errors_for_people, progress, stop, tell, write_json

if TYPE_CHECKING:
    from satseek.training.across.settings import PairRecipe
    from satseek.training.bridge.settings import BridgeRecipe
    from satseek.training.curve import Epoch
    from satseek.training.settings import Recipe

_MACHINE = "Where it computes"
_ADAPTER = "What an adapter joins"


def run(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A recipe's name, or a TOML file; 'list' shows the names.")
    ],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="The folder of the data set, or of several sets.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option("--images", metavar="DIR", help="The image files, where they lie elsewhere.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the run is kept; runs/RECIPE unless told.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a number of the recipe, like optimiser.epochs=10."),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset", metavar="NAME", help="A variant of the recipe; 'cpu' ends within two hours on two cores."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that --out holds.")] = False,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="The recipe's own unless told.")] = None,
    device: Annotated[
        str, typer.Option("--device", metavar="D", help="auto, cpu, cuda or mps.", rich_help_panel=_MACHINE)
    ] = "auto",
    devices: Annotated[
        int, typer.Option("--devices", metavar="N", help="How many of them.", min=1, rich_help_panel=_MACHINE)
    ] = 1,
    precision: Annotated[
        str,
        typer.Option("--precision", metavar="P", help="bf16-mixed, 16-mixed or 32-true.", rich_help_panel=_MACHINE),
    ] = "bf16-mixed",
    image: Annotated[
        str | None,
        typer.Option(
            "--image", metavar="MODEL", help="Reads optical imagery; a name or a folder.", rich_help_panel=_ADAPTER
        ),
    ] = None,
    radar: Annotated[
        str | None,
        typer.Option("--radar", metavar="MODEL", help="Reads radar; a name or a folder.", rich_help_panel=_ADAPTER),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option("--pairs", metavar="DIR", help="The pairs to learn from: --data.", rich_help_panel=_ADAPTER),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the recipe as it would run, and stop.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Teach a model by a recipe, on your own data or on a known set; it can be stopped and gone on with.

    [dim]satseek train amfmn-start --data ../shared/data
    satseek train sscm --data ../shared/data/s1s2 --preset cpu
    satseek train adapter --image amfmn --radar sscm --pairs ../shared/data/s1s2 --out runs/joined
    satseek train amfmn --data mine --set data.sets=folder --set optimiser.epochs=10[/dim]
    """
    with errors_for_people():
        from satseek.training.settings import read_recipe, recipe_names

        if recipe == "list":
            _show_names(recipe_names(), json)
            return
        eyes = _eyes(recipe, image, radar)
        data = data or pairs
        chosen = read_recipe(recipe, [*eyes, *(changes or ())], seed=seed, preset=preset)
        if dry_run:
            write_json(chosen.to_json())
            return
        if data is None:
            stop("Training needs data: point --data to the folder of the data set.", 2)
        _train(
            chosen, data, out or Path("runs") / chosen.name, images, resume, (device, devices, precision), quiet, json
        )


def _eyes(recipe: str, image: str | None, radar: str | None) -> list[str]:
    """Return the changes to a recipe that say which models an adapter joins; other recipes join none."""
    from satseek.core.errors import UsageError

    given = {"image": image, "radar": radar}
    if recipe != "adapter" and not recipe.endswith(".toml") and any(given.values()):
        raise UsageError(
            f"--image and --radar say what an adapter joins, and '{recipe}' is none: satseek train adapter …"
        )
    return [f'model.{role}="{name}"' for role, name in given.items() if name is not None]


def _show_names(names: list[str], json: bool) -> None:
    from satseek.training.settings import read_recipe

    summaries = {name: read_recipe(name).summary for name in names}
    if json:
        write_json(summaries)
        return
    for name, summary in summaries.items():
        print(f"{name:<24} {summary}")


def _train(
    recipe: Recipe | PairRecipe | BridgeRecipe,
    data: Path,
    out: Path,
    images: Path | None,
    resume: bool,
    machine: tuple[str, int, str],
    quiet: bool,
    json: bool,
) -> None:
    from satseek.models.memory import keep_large_blocks
    from satseek.training.teach import train

    keep_large_blocks()
    device, devices, precision = machine
    quiet = quiet or not _speaks()
    with progress(f"training {recipe.name}", unit="images", quiet=quiet) as ticker:
        try:
            report = train(
                recipe,
                data,
                out,
                images=images,
                resume=resume,
                device=device,
                devices=devices,
                precision=precision,
                watcher=_Teller(ticker, recipe.optimiser.epochs, quiet),
            )
        except KeyboardInterrupt:
            stop(f"Stopped. Go on with the same command and --resume; the run is kept in {out}.", INTERRUPTED)
    if not _speaks():
        return
    if json:
        write_json(report.to_json())
    else:
        print(report)


def _speaks() -> bool:
    """Return whether this process speaks for the run: with several devices each has a process, and the first does."""
    return all(os.environ.get(name, "0") == "0" for name in ("LOCAL_RANK", "RANK"))


class _Teller:
    """Moves the bar with every batch and says a line for every epoch."""

    def __init__(self, ticker: Ticker, epochs: int, quiet: bool) -> None:
        self._ticker, self._epochs, self._quiet = ticker, epochs, quiet

    def expect(self, images: int) -> None:
        self._ticker.expect(images)

    def step(self, images: int, losses: dict[str, float]) -> None:
        self._ticker.advance(images)

    def epoch(self, epoch: Epoch, best: bool) -> None:
        if self._quiet:
            return
        facts: dict[str, Any] = epoch.losses | {f"{name} val mR": value for name, value in epoch.recalls.items()}
        text = "  ".join(f"{name} {value:.3f}" for name, value in facts.items())
        mark = "  best so far" if best else ""
        tell(f"epoch {epoch.epoch + 1}/{self._epochs}  {text}  {epoch.images_per_second:.0f} images/s{mark}")
