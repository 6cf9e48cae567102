"""The real sets, where they are at hand: counts that their README gives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from satseek.datasets.catalogue import load_captioned
from satseek.datasets.keywords import keywords_of_image

DATA = Path(os.environ.get("SATSEEK_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))

pytestmark = pytest.mark.skipif(not (DATA / "ucm").is_dir(), reason=f"the real data sets are not in {DATA}")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "train", "val"), [("rsicd", 7751, 987), ("rsitmd", 1954, 384), ("ucm", 1680, 210)])
def test_the_real_sets_are_whole(name: str, train: int, val: int) -> None:
    both = {split: load_captioned(name, DATA, split=split) for split in ("train", "val")}
    assert (len(both["train"]), len(both["val"])) == (train, val)
    assert all(not loaded.missing and not loaded.blank_captions for loaded in both.values())
    assert all(len(loaded.captions) == 5 * len(loaded) for loaded in both.values())


def test_rsitmd_joins_rsicd_on_the_same_images() -> None:
    joint = load_captioned("rsicd+rsitmd", DATA, split="val")
    assert len(joint) == 987
    assert sum(len(image.captions) == 10 for image in joint.images) == 384


def test_nearly_every_real_image_gets_keywords() -> None:
    ucm = load_captioned("ucm", DATA, split="val")
    found = [keywords_of_image(image) for image in ucm.images]
    assert all(1 <= len(keywords) <= 5 for keywords in found)
    words = [len(keyword.split()) for keywords in found for keyword in keywords]
    assert 1.2 < sum(words) / len(words) < 2
    runway = next(image for image in ucm.images if image.scene_class == "runway")
    assert any("runway" in keyword for keyword in keywords_of_image(runway))
