"""Folders of one's own: tables, JSON lines, odd captions and broken files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from satseek.core.errors import SourceError
from satseek.datasets.catalogue import load_captioned
from satseek.datasets.gather import split_by_name
from satseek.datasets.pairs import CaptionedSet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images/deep").mkdir(parents=True)
    for name in ("a.png", "b.png", "deep/c.png"):
        Image.fromarray(np.full((8, 8, 3), 90, dtype=np.uint8)).save(tmp_path / "images" / name)
    return tmp_path


def captions_of(loaded: CaptionedSet) -> dict[str, tuple[str, ...]]:
    return {image.id: image.captions for image in loaded.images}


def test_a_table_has_a_row_for_each_caption_or_a_column_for_each(folder: Path) -> None:
    (folder / "captions.csv").write_text(
        "File_Name,caption_1,caption_2,split,keywords\n"
        'a.png,"a river, wide",two boats,train,river; boats\n'
        "a.png,a bridge,,train,\n"
        "deep/c.png,a field,,validation,\n",
        encoding="utf-8-sig",
    )
    train = load_captioned("folder", folder, split="train")
    assert captions_of(train) == {"a.png": ("a river, wide", "two boats", "a bridge")}
    assert train.images[0].keywords == ("river", "boats")
    assert captions_of(load_captioned("folder", folder, split="val")) == {"deep/c.png": ("a field",)}


def test_json_lines_take_one_caption_or_a_list(folder: Path) -> None:
    lines = [
        {"image": "a.png", "text": "a lake", "split": "train", "class": "water"},
        {"image": "b.png", "captions": ["a road", {"raw": "two roads"}, {"tokens": ["three", "roads"]}]},
    ]
    (folder / "captions.jsonl").write_text("\n\n".join(json.dumps(line) for line in lines))
    loaded = load_captioned("folder", folder, split="all")
    assert captions_of(loaded) == {"a.png": ("a lake",), "b.png": ("a road", "two roads", "three roads")}
    assert loaded.images[0].scene_class == "water"


def test_captions_may_be_of_any_script_and_any_length(folder: Path) -> None:
    huge = "river " * 100_000
    lines = [
        {"file": "a.png", "caption": "河流穿过森林", "split": "train"},
        {"file": "a.png", "caption": "أشجار خضراء \ud800", "split": "train"},
        {"file": "b.png", "caption": huge, "split": "train"},
        {"file": "deep/c.png", "caption": " \u3000 ", "split": "train"},
    ]
    (folder / "captions.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    loaded = load_captioned("folder", folder, split="train")
    assert loaded.images[0].captions == ("河流穿过森林", "أشجار خضراء ?")
    assert len(loaded.images[1].captions[0]) == 2000
    assert (loaded.cut_captions, loaded.blank_captions, loaded.without_captions) == (1, 1, ("deep/c.png",))
    assert not loaded.positives([0], [2]).any()


def test_a_table_without_splits_gets_them_from_the_files_names(folder: Path) -> None:
    names = [f"{number}.png" for number in range(400)]
    for name in names:
        (folder / "images" / name).write_bytes(b"")
    (folder / "captions.csv").write_text("file,caption\n" + "".join(f"{name},a field\n" for name in names))
    sizes = {split: len(load_captioned("folder", folder, split=split)) for split in ("train", "val", "test")}
    assert sum(sizes.values()) == 400
    assert 290 < sizes["train"] < 350
    assert sizes["val"] == sum(split_by_name(name) == "val" for name in names)


def test_a_path_to_the_caption_file_does_as_well(folder: Path) -> None:
    (folder / "mine.tsv").write_text("image\tcaption\tsplit\nb.png\ta road\ttrain\n")
    assert captions_of(load_captioned("folder", folder / "mine.tsv")) == {"b.png": ("a road",)}


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("captions.json", b"{broken", "Cannot read the captions"),
        ("captions.json", b'{"pictures": []}', "no list of images"),
        ("captions.json", b'[{"caption": "no file"}]', "names no image"),
        ("captions.json", b"[" * 100_000, "Cannot read the captions"),
        ("captions.jsonl", b'{"file": "a.png", "caption": "x"}\n{oops\n', "line 2 is not JSON"),
        ("captions.jsonl", b"[1]\n", "line 1 is not an object"),
        ("captions.csv", "file,caption\na.png,M\u00fcll".encode("latin-1"), "text in UTF-8"),
        ("captions.csv", b"", "names no image"),
    ],
)
def test_a_broken_caption_file_says_what_is_wrong(folder: Path, name: str, content: bytes, why: str) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(SourceError, match=why):
        load_captioned("folder", folder, split="all")


def test_a_file_name_that_no_file_can_have_is_missing_not_a_crash(folder: Path) -> None:
    lines = [{"file": "a.png", "caption": "x"}, {"file": "b/\u0000.png", "caption": "y"}, {"file": 7, "caption": "z"}]
    (folder / "captions.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    assert load_captioned("folder", folder, split="all").missing == ("b/\u0000.png", "7")
