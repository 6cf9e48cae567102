"""What the parts of AMFMN are worth: guidance, margin, keywords, data and backbone, in many short runs on val.

    python benchmarks/amfmn_table.py --data ../shared/data                    # run what is missing, then print
    python benchmarks/amfmn_table.py --data ../shared/data --parts margin --minutes 20
    python benchmarks/amfmn_table.py                                          # print what there is

The schedule is small so that rows can be told from one another within an hour on one core; it does not show how good a
model can be. Each cell is one whole training run, examined once, after its last epoch; each is written when it is done,
and a stopped table is gone on with. Runs with one frozen backbone share its maps, so the crops of a set are the same
for all seeds, while starting weights, the order of pictures, the captions drawn and dropout differ.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from machine import RESULTS, facts, write_result

NAME = "amfmn_table"
VARIANTS = ("dual", "soft", "fusion", "sim", "sim-coded")
SETS = ("ucm", "rsitmd", "rsicd", "rsicd+rsitmd+ucm")
EPOCHS = {"ucm": 8, "rsitmd": 8, "rsicd": 4, "rsicd+rsitmd+ucm": 4}
IMAGENET = "optimiser.start_from=weights/mobilenet_v2_imagenet_fp16.npz"
MARGINS = {
    "triplet": ("loss.name=triplet", "loss.margin=0.2"),
    "L_ct": ("loss.name=dynamic_margin", "loss.margin=0.6", "loss.beta=5"),
    "triplet of .6": ("loss.name=triplet", "loss.margin=0.6"),  # as wide as L_ct's is between texts that are unlike
    "L_ct of .2": ("loss.name=dynamic_margin", "loss.margin=0.2", "loss.beta=5"),  # as narrow as the plain one
    "InfoNCE": ("loss.name=info_nce",),
}
PLAIN, SAME_WIDTH = ("triplet", "L_ct"), ("triplet of .6", "L_ct of .2")
SMALL = (
    "model.dimensions=256", "model.embedding=128", "model.hidden=128", "model.pooling=mean", "model.salience=false",
    "data.batch=128", "data.captions_per_image=1", "data.choose_every=1000", "augment.smallest_crop=0.6",
    "loss.scene_class=0", "optimiser.learning_rate=1e-3", "optimiser.average=0.95", "optimiser.dropout=0.1",
)  # fmt: skip
FROZEN = (
    "model.backbone=mobilenetv2", IMAGENET, "optimiser.frozen_blocks=17", "data.kept_variants=2",
    "data.image_size=96", "data.store_size=96",
)  # fmt: skip
TRAINED = (
    "data.image_size=64", "data.store_size=64", "data.kept_variants=0", "optimiser.frozen_blocks=0",
    "optimiser.backbone_learning_rate=5e-4",
)  # fmt: skip
BACKBONES = {
    "ResNet-18 from scratch": ("model.backbone=resnet18", "optimiser.start_from="),
    "ResNet-18 warmed up on scene classes": ("model.backbone=resnet18",),
    "MobileNetV2 from ImageNet": ("model.backbone=mobilenetv2", IMAGENET),
}
_WARM_UP = ("loss.scene_class=100", "loss.name=info_nce")  # beside it the pairs count for one hundredth


@dataclass(frozen=True)
class Cell:
    """One run: which part of the table it is of, and all that tells it from others."""

    part: str
    name: str
    sets: str
    seed: int
    changes: tuple[str, ...]
    warm_up: bool = False
    modes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return what tells this run from all others."""
        return f"{self.part} | {self.name} | {self.sets} | {self.seed}"


def cells() -> Iterator[Cell]:
    """Go through all runs, the most telling first."""
    yield from _of_margins(("soft",), range(1, 6))
    yield from _of_margins(VARIANTS, (1,))
    for sets in SETS:
        for variant in VARIANTS if sets != "ucm" else ():  # of UCM they are among the margin's
            yield Cell("sets", variant, sets, 1, (*FROZEN, f"model.guidance={variant}", *MARGINS["L_ct"]))
        yield Cell("sets", "dual, InfoNCE", sets, 1, (*FROZEN, "model.guidance=dual", *MARGINS["InfoNCE"]))
        if sets in ("ucm", "rsitmd"):
            yield from _of_modes(sets)
        if sets == "rsitmd":
            for name, changes in BACKBONES.items():
                whole = (*TRAINED, *changes, "model.guidance=soft", *MARGINS["L_ct"])
                yield Cell("backbones", name, "ucm", 1, whole, warm_up="warmed up" in name)
    yield from _of_margins(VARIANTS, range(2, 6))
    yield from _of_margins(("soft",), range(1, 6), SAME_WIDTH)


