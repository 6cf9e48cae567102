"""Data sets in their official layouts, joined ones, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from satseek.core.errors import SourceError, UnknownName, UsageError
from satseek.datasets.catalogue import DATASETS, load_captioned

RIVER = "A river runs through a green forest ."


def paint(path: Path, seed: int, size: int = 24) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (size, size, 3), dtype=np.uint8)).save(path)


def record(file: str, split: str, *captions: str, **more: Any) -> dict[str, Any]:
    return {
        "filename": file,
        "split": split,
        "sentences": [{"raw": raw, "tokens": raw.split(), "sentid": number} for number, raw in enumerate(captions)],
        **more,
    }


def write_karpathy(path: Path, *records: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"dataset": "x", "images": list(records)}), encoding="utf-8")


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """RSICD, RSITMD (on RSICD's images) and UCM side by side."""
    write_karpathy(
        tmp_path / "rsicd/dataset_rsicd.json",
        record("river_1.jpg", "train", RIVER, "green trees by a river .", **{"class": "River"}),
        record("port_1.jpg", "train", "many boats in a port .", " ", "", **{"class": "Port"}),
        record("port_2.jpg", "val", "a port ."),
        record("gone_1.jpg", "train", "nobody knows ."),
    )
    for seed, name in enumerate(("river_1", "port_1", "port_2")):
        paint(tmp_path / f"rsicd/RSICD_images/{name}.jpg", seed)
    write_karpathy(
        tmp_path / "rsitmd/dataset_RSITMD.json",
        record("river_1.jpg", "train", "a wide brown river bends .", keywords=["wide river", "brown water"]),
        record("port_2.jpg", "test", "small boats ."),
    )
    write_karpathy(
        tmp_path / "UCM_captions/dataset.json",
        record("7.tif", "train", "a  river runs through\ta green forest.", labels=["water", "trees"]),
    )
    paint(tmp_path / "UCM_captions/imgs/7.tif", 9)
    return tmp_path


def test_a_set_is_read_from_its_official_layout(world: Path) -> None:
    rsicd = load_captioned("rsicd", world / "rsicd", split="train")
    assert [image.id for image in rsicd.images] == ["river_1.jpg", "port_1.jpg"]
    assert rsicd.images[0].captions == (RIVER, "green trees by a river .")
    assert rsicd.images[0].path == (world / "rsicd/RSICD_images/river_1.jpg").resolve()
    assert rsicd.classes == ("Port", "River")
    assert rsicd.captions == (RIVER, "green trees by a river .", "many boats in a port .")
    assert rsicd.owners.tolist() == [0, 0, 1]


def test_blank_captions_are_counted_and_missing_images_listed(world: Path) -> None:
    rsicd = load_captioned("rsicd", world / "rsicd", split="train")
    assert rsicd.blank_captions == 2
    assert rsicd.missing == ("gone_1.jpg",)


def test_splits_are_respected(world: Path) -> None:
    assert [image.id for image in load_captioned("rsicd", world, split="val").images] == ["port_2.jpg"]
    assert {image.split for image in load_captioned("rsicd", world, split="all").images} == {"train", "val"}


def test_a_split_that_is_not_there_is_answered_with_those_that_are(world: Path) -> None:
    with pytest.raises(UsageError, match=r"no split 'test'; it has train \(3 images\), val \(1 images\)"):
        load_captioned("rsicd", world, split="test")


def test_rsitmd_finds_its_images_beside_and_brings_its_keywords(world: Path) -> None:
    rsitmd = load_captioned("rsitmd", world / "rsitmd", split="train")
    assert rsitmd.images[0].keywords == ("wide river", "brown water")
    assert rsitmd.images[0].path.parent.name == "RSICD_images"


def test_an_image_root_of_ones_own_is_taken_alone(world: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    paint(elsewhere / "river_1.png", 4)
    rsicd = load_captioned("rsicd", world / "rsicd", images=elsewhere, split="train")
    assert [image.path.name for image in rsicd.images] == ["river_1.png"]
    assert rsicd.missing == ("port_1.jpg", "gone_1.jpg")


def test_a_joined_set_holds_a_shared_image_once_with_all_its_captions(world: Path) -> None:
    both = load_captioned("rsicd+rsitmd+ucm", world, split="train")
    assert [image.id for image in both.images] == ["rsicd/river_1.jpg", "rsicd/port_1.jpg", "ucm/7.tif"]
    assert both.images[0].captions == (RIVER, "green trees by a river .", "a wide brown river bends .")
    assert both.images[0].keywords == ("wide river", "brown water")
    assert both.name == "rsicd+rsitmd+ucm"
    assert both.missing == ("rsicd/gone_1.jpg",)


def test_captions_that_agree_word_for_word_are_positives_of_both_images(world: Path) -> None:
    both = load_captioned("rsicd+ucm", world, split="train")
    mask = both.positives([0, 1, 2], [0, 1, 2, 3])
    assert mask.tolist() == [
        [True, True, False, True],
        [False, False, True, False],
        [True, False, False, True],
    ]
    assert both.positives([2, 0, 2], [1, 0]).tolist() == [[False, True], [True, True], [False, True]]


def test_the_same_set_twice_or_an_unknown_one_is_refused(world: Path) -> None:
    with pytest.raises(UsageError, match="joins a set with itself"):
        load_captioned("ucm+ucm", world)
    with pytest.raises(UnknownName, match="Did you mean 'rsicd'"):
        load_captioned("ucm+rscid", world)


def test_images_for_a_set_that_is_not_loaded_are_refused(world: Path) -> None:
    with pytest.raises(UsageError, match="'rsitmd', which is not loaded"):
        load_captioned("rsicd+ucm", world, images={"rsitmd": world})


def test_a_folder_without_captions_says_which_file_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"looked for dataset\.json"):
        load_captioned("ucm", tmp_path)
    with pytest.raises(SourceError, match="There is no folder"):
        load_captioned("ucm", tmp_path / "nowhere")


def test_a_set_with_no_image_at_all_says_where_it_looked(world: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(SourceError, match=r"None of the 3 images of RSICD is there \(looked in .*empty"):
        load_captioned("rsicd", world, images=empty, split="train")


def test_every_set_of_the_catalogue_has_a_layout() -> None:
    titles = {name: DATASETS.get(name).title for name in DATASETS}
    assert titles["sydney"] == "Sydney-Captions"
    assert list(titles) == ["rsicd", "rsitmd", "ucm", "sydney", "folder"]
