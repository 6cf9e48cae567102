"""The catalogue of data sets, captioned and co-registered, and how one of them, or several joined, is loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from satseek.core.errors import SourceError, UsageError, did_you_mean
from satseek.core.registry import Registry
from satseek.datasets.caption_files import read_captions
from satseek.datasets.co_registered import CoRegisteredSet, PairSource
from satseek.datasets.described import Described, canonical_split
from satseek.datasets.gather import find_files, images_of, split_by_name
from satseek.datasets.layout import Layout
from satseek.datasets.pairs import CaptionedImage, CaptionedSet

ALL = "all"

DATASETS: Registry[Layout] = Registry(
    "data set",
    {
        "rsicd": "satseek.datasets.rsicd:RSICD",
        "rsitmd": "satseek.datasets.rsitmd:RSITMD",
        "ucm": "satseek.datasets.ucm:UCM",
        "sydney": "satseek.datasets.sydney:SYDNEY",
        "folder": "satseek.datasets.folder:FOLDER",
    },
)

PAIR_SETS: Registry[PairSource] = Registry(
    "set of pairs",
    {
        "s1s2": "satseek.datasets.s1s2:S1S2_PAIRS",
        "bigearthnet": "satseek.datasets.bigearthnet:BIGEARTHNET",
        "bigearthnet-v1": "satseek.datasets.bigearthnet:BIGEARTHNET_V1",
        "bigearthnet-v2": "satseek.datasets.bigearthnet:BIGEARTHNET_V2",
        "ben-14k": "satseek.datasets.bigearthnet:BEN_14K",
        "ben-270k": "satseek.datasets.bigearthnet:BEN_270K",
        "folder": "satseek.datasets.pairs_folder:PAIRS_FOLDER",
    },
)


def load_pairs(name: str, folder: str | Path, *, split: str = "train") -> CoRegisteredSet:
    """Return one split of a co-registered set; `all` is every split."""
    data = Path(folder)
    if not data.exists():
        raise SourceError(f"There is no folder {data}. Point --data to the folder of the pairs.")
    pairs: CoRegisteredSet = PAIR_SETS.get(name).load(data, split)
    return pairs


def load_captioned(
    name: str,
    folder: str | Path,
    *,
    images: Path | Mapping[str, Path] | None = None,
    split: str = "train",
) -> CaptionedSet:
    """Return one split of a data set, or of several joined with a plus (`rsicd+ucm`); `all` is every split.

    A joined set is looked for in folders side by side under `folder`. An image that several sets describe stands in it
    once, with all its captions.
    """
    names = [part.strip() for part in name.split("+")]
    layouts = {part: DATASETS.get(part) for part in names}
    if len(layouts) < len(names):
        raise UsageError(f"'{name}' joins a set with itself. Name each set once.")
    roots = images if isinstance(images, Mapping) else dict.fromkeys(names, images)
    for part in roots:
        if part not in layouts:
            raise UsageError(f"Images are given for '{part}', which is not loaded. {did_you_mean(part, layouts)}")
    sets = [_load(part, layout, Path(folder), roots.get(part), split) for part, layout in layouts.items()]
    return sets[0] if len(sets) == 1 else joined(sets)


def joined(sets: list[CaptionedSet]) -> CaptionedSet:
    """Return several sets as one: ids begin with the set's name, files that occur twice are one image."""
    images: dict[Path, CaptionedImage] = {}
    for each in sets:
        for image in each.images:
            named = replace(image, id=f"{each.name}/{image.id}")
            known = images.get(image.path)
            images[image.path] = named if known is None else _merged(known, named)
    return CaptionedSet(
        name="+".join(each.name for each in sets),
        split=sets[0].split,
        images=tuple(images.values()),
        blank_captions=sum(each.blank_captions for each in sets),
        cut_captions=sum(each.cut_captions for each in sets),
        without_captions=tuple(f"{each.name}/{file}" for each in sets for file in each.without_captions),
        missing=tuple(f"{each.name}/{file}" for each in sets for file in each.missing),
    )


def _load(name: str, layout: Layout, data: Path, images: Path | None, split: str) -> CaptionedSet:
    captions = layout.find_captions(data)
    records = read_captions(captions)
    if layout.splits_by_name and all(record.split is None for record in records):
        records = [replace(record, split=split_by_name(record.file)) for record in records]
    wanted = _of_split(records, canonical_split(split), layout)
    folders = layout.find_images(captions, images)
    found = find_files([record.file for record in wanted], folders)
    if not found:
        looked = ", ".join(str(folder) for folder in folders) or f"no folder {' or '.join(layout.image_folders)}"
        raise SourceError(
            f"None of the {len(wanted):,} images of {layout.title} is there (looked in {looked}). "
            "Point --images to the folder with the image files."
        )
    return images_of(name, canonical_split(split), wanted, found)


def _of_split(records: list[Described], split: str, layout: Layout) -> list[Described]:
    if split == ALL:
        return records
    wanted = [record for record in records if record.split == split]
    if not wanted:
        known = Counter(record.split for record in records if record.split is not None)
        has = ", ".join(f"{name} ({count:,} images)" for name, count in known.items()) or "no splits"
        raise UsageError(f"{layout.title} here has no split '{split}'; it has {has}. Or ask for 'all'.")
    return wanted


def _merged(one: CaptionedImage, other: CaptionedImage) -> CaptionedImage:
    return replace(
        one,
        captions=one.captions + other.captions,
        keywords=tuple(dict.fromkeys(one.keywords + other.keywords)),
        scene_class=one.scene_class or other.scene_class,
        labels=tuple(dict.fromkeys(one.labels + other.labels)),
    )
