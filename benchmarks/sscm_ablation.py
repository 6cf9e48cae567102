"""What each part of SS-CM-RSIR is worth: short runs of a small network at half the resolution, one change at a time.

    python benchmarks/sscm_ablation.py --data ../shared/data/s1s2 --epochs 4 --seeds 3

Each run begins from nothing and is examined on the val split after its last epoch, whole chips and shifted windows. The
schedule is short: the rows tell the parts from one another, not how good the model can be. Cells are run seed by seed
and written as they are done; with the same --epochs a stopped table is gone on with. At the end the table, mean and
deviation over seeds, is printed and put into docs/results.md (with --seeds 0, what there is by now).
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import numpy as np
from machine import RESULTS, ROOT, facts, write_result

from satseek.datasets.co_registered import CoRegisteredSet
from satseek.training.across import teach
from satseek.training.across.lessons import PairLessons
from satseek.training.across.settings import PairRecipe
from satseek.training.settings import read_recipe
from satseek.training.teach import train

NAME = "sscm_ablation"
RESULTS_PAGE = ROOT / "docs" / "results.md"
BEGIN, END = "<!-- sscm_ablation.py: begin -->", "<!-- sscm_ablation.py: end -->"
HALF = ("data.resolution_m=40", "data.window=48", "data.choose_every=1000")
SMALL = ("model.width=32", "model.top=96", "model.blocks=1", "data.batch=32")
PAPER = ("loss.on=z", "loss.places=0", "loss.temperature=0.5", "loss.learn_temperature=false")
MDE, MSP = ("loss.discrepancy=1", "loss.discrepancy_form=paper"), ("loss.neighbour=1",)
FIXED = ("loss.places=0", "loss.learn_temperature=false")
MOBILE = ("model.backbone=mobilenetv2",)
CELLS: dict[str, tuple[str, ...]] = {
    "sscm, as shipped": (),
    "MIM on z (paper)": PAPER,
    "MIM on z + MDE": (*PAPER, *MDE),
    "MIM on z + MSP": (*PAPER, *MSP),
    "MIM on z + MDE + MSP": (*PAPER, *MDE, *MSP),
    "MIM on z + (1 - cos)": (*PAPER, "loss.discrepancy=1"),
    "without places": ("loss.places=0",),
    "without places, temperature .07 fixed": (*FIXED, "loss.temperature=0.07"),
    "without places, temperature .2 fixed": (*FIXED, "loss.temperature=0.2"),
    "without places, temperature .5 fixed": (*FIXED, "loss.temperature=0.5"),
    "separate trunks": ("model.trunk=separate",),
    "same windows for both sensors": ("augment.apart=0",),
    "MobileNetV2 from scratch": MOBILE,
    "MobileNetV2 from ImageNet": (*MOBILE, "optimiser.start_from=weights/mobilenet_v2_imagenet_fp16.npz"),
    "with 80 painted places": ("data.painted=80",),
    "windows of 960 m, halved to 20 m": ("data.resolution_m=20", "data.window=48"),
    "windows of 960 m, native 10 m": ("data.resolution_m=10", "data.window=96"),
}
MORE: dict[str, tuple[str, ...]] = {  # run where they are named
    "without structure channels": ("model.structure=false",),
    "average only, no grid": ("model.cells=0",),
    "sscm + (1 - cos)": ("loss.discrepancy=1",),
    "sscm + MSP": ("loss.neighbour=1",),
    "no speckle, looks or stretch": ("augment.speckle=0", "augment.looks=0", "augment.radar_stretch=0"),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--epochs", type=int, default=16)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--minutes", type=float, default=1e9, help="begin no run after so many")
    options.add_argument("--cells", nargs="*", choices=[*CELLS, *MORE], default=list(CELLS))
    asked = options.parse_args()
    _decode_once()
    began, runs = time.monotonic(), _done(asked.epochs)
    for seed in range(1, asked.seeds + 1):
        for cell in asked.cells:
            if any(run["cell"] == cell and run["seed"] == seed for run in runs):
                continue
            if time.monotonic() - began > asked.minutes * 60:
                break
            runs.append(_run(cell, seed, asked.epochs, asked.data))
            print(json.dumps(runs[-1]), flush=True)
            told = facts(data="s1s2", seed=None, libraries=("torch", "lightning-fabric"))
            write_result(
                NAME, told | {"epochs": asked.epochs, "schedule": [*HALF, *SMALL], "rows": _rows(runs), "runs": runs}
            )
    table = _table(_rows(runs))
    print(table)
    told = RESULTS_PAGE.read_text(encoding="utf-8")
    before, behind = told.split(BEGIN)[0], told.split(END)[1]
    RESULTS_PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{behind}", encoding="utf-8")


def _run(cell: str, seed: int, epochs: int, data: Path) -> dict[str, Any]:
    changes = [*HALF, *SMALL, f"optimiser.epochs={epochs}", *(CELLS | MORE)[cell]]
    with TemporaryDirectory() as out:
        report = train(read_recipe("sscm", changes, seed=seed), data, Path(out) / "run", device="cpu")
    figures = {name.removeprefix("s1s2_"): round(value, 2) for name, value in report.recalls.items()}
    return {
        "cell": cell,
        "seed": seed,
        "changes": list((CELLS | MORE)[cell]),
        **figures,
        "seconds": round(report.seconds),
    }


def _decode_once() -> None:
    """Let runs with the same pictures share them: decoding costs as much as two epochs."""
    kept: dict[tuple[Any, ...], PairLessons] = {}
    decode = teach.lessons_of

    def shared(pairs: CoRegisteredSet, recipe: PairRecipe, cache: Path) -> PairLessons:
        key = (pairs.name, pairs.split, len(pairs), recipe.data.resolution_m, recipe.model.sensors)
        if key not in kept:
            kept[key] = decode(pairs, recipe, cache)
        return kept[key]

    paint, painted = teach.painted_like, Path(gettempdir()) / "satseek-painted"
    teach.lessons_of = shared  # type: ignore[assignment]
    teach.painted_like = lambda pairs, count, _: paint(pairs, count, painted)  # type: ignore[assignment]


def _done(epochs: int) -> list[dict[str, Any]]:
    path = RESULTS / f"{NAME}.json"
    told = json.loads(path.read_text()) if path.exists() else {}
    same = told.get("epochs") == epochs and told.get("schedule") == [*HALF, *SMALL]
    runs: list[dict[str, Any]] = told["runs"] if same else []
    return runs


def _rows(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for cell in dict.fromkeys(run["cell"] for run in runs):
        of_cell = [run for run in runs if run["cell"] == cell]
        values = {name: [run[name] for run in of_cell] for name in ("aligned", "shifted")}
        rows.append({"cell": cell, "seeds": len(of_cell), **values})
    return rows


def _table(rows: list[dict[str, Any]]) -> str:
    order = [*CELLS, *MORE]
    lines = ["| | seeds | aligned | shifted |", "|---|---|---|---|"]
    for row in sorted(rows, key=lambda row: order.index(row["cell"])):
        lines.append(f"| {row['cell']} | {row['seeds']} | {_spread(row['aligned'])} | {_spread(row['shifted'])} |")
    return "\n".join(lines)


def _spread(values: list[float]) -> str:
    deviation = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    return f"{np.mean(values):.1f}{deviation}"


if __name__ == "__main__":
    main()
