"""`satseek evaluate`: how well a model finds images by captions, captions by images, and places across sensors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from satseek.cli.evaluate_pairs import PAIRS, Measured, PairOptions, measure
from satseek.cli.say import errors_for_people, progress, tell, write_json

if TYPE_CHECKING:
    from satseek.core.model import Model
    from satseek.evaluation.report import EvaluationReport

_PAIRS = "Pairs of sensors"


def run(
    models: Annotated[
        str, typer.Argument(metavar="MODEL[,MODEL…]", help="Names from 'satseek models', or folders of trained models.")
    ],
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="rsicd, rsitmd, ucm, sydney, folder, joined: rsicd+ucm; or pairs.")
    ],
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="The data set's folder, or the one above it.")],
    images: Annotated[
        list[str] | None,
        typer.Option("--images", metavar="[SET=]DIR", help="Where the image files lie, if not beside the captions."),
    ] = None,
    split: Annotated[str, typer.Option("--split", metavar="NAME", help="train, val, test, or all.")] = "val",
    mode: Annotated[
        str, typer.Option("--mode", metavar="MODE", help="Ask by sentence, by keywords, or by both: joint.")
    ] = "sentence",
    of_set: Annotated[
        str | None,
        typer.Option(
            "--set",
            metavar="NAME",
            help="Which pairs: s1s2, bigearthnet, ben-14k, folder …; told by the folder.",
            rich_help_panel=_PAIRS,
        ),
    ] = None,
    shift: Annotated[
        int | None,
        typer.Option(
            "--shift",
            metavar="PIXELS",
            help="Move each picture by up to so much; an eighth of its side unless told.",
            rich_help_panel=_PAIRS,
        ),
    ] = None,
    turns: Annotated[
        bool, typer.Option("--turns", help="Turn the shifted pictures by quarters too.", rich_help_panel=_PAIRS)
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Rerank the first candidates by registration.", rich_help_panel=_PAIRS)
    ] = False,
    candidates: Annotated[
        int | None,
        typer.Option("--candidates", metavar="N", help="How many to verify; 100 unless told.", rich_help_panel=_PAIRS),
    ] = None,
    published: Annotated[
        bool | None,
        typer.Option("--published/--no-published", help="Figures from papers beside; so when comparing models."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="For the draws behind the interval.")] = 0,
    device: Annotated[str, typer.Option("--device", metavar="D", help="auto, cpu, cuda or mps.")] = "auto",
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures as JSON; '-' is stdout.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Measure R@1, R@5 and R@10 both ways, equal scores taken in expectation, as the papers' protocol goes.

    Examples:

      satseek evaluate colour ucm --data ../shared/data/ucm --split val

      satseek evaluate colour,runs/mine/best rsicd --data ../shared/data --json figures.json

      satseek evaluate structure pairs --data ../shared/data/s1s2 --split val --shift 32 --verify
    """
    with errors_for_people():
        from satseek.models.catalogue import load_model
        from satseek.models.memory import keep_large_blocks

        keep_large_blocks()
        options = PairOptions(of_set, shift, turns, verify, candidates)
        if dataset == PAIRS:
            encoders = {name: load_model(name) for name in _names(models)}
            _show(measure(encoders, data, split, options, seed, quiet), published, json)
            return
        options.require_none()
        from satseek.datasets.catalogue import load_captioned
        from satseek.evaluation.captions import require_mode
        from satseek.models.device import place

        loaded = {name: load_model(name) for name in _names(models)}
        for model in loaded.values():
            require_mode(model, mode)
            place(model, device)
        captioned = load_captioned(dataset, data, images=image_folders(images or []), split=split)
        reports = [_evaluate(name, model, captioned, mode, seed, quiet) for name, model in loaded.items()]
        _show(reports, published, json)


def _names(models: str) -> list[str]:
    from satseek.core.errors import UsageError

    names = list(dict.fromkeys(name.strip() for name in models.split(",") if name.strip()))
    if not names:
        raise UsageError("Name a model to evaluate; 'satseek models' lists them.")
    return names


def image_folders(given: list[str]) -> Path | dict[str, Path] | None:
    """Return the folders of images as they were given: one, or one for each set by its name."""
    from satseek.core.errors import UsageError

    named = [(name, folder) for name, equals, folder in (each.partition("=") for each in given) if equals]
    if len(named) < len(given) and len(given) > 1:
        raise UsageError("Give --images once, or once for each set as --images rsitmd=DIR.")
    if not given:
        return None
    return {name: Path(folder) for name, folder in named} if named else Path(given[0])


def _evaluate(name: str, model: Model, captioned: Any, mode: str, seed: int, quiet: bool) -> EvaluationReport:
    from satseek.evaluation.captions import evaluate

    with progress(f"encoding with {name}", unit="images", quiet=quiet) as ticker:
        ticker.expect(len(captioned))
        done = 0

        def on_progress(now: int, total: int) -> None:
            nonlocal done
            ticker.advance(now - done)
            done = now

        return evaluate(model, captioned, mode=mode, name=name, seed=seed, on_progress=on_progress)


def _show(reports: list[EvaluationReport] | list[Measured], published: bool | None, json: Path | None) -> None:
    from satseek.core.errors import UsageError
    from satseek.evaluation.report import side_by_side

    several = len(reports) > 1
    captioned = [report for report in reports if not isinstance(report, Measured)]
    value = {"reports": [report.to_json() for report in reports]} if several else reports[0].to_json()
    if json is not None and str(json) == "-":
        write_json(value)
        return
    if json is not None:
        import json as format

        try:
            json.write_text(format.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"Cannot write the figures to {json}: {error.strerror}. Choose another file.") from None
    if captioned and (several or published):
        print(side_by_side(captioned, published=published is not False))
    if not several or not captioned:
        print("\n\n".join(str(report) for report in reports))
    for line in {text for report in captioned for text in report.left_out()} if several else ():
        tell(line)
