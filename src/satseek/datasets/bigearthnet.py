"""BigEarthNet, version 1 and 2: Sentinel-1 and Sentinel-2 patches of one place with land-cover names, 120 px at 10 m.

Sumbul et al., BigEarthNet-MM, IEEE GRSM 2021; Clasen et al., reBEN, 2024. BEN-14K and BEN-270K are the subsets that
papers on cross-sensor retrieval use.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import SourceError, UsageError
from satseek.core.sensor import SENSORS, BoolArray
from satseek.datasets import bigearthnet_v1 as v1
from satseek.datasets import bigearthnet_v2 as v2
from satseek.datasets.bigearthnet_index import Index, label_rows
from satseek.datasets.bigearthnet_labels import CLASSES_19, CLASSES_43, merged_labels
from satseek.datasets.bigearthnet_patch import LAND_BANDS, RADAR_BANDS, SIDE, read_patch
from satseek.datasets.co_registered import DECIBEL, REFLECTANCE, PairSource, require_sensor
from satseek.datasets.described import canonical_split
from satseek.datasets.split_choice import of_split

SERBIA_SUMMER = (  # what BEN-14K is made of: the acquisitions of Serbia in June to August 2017
    "S2A_MSIL2A_20170803T094031",
    "S2A_MSIL2A_20170827T092031",
    "S2B_MSIL2A_20170719T094029",
    "S2B_MSIL2A_20170802T092029",
    "S2B_MSIL2A_20170825T093029",
)
SUMMER_AND_AUTUMN = range(6, 12)  # the months of BEN-270K
SUBSETS = ("ben-14k", "ben-270k")


class BigEarthNet:
    """One split of BigEarthNet, read patch by patch from the folders as they are delivered."""

    sensors = ("s1", "s2")
    size = SIDE
    ground_resolution_m = 10.0
    places: NDArray[np.float64] | None = None  # its patches lie in many UTM zones
    crs: str | None = None

    def __init__(
        self, root: Path, version: int, name: str, split: str, index: Index, rows: NDArray[np.int64], *,
        classes: int = 19, s2_bands: tuple[str, ...] = LAND_BANDS, s1_bands: tuple[str, ...] = RADAR_BANDS,
    ) -> None:  # fmt: skip
        """Take rows of an index; use `load` instead."""
        self.name, self.split, self.version = name, split, version
        self._root = root
        self._s1, self.ids = index.s1.chosen(rows), index.s2.chosen(rows)
        self.refused = dict(index.refused)
        self.left_out = index.left_out
        self.label_names, self.labels = _labels(index, rows, classes)
        self._bands = {"s1": _known("s1", s1_bands), "s2": _known("s2", s2_bands)}

    def __len__(self) -> int:
        return len(self.ids)

    def bands(self, sensor: str) -> tuple[str, ...]:
        """Return the bands that are read, in their order."""
        require_sensor(self, sensor)
        return self._bands[sensor]

    def unit(self, sensor: str) -> str:
        """Return dB for radar, reflectance for the optical bands."""
        require_sensor(self, sensor)
        return DECIBEL if sensor == "s1" else REFLECTANCE

    def dates(self, sensor: str) -> NDArray[np.datetime64] | None:
        """Return the days, as the patches' names tell them."""
        require_sensor(self, sensor)
        names = self._s1 if sensor == "s1" else self.ids
        return np.array([day_of(name) for name in names], dtype="datetime64[D]")

    def folder(self, index: int, sensor: str) -> Path:
        """Return the folder with the band files of one patch."""
        layout: Any = v1 if self.version == 1 else v2
        name = self._s1[index] if sensor == "s1" else self.ids[index]
        folder: Path = layout.s1_folder(self._root, name) if sensor == "s1" else layout.s2_folder(self._root, name)
        return folder

    def read(self, index: int, sensor: str) -> NDArray[Any]:
        """Return (bands, 120, 120), float32: dB, or reflectance with the coarser bands brought to 10 m."""
        require_sensor(self, sensor)
        return read_patch(self.folder(index, sensor), self._bands[sensor], sensor)


