"""Training on two devices is training on one with twice the batch: the same losses, the other's chips as negatives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.pair_world import SMALL_PAIRS, write_pair_world
from fakes.pictures import SMALL, write_pictures
from fakes.two_devices import curves

STEADY = ("optimiser.dropout=0", "optimiser.epochs=2", "optimiser.learning_rate=0.01", "optimiser.average=0.5")
CAPTIONS = (*SMALL, *STEADY, "augment.word_dropout=0", "loss.scene_class=0.5", "model.keywords=true")
PAIRS = (
    *SMALL_PAIRS, *STEADY, "loss.places=0", "loss.discrepancy=0.5", "loss.ramp=false",
    "augment.speckle=0", "augment.looks=0", "augment.radar_stretch=0", "augment.brightness=0", "augment.grey=0",
)  # fmt: skip


@pytest.mark.slow
def test_two_processes_have_the_loss_curve_of_one_with_the_doubled_batch(tmp_path: Path) -> None:
    pictures, pairs = write_pictures(tmp_path / "pictures"), write_pair_world(tmp_path / "pairs")

    def runs(share: int) -> dict[str, tuple[tuple[str, ...], Path]]:
        return {
            f"amfmn-{share}": ((*CAPTIONS, f"data.batch={6 // share}"), pictures),
            f"sscm-{share}": ((*PAIRS, f"data.batch={8 // share}"), pairs),
        }

    one = curves(runs(1) | runs(2), tmp_path / "one", devices=1)
    two = curves(runs(2), tmp_path / "two", devices=2)
    for name in ("amfmn", "sscm"):
        whole, half, both = one[f"{name}-1"], one[f"{name}-2"], two[f"{name}-2"]
        assert len(whole) == 2
        np.testing.assert_allclose(both, whole, rtol=0, atol=2e-3, err_msg=name)
        assert abs(whole[0][0] - half[0][0]) > 0.05, f"{name}: half the negatives should cost less"
