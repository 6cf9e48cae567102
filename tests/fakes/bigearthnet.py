"""A BigEarthNet that the tests paint, in the layouts of version 1 and version 2 as they are delivered."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rasterio
from rasterio.transform import from_origin

S2_SIDES = {
    "B01": 20, "B02": 120, "B03": 120, "B04": 120, "B05": 60, "B06": 60, "B07": 60, "B08": 120, "B8A": 60, "B09": 20,
    "B11": 60, "B12": 60,
}  # fmt: skip


@dataclass(frozen=True)
class Patch:
    """One place: its names in both versions, its split, its labels, and the one shade it is painted in."""

    tile: str = "34TCQ"
    column: int = 7
    row: int = 42
    when: str = "20170803T094031"
    split: str = "train"
    labels: tuple[str, ...] = ("Pastures",)
    shade: int = 1000
    decibels: float = -12.625

    @property
    def v1(self) -> str:
        return f"S2A_MSIL2A_{self.when}_{self.column}_{self.row}"

    @property
    def s1(self) -> str:
        return f"S1A_IW_GRDH_1SDV_20170804T164002_{self.tile}_{self.column}_{self.row}"

    @property
    def v2(self) -> str:
        return f"S2A_MSIL2A_{self.when}_N9999_R022_T{self.tile}_{self.column}_{self.row}"


def write_v1(root: Path, patches: Sequence[Patch], *, csv_with_s1: bool = True) -> Path:
    """Write folders, JSON and csv files as version 1 has them."""
    rows: dict[str, list[list[str]]] = {}
    for patch in patches:
        optical, radar = root / "BigEarthNet-v1.0" / patch.v1, root / "BigEarthNet-S1-v1.0" / patch.s1
        write_s2(optical, patch)
        write_s1(radar, patch)
        write_json(optical, {"labels": list(patch.labels), "tile_source": patch.tile})
        write_json(radar, {"labels": list(patch.labels), "corresponding_s2_patch": patch.v1, "coordinates": {"lly": 1}})
        rows.setdefault(patch.split, []).append([patch.v1, patch.s1][: 2 if csv_with_s1 else 1])
    for split, names in rows.items():
        with open(root / f"{split}.csv", "w", newline="") as file:
            csv.writer(file).writerows(names)
    return root


def write_v2(root: Path, patches: Sequence[Patch]) -> Path:
    """Write folders and metadata.parquet as version 2 has them."""
    for patch in patches:
        write_s2(root / "BigEarthNet-S2" / patch.v2.rsplit("_", 2)[0] / patch.v2, patch)
        write_s1(root / "BigEarthNet-S1" / patch.s1.rsplit("_", 3)[0] / patch.s1, patch)
    names = {"train": "train", "val": "validation", "test": "test"}
    table = pa.table(
        {
            "patch_id": [patch.v2 for patch in patches],
            "labels": [list(patch.labels) for patch in patches],
            "split": [names[patch.split] for patch in patches],
            "country": ["Serbia"] * len(patches),
            "s1_name": [patch.s1 for patch in patches],
            "s2v1_name": [patch.v1 for patch in patches],
            "contains_seasonal_snow": [False] * len(patches),
            "contains_cloud_or_shadow": [False] * len(patches),
        }
    )
    pq.write_table(table, root / "metadata.parquet")
    return root


def write_s2(folder: Path, patch: Patch) -> None:
    """Write twelve bands; each says its own number in its values."""
    for number, (band, side) in enumerate(S2_SIDES.items()):
        write_band(folder, band, np.full((side, side), patch.shade + number, dtype=np.uint16), nodata=0)


def write_s1(folder: Path, patch: Patch) -> None:
    """Write VV and VH in dB, with a slope so that no value is whole."""
    slope = np.linspace(0, 0.9, 120, dtype=np.float32)[None].repeat(120, axis=0)
    for band, lower in (("VV", 0.0), ("VH", 7.0)):
        write_band(folder, band, slope + np.float32(patch.decibels - lower))


def write_band(folder: Path, band: str, values: np.ndarray, nodata: float | None = None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    height, width = values.shape
    profile = {
        "driver": "GTiff", "width": width, "height": height, "count": 1, "dtype": values.dtype.name,
        "crs": "EPSG:32634", "transform": from_origin(500_000, 5_000_000, 1200 / width, 1200 / height),
        "nodata": nodata,
    }  # fmt: skip
    with rasterio.open(folder / f"{folder.name}_{band}.tif", "w", **profile) as file:
        file.write(values, 1)


def write_json(folder: Path, facts: dict[str, object]) -> None:
    (folder / f"{folder.name}_labels_metadata.json").write_text(json.dumps(facts))
