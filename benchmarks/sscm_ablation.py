"""What each part of SS-CM-RSIR is worth: short runs at half the resolution, one change at a time, over seeds.

    python benchmarks/sscm_ablation.py --data ../shared/data/s1s2 --epochs 16 --seeds 3

Each run begins from nothing and is examined on the val split after its last epoch, whole chips and shifted windows. The
schedule is short: the rows tell the parts from one another, not how good the model can be. Cells are run seed by seed
and written as they are done; with the same --epochs a stopped table is gone on with.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from machine import RESULTS, facts, write_result

from satseek.training.settings import read_recipe
from satseek.training.teach import train

NAME = "sscm_ablation"
HALF = ("data.resolution_m=40", "data.window=48", "data.choose_every=1000")
PAPER = ("loss.on=z", "loss.places=0", "loss.temperature=0.5", "loss.learn_temperature=false")
MDE, MSP = ("loss.discrepancy=1", "loss.discrepancy_form=paper"), ("loss.neighbour=1",)
CELLS: dict[str, tuple[str, ...]] = {
    "sscm, as shipped": (),
    "MIM on z (paper)": PAPER,
    "MIM on z + MDE": (*PAPER, *MDE),
    "MIM on z + MDE + MSP": (*PAPER, *MDE, *MSP),
    "MIM on z + MSP": (*PAPER, *MSP),
    "MIM on z + (1 - cos)": (*PAPER, "loss.discrepancy=1"),
    "without places": ("loss.places=0",),
    "without places, fixed temperature 0.5": ("loss.places=0", "loss.temperature=0.5", "loss.learn_temperature=false"),
    "separate trunks": ("model.trunk=separate",),
    "without structure channels": ("model.structure=false",),
    "average only, no grid": ("model.cells=0",),
    "same windows for both sensors": ("augment.apart=0",),
    "sscm + (1 - cos)": ("loss.discrepancy=1",),
    "sscm + MSP": ("loss.neighbour=1",),
    "no speckle, looks or stretch": ("augment.speckle=0", "augment.looks=0", "augment.radar_stretch=0"),
    "MobileNetV2 from scratch": ("model.backbone=mobilenetv2",),
    "MobileNetV2 from ImageNet": (
        "model.backbone=mobilenetv2",
        "optimiser.start_from=weights/mobilenet_v2_imagenet_fp16.npz",
    ),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--epochs", type=int, default=16)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--minutes", type=float, default=1e9, help="begin no run after so many")
    options.add_argument("--cells", nargs="*", choices=list(CELLS), default=list(CELLS))
    asked = options.parse_args()
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
            write_result(NAME, told | {"epochs": asked.epochs, "rows": _rows(runs), "runs": runs})
    for row in _rows(runs):
        print(f"{row['cell']:<40} aligned {_spread(row['aligned'])}  shifted {_spread(row['shifted'])}")


def _run(cell: str, seed: int, epochs: int, data: Path) -> dict[str, Any]:
    changes = [*HALF, f"optimiser.epochs={epochs}", *CELLS[cell]]
    with TemporaryDirectory() as out:
        report = train(read_recipe("sscm", changes, seed=seed), data, Path(out) / "run", device="cpu")
    figures = {name.removeprefix("s1s2_"): round(value, 2) for name, value in report.recalls.items()}
    return {"cell": cell, "seed": seed, "changes": list(CELLS[cell]), **figures, "seconds": round(report.seconds)}


def _done(epochs: int) -> list[dict[str, Any]]:
    path = RESULTS / f"{NAME}.json"
    told = json.loads(path.read_text()) if path.exists() else {}
    runs: list[dict[str, Any]] = told.get("runs", []) if told.get("epochs") == epochs else []
    return runs


def _rows(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for cell in dict.fromkeys(run["cell"] for run in runs):
        of_cell = [run for run in runs if run["cell"] == cell]
        values = {name: [run[name] for run in of_cell] for name in ("aligned", "shifted")}
        rows.append({"cell": cell, "seeds": len(of_cell), **values})
    return rows


def _spread(values: list[float]) -> str:
    deviation = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    return f"{np.mean(values):5.1f}{deviation} ({len(values)})"


if __name__ == "__main__":
    main()
