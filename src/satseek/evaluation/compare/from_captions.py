"""Drawing from captioned images: a file of captions, each image one picture, its scene class its label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from satseek.core.errors import SourceError, UsageError
from satseek.core.sensor import Pixels
from satseek.datasets.caption_files import read_captions
from satseek.datasets.catalogue import load_captioned
from satseek.datasets.image_file import read_image
from satseek.datasets.pairs import CaptionedImage
from satseek.evaluation.compare.from_archive import require_count
from satseek.evaluation.compare.sample import Item, Sample, draw_order

LONGEST_SIDE = 1024  # pixels; no model here looks at more
_RGB = ("red", "green", "blue")


def sample_captioned(captions: Path, images: Path, *, split: str, count: int, seed: int) -> Sample:
    """Return up to so many images that a caption file speaks of."""
    require_count(count)
    found = load_captioned("folder", captions, images=images, split=split)
    if len(found) < 2:
        raise UsageError(f"{captions} speaks of {len(found)} images in {images}: there is nothing to compare on.")
    held = {image.id: image for image in found.images}
    ids = draw_order(((image.id, "rgb", image.scene_class or "") for image in found.images), seed, count)
    missing = dict.fromkeys(found.missing, "the file is not there")
    return Sample(
        f"{captions.name} {found.split}", tuple(_item(held[name]) for name in ids), len(found), left_out=missing
    )


def with_captions(sample: Sample, captions: Path) -> Sample:
    """Return a sample of chips with what a caption file says of the files that they are cut from."""
    said: dict[str, list[str]] = {}
    for record in read_captions(captions):
        said.setdefault(_stem(record.file), []).extend(text for text in record.captions if text.strip())
    items = tuple(replace(item, captions=tuple(_of(item, said))) for item in sample.items)
    if not any(item.captions for item in items):
        raise SourceError(
            f"{captions} speaks of none of the files that the {len(items):,} sampled chips are cut from, such as "
            f"'{Path(items[0].source).name}'. Name images by the file names that were ingested."
        )
    return replace(sample, items=items)


def _of(item: Item, said: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return said.get(_stem(item.source), said.get(_stem(item.scene), ()))


def _stem(file: str) -> str:
    return Path(file.replace("\\", "/")).stem.casefold()


def _item(image: CaptionedImage) -> Item:
    state = image.path.stat()
    return Item(
        id=image.id,
        sensor="rgb",
        scene=image.id,
        read=partial(_read, image.path),
        stamp=f"{state.st_size}.{state.st_mtime_ns}",
        source=str(image.path),
        labels=image.labels or ((image.scene_class,) if image.scene_class else ()),
        captions=image.captions,  # repeated ones too: the papers count them as often
    )


def _read(path: Path) -> Pixels:
    values = read_image(path, longest_side=LONGEST_SIDE)
    return Pixels(
        "rgb", _RGB, np.ascontiguousarray(values.transpose(2, 0, 1)), np.ones(values.shape[:2], dtype=np.bool_)
    )
