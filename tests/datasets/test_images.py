"""Image files decoded, packed and compared; the check that puts it together."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from satseek.core.errors import SourceError
from satseek.datasets import leaks
from satseek.datasets.catalogue import load_captioned
from satseek.datasets.check import check_set
from satseek.datasets.image_file import ByteArray, read_image
from satseek.datasets.image_store import ImageStore


def landscape(seed: int, size: int = 96) -> ByteArray:
    """Paint something with large and small forms, as no two places have them."""
    noise = np.random.default_rng(seed).normal(size=(size, size, 3))
    smooth = 6 * gaussian_filter(noise, (9, 9, 0)) + gaussian_filter(noise, (2, 2, 0))
    return np.clip(120 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.png" for name in range(6)]
    for seed, path in enumerate(paths):
        Image.fromarray(landscape(seed)).save(path)
    return paths


def test_an_image_of_any_kind_becomes_true_colour(tmp_path: Path) -> None:
    grey = np.arange(16, dtype=np.uint8).reshape(4, 4) * 16
    Image.fromarray(grey).save(tmp_path / "grey.png")
    assert (read_image(tmp_path / "grey.png") == grey[:, :, None]).all()
    Image.fromarray(np.dstack([grey, grey, grey, grey // 2])).save(tmp_path / "alpha.png")
    assert (read_image(tmp_path / "alpha.png") == grey[:, :, None]).all()
    Image.fromarray(grey).convert("P").save(tmp_path / "palette.png")
    assert read_image(tmp_path / "palette.png").shape == (4, 4, 3)


def test_a_square_holds_all_of_a_wide_image(tmp_path: Path) -> None:
    wide = np.zeros((40, 120, 3), dtype=np.uint8)
    wide[:, 60:] = 200
    Image.fromarray(wide).save(tmp_path / "wide.png")
    square = read_image(tmp_path / "wide.png", 32)
    assert square.shape == (32, 32, 3)
    assert square[:, :14].max() == 0
    assert square[:, 18:].min() == 200
    assert read_image(tmp_path / "wide.png", longest_side=60).shape == (20, 60, 3)


@pytest.mark.parametrize("content", [b"", b"no image at all", None])
def test_a_broken_image_says_why(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.jpg"
    if content is None:
        Image.fromarray(landscape(1)).save(path)
        content = path.read_bytes()[:900]
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"Cannot read the image broken\.jpg"):
        read_image(path)


def test_a_packed_store_gives_back_the_images_and_lists_the_broken_ones(tmp_path: Path, files: list[Path]) -> None:
    files[2].write_bytes(b"rubbish")
    store = ImageStore.open(files, 32, tmp_path / "cache")
    assert list(store.broken) == [2]
    assert store.good.tolist() == [0, 1, 3, 4, 5]
    assert store.pixels[2].max() == 0
    expected = np.stack([read_image(files[position], 32) for position in (5, 0, 5)])
    assert (store.read([5, 0, 5]) == expected).all()


def test_a_packed_store_is_used_again_until_an_image_changes(tmp_path: Path, files: list[Path]) -> None:
    done: list[None] = []
    opened = [ImageStore.open(files, 16, tmp_path / "cache", on_image=lambda: done.append(None)) for _ in range(2)]
    assert len(done) == 6
    assert (opened[0].pixels == opened[1].pixels).all()
    Image.fromarray(landscape(77)).save(files[0])
    os.utime(files[0], ns=(1, 1))
    changed = ImageStore.open(files, 16, tmp_path / "cache", on_image=lambda: done.append(None))
    assert len(done) == 12
    assert (changed.pixels[0] == read_image(files[0], 16)).all()


def test_a_cut_off_cache_is_made_anew(tmp_path: Path, files: list[Path]) -> None:
    first = ImageStore.open(files, 16, tmp_path / "cache").read(range(6))
    packed = next((tmp_path / "cache").glob("*.images"))
    packed.write_bytes(packed.read_bytes()[:-100])
    assert (ImageStore.open(files, 16, tmp_path / "cache").pixels == first).all()


def test_a_cache_that_cannot_be_written_says_how_much_room_it_needs(tmp_path: Path, files: list[Path]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="Cannot keep the decoded images"):
        ImageStore.open(files, 16, tmp_path / "file" / "cache")


def test_twins_are_found_though_compressed_resized_or_brightened_and_others_are_not() -> None:
    pictures = [landscape(seed) for seed in range(40)]
    worn = Image.fromarray(pictures[7]).resize((64, 64)).resize((96, 96))
    pictures += [np.asarray(worn), np.clip(pictures[11].astype(int) + 5, 0, 255).astype(np.uint8)]
    pictures += [pictures[3][:, ::-1], np.full((96, 96, 3), 128, np.uint8)]
    small = np.stack([np.asarray(Image.fromarray(picture).resize((32, 32))) for picture in pictures])
    found = leaks.near_twins(leaks.signatures(small))
    assert {(pair.first, pair.second) for pair in found} == {(7, 40), (11, 41)}


def test_twins_across_blocks_of_many_images_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "_BLOCK", 3)
    small = np.stack([np.asarray(Image.fromarray(landscape(seed)).resize((32, 32))) for seed in (0, 1, 2, 3, 4, 0, 1)])
    found = leaks.near_twins(leaks.signatures(small))
    assert [(pair.first, pair.second) for pair in found] == [(0, 5), (1, 6)]
    assert [tuple(pair[:2]) for pair in leaks.across(found, ["train"] * 6 + ["test"])] == [(1, 6)]


def test_even_pictures_of_other_brightness_are_no_twins() -> None:
    flat = np.stack([np.full((32, 32, 3), level, np.uint8) for level in (40, 200, 41)])
    assert [(pair.first, pair.second) for pair in leaks.near_twins(leaks.signatures(flat))] == [(0, 2)]


def test_the_check_finds_what_is_wrong_with_a_set(tmp_path: Path, files: list[Path]) -> None:
    Image.fromarray(landscape(0)).save(tmp_path / "leak.jpg", quality=80)
    files[4].write_bytes(b"rubbish")
    lines = [
        {"file": path.name, "caption": ["many green trees", f"place {number}"], "split": "train"}
        for number, path in enumerate(files)
    ]
    lines += [
        {"file": "leak.jpg", "caption": ["many green trees.", " "], "split": "val"},
        {"file": "gone.jpg", "caption": "x", "split": "val"},
    ]
    (tmp_path / "captions.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    report = check_set(load_captioned("folder", tmp_path, split="all"))
    assert report.splits == {"train": 6, "val": 1}
    assert (report.captions, report.different_captions, report.shared_captions) == (13, 7, 7)
    assert (report.blank_captions, report.missing, list(report.broken)) == (1, ("gone.jpg",), ["4.png"])
    assert [(leak.first, leak.second, leak.splits) for leak in report.leaks] == [
        ("0.png", "leak.jpg", ("train", "val"))
    ]
    assert not report.is_sound
    assert report.to_json()["leaks"][0]["splits"] == ["train", "val"]
    text = str(report)
    assert "pictures in two splits: 1\n  0.png (train) and leak.jpg (val)" in text
    assert "broken: 1\n  Cannot read the image 4.png" in text
    assert report.images_with_derived_keywords == 7
