"""What is wrong with a data set: what is missing, blank, broken, said twice, or in two splits at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from satseek.datasets import leaks
from satseek.datasets.image_store import ImageStore
from satseek.datasets.keywords import keywords_of
from satseek.datasets.pairs import CaptionedSet

_SHOWN = 10


@dataclass(frozen=True)
class Leak:
    """One picture that stands under two names, and the splits it stands in."""

    first: str
    second: str
    splits: tuple[str, str]
    likeness: float

    @property
    def across_splits(self) -> bool:
        """Whether what was learnt from is also measured on."""
        return self.splits[0] != self.splits[1]


@dataclass(frozen=True)
class SetReport:
    """The findings on one data set, all splits together."""

    name: str
    splits: dict[str, int]  # split -> images
    captions: int
    different_captions: int
    shared_captions: int  # captions that stand word for word with several images
    blank_captions: int
    cut_captions: int
    without_captions: tuple[str, ...]
    missing: tuple[str, ...]
    broken: dict[str, str]  # image -> why
    classes: int
    labels: int
    images_with_keywords: int
    images_with_derived_keywords: int
    sides: tuple[int, int]  # shortest and longest side of any image, pixels
    twins: tuple[Leak, ...]

    @property
    def leaks(self) -> tuple[Leak, ...]:
        """The twins that stand in two splits."""
        return tuple(twin for twin in self.twins if twin.across_splits)

    @property
    def is_sound(self) -> bool:
        """Whether every image is there and readable and no picture is in two splits."""
        return not (self.missing or self.broken or self.leaks)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        plain = {key: getattr(self, key) for key in self.__dataclass_fields__ if key != "twins"}
        return plain | {
            "sound": self.is_sound,
            "leaks": [_twin_json(twin) for twin in self.leaks],
            "twins_within_a_split": [_twin_json(twin) for twin in self.twins if not twin.across_splits],
        }

    def __str__(self) -> str:
        splits = ", ".join(f"{split} {count:,}" for split, count in self.splits.items())
        lines = [
            f"{self.name}: {sum(self.splits.values()):,} images ({splits}), {self.sides[0]} to {self.sides[1]} pixels "
            f"a side, {self.classes} scene classes, {self.labels} labels",
            f"captions: {self.captions:,}, {self.different_captions:,} different, {self.shared_captions:,} stand word "
            f"for word with several images, {self.blank_captions:,} blank and {self.cut_captions:,} over-long",
            f"keywords: {self.images_with_keywords:,} images have their own, "
            f"{self.images_with_derived_keywords:,} get them from their captions",
            *_listed("missing", self.missing),
            *_listed("broken", list(self.broken.values())),
            *_listed("without any caption", self.without_captions),
            *_listed("pictures in two splits", [_twin_text(twin) for twin in self.leaks]),
            *_listed("pictures twice in one split", [_twin_text(t) for t in self.twins if not t.across_splits]),
        ]
        return "\n".join(lines)


def check_set(captioned: CaptionedSet, *, on_image: Callable[[], None] = lambda: None) -> SetReport:
    """Look at every image and caption of a set (load it with split `all`)."""
    store = ImageStore.decode([image.path for image in captioned.images], leaks.THUMBNAIL, on_image=on_image)
    good = store.good
    images = [captioned.images[position] for position in good]
    twins = leaks.near_twins(leaks.signatures(store.pixels[good])) if len(good) else []
    said_with = Counter(number for numbers in _numbers_by_image(captioned) for number in numbers)
    own = sum(bool(image.keywords) for image in captioned.images)
    return SetReport(
        name=captioned.name,
        splits=dict(Counter(image.split for image in captioned.images)),
        captions=len(captioned.captions),
        different_captions=len(said_with),
        shared_captions=sum(said_with[number] > 1 for number in captioned.same_words.tolist()),
        blank_captions=captioned.blank_captions,
        cut_captions=captioned.cut_captions,
        without_captions=captioned.without_captions,
        missing=captioned.missing,
        broken={captioned.images[position].id: why for position, why in store.broken.items()},
        classes=len(captioned.classes),
        labels=len({label for image in captioned.images for label in image.labels}),
        images_with_keywords=own,
        images_with_derived_keywords=sum(
            not image.keywords and bool(keywords_of(image.captions)) for image in captioned.images
        ),
        sides=_sides(captioned, good.tolist()),
        twins=tuple(
            Leak(
                images[twin.first].id,
                images[twin.second].id,
                (images[twin.first].split, images[twin.second].split),
                round(twin.likeness, 4),
            )
            for twin in twins
        ),
    )


def _numbers_by_image(captioned: CaptionedSet) -> list[set[int]]:
    numbers: list[set[int]] = [set() for _ in captioned.images]
    for owner, number in zip(captioned.owners.tolist(), captioned.same_words.tolist(), strict=True):
        numbers[owner].add(number)
    return numbers


def _sides(captioned: CaptionedSet, good: list[int]) -> tuple[int, int]:
    sides: list[int] = []
    for position in good:
        with Image.open(captioned.images[position].path) as image:
            sides += image.size
    return (int(np.min(sides)), int(np.max(sides))) if sides else (0, 0)


def _listed(what: str, items: Sequence[str]) -> list[str]:
    if not items:
        return []
    more = f" … and {len(items) - _SHOWN:,} more" if len(items) > _SHOWN else ""
    return [f"{what}: {len(items):,}", *(f"  {item}" for item in items[:_SHOWN]), *([more] if more else [])]


def _twin_text(twin: Leak) -> str:
    return f"{twin.first} ({twin.splits[0]}) and {twin.second} ({twin.splits[1]}), {twin.likeness:.2f} alike"


def _twin_json(twin: Leak) -> dict[str, Any]:
    return {"first": twin.first, "second": twin.second, "splits": list(twin.splits), "likeness": twin.likeness}