def _of_margins(variants: tuple[str, ...], seeds: Iterable[int], margins: tuple[str, ...] = PLAIN) -> Iterator[Cell]:
    for seed in seeds:
        for variant in variants:
            for margin in margins:
                changes = (*FROZEN, f"model.guidance={variant}", *MARGINS[margin])
                yield Cell("margin", f"{variant}, {margin}", "ucm", seed, changes)


def _of_modes(sets: str) -> Iterator[Cell]:
    for branch in (True, False):
        changes = (*FROZEN, "model.guidance=soft", *MARGINS["L_ct"], f"model.keywords={str(branch).lower()}")
        name = "branch of its own" if branch else "keywords as short sentences"
        yield Cell("modes", name, sets, 1, changes, modes=("sentence", "keywords", "joint"))


def main() -> None:
    """Run what is missing, then print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, help="run what is missing; else only print")
    options.add_argument("--minutes", type=float, default=1e9, help="begin no run after so many")
    options.add_argument("--parts", nargs="*", default=["margin", "sets", "modes", "backbones"])
    options.add_argument("--seeds", type=int, default=5, help="of the margin's runs")
    options.add_argument("--sets", nargs="*", default=list(SETS), choices=SETS)
    options.add_argument("--only", default="", help="cells whose name begins like this")
    asked = options.parse_args()
    began, runs = time.monotonic(), _done()
    if asked.data:
        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
        _share_what_does_not_change()
        for cell in cells():
            missing = cell.key not in {run["key"] for run in runs}
            wanted = cell.part in asked.parts and cell.sets in asked.sets and cell.name.startswith(asked.only)
            if missing and wanted and cell.seed <= asked.seeds:
                if time.monotonic() - began > asked.minutes * 60:
                    break
                runs.append(_run(cell, asked.data))
                print(json.dumps(runs[-1]), flush=True)
                told = facts(data="rsicd, rsitmd, ucm", seed=None, libraries=("torch", "lightning-fabric"))
                write_result(NAME, told | {"small": [*SMALL], "epochs": EPOCHS, "runs": runs})
    _print(runs)


def _run(cell: Cell, data: Path) -> dict[str, Any]:
    from satseek.training.settings import read_recipe
    from satseek.training.teach import train

    spent = time.process_time()
    changes = [
        *SMALL,
        "optimiser.frozen_filters=false",
        f"data.sets={cell.sets}",
        f"optimiser.epochs={EPOCHS[cell.sets]}",
        *cell.changes,
    ]
    with TemporaryDirectory() as folder:
        out = Path(folder)
        if cell.warm_up:
            warm = read_recipe("amfmn-start", [*changes, *_WARM_UP, "optimiser.start_from=", *_unstopped()])
            train(warm, data, out / "warm", device="cpu")
            changes.append(f"optimiser.start_from={out / 'warm' / 'best'}")
        recipe = read_recipe("amfmn-start", [*changes, *_unstopped()], seed=cell.seed)
        report = train(recipe, data, out / "run", device="cpu")
        figures = {name: round(value, 2) for name, value in report.recalls.items()}
        for mode in cell.modes:
            figures[mode] = _by_mode(out / "run" / "best", cell.sets, data, mode)
    return {
        "key": cell.key, "part": cell.part, "name": cell.name, "sets": cell.sets, "seed": cell.seed,
        "figures": figures, "changes": [*cell.changes], "seconds": round(time.process_time() - spent),
    }  # fmt: skip


def _unstopped() -> tuple[str, ...]:
    return ("optimiser.stop_after=0",)


def _by_mode(folder: Path, name: str, data: Path, mode: str) -> float:
    from satseek.datasets.catalogue import load_captioned
    from satseek.evaluation.captions import evaluate
    from satseek.models.amfmn.model import AmfmnModel

    report = evaluate(AmfmnModel.load(folder), load_captioned(name, data, split="val"), mode=mode)
    return round(float(report.to_json()["mean_recall"]), 2)


def _share_what_does_not_change() -> None:
    """Let runs on the same pictures share their decoding, and what the frozen backbone makes of them."""
    from satseek.training import batches, teach

    decoded: dict[tuple[Any, ...], Any] = {}
    kept: dict[tuple[int, int], Any] = {}
    load, load_val, maps = teach.load_lessons, teach.load_exams, batches.KeptMaps

    def lessons(settings: Any, *place: Any, **how: Any) -> Any:
        key = ("train", settings.sets, settings.store_size)
        if key not in decoded:
            decoded[key] = load(settings, *place, **how)
        return decoded[key]

    def exams(settings: Any, *place: Any, **how: Any) -> Any:
        key = ("val", settings.sets, settings.store_size)
        if key not in decoded:
            decoded[key] = load_val(settings, *place, **how)
        return decoded[key]

    def shared(pictures: int, variants: int) -> Any:
        if not variants:
            return maps(pictures, variants)
        return kept.setdefault((pictures, variants), maps(pictures, variants))

    teach.load_lessons, teach.load_exams = lessons, exams
    batches.KeptMaps = shared  # type: ignore[assignment,misc]


def _done() -> list[dict[str, Any]]:
    path = RESULTS / f"{NAME}.json"
    told = json.loads(path.read_text()) if path.exists() else {}
    same = told.get("small") == [*SMALL] and told.get("epochs") == EPOCHS
    runs: list[dict[str, Any]] = told.get("runs", []) if same else []
    return runs


def _print(runs: list[dict[str, Any]]) -> None:
    """Print the table as it stands in docs/results.md."""
    print("\n| guidance, UCM | triplet, margin .2 | dynamic margin L_ct | seeds |\n|---|---|---|---|")
    for variant in VARIANTS:
        both = [_figures(runs, "margin", f"{variant}, {margin}", "ucm") for margin in PLAIN]
        print(f"| {variant} | {_spread(both[0])} | {_spread(both[1])} | {min(map(len, both))} |")
    print("\n| soft guidance, UCM | margin .2 | margin .6 |\n|---|---|---|")
    for name, widths in {"triplet": (PLAIN[0], SAME_WIDTH[0]), "L_ct": (SAME_WIDTH[1], PLAIN[1])}.items():
        told = (_spread(_figures(runs, "margin", f"soft, {width}", "ucm")) for width in widths)
        print(f"| {name} | {' | '.join(told)} |")
    print("\n| one seed, L_ct | UCM | RSITMD | RSICD | joint: RSICD | RSITMD | UCM |\n|---|---|---|---|---|---|---|")
    for name in (*VARIANTS, "dual, InfoNCE"):
        single = [_spread(_figures(runs, "sets", name, each)) for each in SETS[:3]]
        if name in VARIANTS:
            single[0] = _spread(_figures(runs, "margin", f"{name}, L_ct", "ucm")[:1])
        joint = [_spread(_figures(runs, "sets", name, SETS[3], each)) for each in ("rsicd", "rsitmd", "ucm")]
        print(f"| {name} | {' | '.join(single + joint)} |")
    print("\n| keywords | set | sentence | keywords | joint |\n|---|---|---|---|---|")
    for run in runs:
        if run["part"] == "modes":
            told = (f"{run['figures'][mode]:.1f}" for mode in ("sentence", "keywords", "joint"))
            print(f"| {run['name']} | {run['sets']} | {' | '.join(told)} |")
    print("\n| backbone, UCM at 64 px | mean recall |\n|---|---|")
    for name in BACKBONES:
        print(f"| {name} | {_spread(_figures(runs, 'backbones', name, 'ucm'))} |")


def _figures(runs: list[dict[str, Any]], part: str, name: str, sets: str, figure: str | None = None) -> list[float]:
    found = [run for run in runs if (run["part"], run["name"], run["sets"]) == (part, name, sets)]
    return [run["figures"][figure or sets] for run in found]


def _spread(values: list[float]) -> str:
    if not values:
        return "–"
    return f"{np.mean(values):.1f}" + (f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