def load(
    data: Path, split: str, *, name: str = "bigearthnet", subset: str | None = None, version: int | None = None,
    classes: int = 19, s2_bands: tuple[str, ...] = LAND_BANDS, s1_bands: tuple[str, ...] = RADAR_BANDS,
) -> BigEarthNet:  # fmt: skip
    """Return one split of the BigEarthNet that lies in `data`; its version is told by its layout unless named."""
    root, version = _layout(data, version)
    index = v1.index_of(root) if version == 1 else v2.index_of(root)
    if subset is not None:
        inside = np.flatnonzero([in_subset(each, subset) for each in index.v1])
    else:
        inside = np.arange(len(index))
    if not len(inside):
        missing = f"; {index.left_out:,} pairs that its lists name are not there" if index.left_out else ""
        raise SourceError(f"No pair of {name} is in {root}{missing}. Unpack its patches there.")
    rows = inside[of_split([index.splits[int(row)] for row in inside], split, name)]
    return BigEarthNet(
        root, version, name, canonical_split(split), index, rows,
        classes=classes, s2_bands=s2_bands, s1_bands=s1_bands,
    )  # fmt: skip


def in_subset(v1_name: str, subset: str) -> bool:
    """Return whether the Sentinel-2 patch of this v1 name is in BEN-14K or BEN-270K."""
    if subset == "ben-14k":
        return v1_name.startswith(SERBIA_SUMMER)
    if subset == "ben-270k":
        return day_of(v1_name).month in SUMMER_AND_AUTUMN
    raise UsageError(f"BigEarthNet has no subset '{subset}'; it has {', '.join(SUBSETS)}.")


def day_of(patch: str) -> date:
    """Return the day that a patch's name tells: the part that is a date and a time, wherever it stands."""
    for part in patch.split("_"):
        if len(part) == 15 and part[8] == "T" and part[:8].isdigit():
            return date(int(part[:4]), int(part[4:6]), int(part[6:8]))
    raise SourceError(f"The patch name '{patch}' tells no date; BigEarthNet's look like S2A_MSIL2A_20170613T101031_….")


def _layout(data: Path, version: int | None) -> tuple[Path, int]:
    told_by = {2: v2.METADATA, 1: v1.S2_FOLDER}
    for each in (version,) if version else (2, 1):
        for root in (data, data / "bigearthnet", data / "BigEarthNet", data / f"bigearthnet-v{each}"):
            if (root / told_by[each]).exists():
                return root, each
    looked = " or ".join(f"{told_by[each]} (version {each})" for each in ((version,) if version else (1, 2)))
    raise SourceError(f"{data} holds no BigEarthNet: looked for {looked}. Point --data to the folder that holds it.")


def _labels(index: Index, rows: NDArray[np.int64], classes: int) -> tuple[tuple[str, ...], BoolArray]:
    """Return the 19 classes, or the 43 where the version has them."""
    labels = index.labels[rows]
    if classes == len(index.classes):
        return index.classes, labels
    if classes == len(CLASSES_43):
        raise UsageError("BigEarthNet v2 has 19 classes; the 43 of CORINE are in version 1.")
    if classes != len(CLASSES_19):
        raise UsageError(f"BigEarthNet has 19 or 43 classes, not {classes}.")
    merged: Sequence[Sequence[str]] = [merged_labels([name]) for name in index.classes]
    of_one = label_rows(merged, CLASSES_19, len(merged))
    together: BoolArray = labels.astype(np.uint8) @ of_one.astype(np.uint8) > 0
    return CLASSES_19, together


def _known(sensor: str, bands: tuple[str, ...]) -> tuple[str, ...]:
    return SENSORS.get(sensor).require_bands(bands)


def _source(title: str, name: str, *, subset: str | None = None, version: int | None = None) -> PairSource:
    told = {1: f"{v1.S2_FOLDER}/", 2: v2.METADATA}
    known_by = told[version] if version else f"{told[1]} or {told[2]}"
    return PairSource(title, known_by, partial(load, name=name, subset=subset, version=version))


BIGEARTHNET = _source("BigEarthNet, the version that is there", "bigearthnet")
BIGEARTHNET_V1 = _source("BigEarthNet-MM with its interleaved splits", "bigearthnet-v1", version=1)
BIGEARTHNET_V2 = _source("reBEN with its geographic splits", "bigearthnet-v2", version=2)
BEN_14K = _source("BigEarthNet of Serbia, June to August", "ben-14k", subset="ben-14k")
BEN_270K = _source("BigEarthNet of June to November", "ben-270k", subset="ben-270k")
