"""Put a trained model where the package looks for it, with figures of 'satseek evaluate' in its card.

    satseek evaluate runs/sscm/best pairs --data DIR --shift 32 --verify --json verified.json
    satseek evaluate runs/sscm/best pairs --data DIR --shift 32 --turns --verify --json turned.json
    python tools/ship_model.py runs/sscm/best --figures verified.json turned.json

The folder goes to src/satseek/models/weights/NAME, whose name the card says. Of reports on pairs the mean recalls are
taken; weights are copied as they are. `tools/ship_satseek_one.sh DIR` teaches the bridge anew after one of its eyes
was shipped, and ships it with this.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from satseek.models.checkpoint import load_checkpoint, save_checkpoint
from satseek.models.packaged import weights_folder

PLAIN = {
    "mean_recall": "aligned",
    "shifted_mean_recall": "shifted",
    "verified_mean_recall": "aligned_verified",
    "verified_shifted_mean_recall": "shifted_verified",
}
TURNED = {"shifted_mean_recall": "shifted_turned", "verified_shifted_mean_recall": "shifted_turned_verified"}


def main() -> None:
    """Copy the folder, the figures in its card."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path, help="the best model of a run")
    options.add_argument("--figures", type=Path, nargs="*", default=[], help="JSON of 'satseek evaluate … pairs'")
    asked = options.parse_args()
    checkpoint = load_checkpoint(asked.folder)
    figures = dict(checkpoint.card.figures)
    for path in asked.figures:
        figures |= dict(_figures(json.loads(path.read_text(encoding="utf-8"))))
    card = replace(checkpoint.card, figures=figures)
    shipped = save_checkpoint(
        weights_folder(card.name),
        card,
        checkpoint.tensors,
        settings=checkpoint.settings,
        vocabulary=checkpoint.vocabulary,
    )
    print(f"{shipped.name} is in {weights_folder(card.name)}: {json.dumps(dict(shipped.figures), indent=1)}")


def _figures(told: Any) -> Iterator[tuple[str, float]]:
    """Go through the mean recalls of a report, or of each of several; turned ones have names of their own."""
    for report in told.get("reports", [told]):
        for key, protocol in (TURNED if report["turns"] else PLAIN).items():
            if key in report:
                yield f"{report['dataset']}_{protocol}_{report['split']}_mean_recall", round(report[key], 2)


if __name__ == "__main__":
    main()
