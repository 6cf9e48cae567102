"""The given pairs: Sentinel-1 VH and Sentinel-2 true colour of one place, 256 pixels at 10 m, 8 bits each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from satseek.core.errors import SourceError
from satseek.core.sensor import BoolArray
from satseek.datasets.co_registered import DISPLAY, TRUE_COLOUR, PairSource, require_sensor
from satseek.datasets.described import canonical_split
from satseek.datasets.image_file import read_image
from satseek.datasets.split_choice import of_split

LIST = "pairs.json"
_BANDS = {"s1": ("VH",), "s2": TRUE_COLOUR}


class S1S2:
    """Pairs named by `pairs.json`, read from JPEG when asked for."""

    name = "s1s2"
    sensors = ("s1", "s2")
    label_names: tuple[str, ...] = ()
    labels: BoolArray | None = None

    def __init__(self, folder: Path, split: str, listed: Mapping[str, Any], records: Sequence[Mapping[str, Any]]):
        self._folder, self._records = folder, records
        self.split = split
        self.ids = tuple(str(record["id"]) for record in records)
        self.size = int(listed["size_pixels"])
        self.ground_resolution_m = float(listed["ground_resolution_m"])
        self.crs: str | None = listed["crs"]
        self.refused: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def places(self) -> NDArray[np.float64] | None:
        """Where each pair lies in EPSG:3395."""
        return np.array([record["bounds"] for record in self._records], dtype=np.float64).reshape(-1, 4)

    def bands(self, sensor: str) -> tuple[str, ...]:
        """Return VH, or the bands that true colour is made of."""
        require_sensor(self, sensor)
        return _BANDS[sensor]

    def unit(self, sensor: str) -> str:
        """Return `display`: both were clipped at 99 % and stretched to 8 bits."""
        require_sensor(self, sensor)
        return DISPLAY

    def dates(self, sensor: str) -> NDArray[np.datetime64] | None:
        """Return the days, which lie up to some days apart."""
        require_sensor(self, sensor)
        days = [datetime.strptime(str(record[f"{sensor}_date"]), "%d.%m.%Y").date() for record in self._records]
        return np.array(days, dtype="datetime64[D]")

    def read(self, index: int, sensor: str) -> NDArray[Any]:
        """Return (1, 256, 256) of radar or (3, 256, 256) of colour, uint8."""
        require_sensor(self, sensor)
        path = self._folder / self._records[index][sensor]
        values = _read_grey(path)[None] if sensor == "s1" else read_image(path).transpose(2, 0, 1)
        if values.shape[1:] != (self.size, self.size):
            raise SourceError(
                f"{path.name} is {values.shape[2]}×{values.shape[1]} pixels and {LIST} says {self.size}×{self.size}. "
                "Fetch the file again, or correct the list."
            )
        return np.ascontiguousarray(values)


def load(data: Path, split: str) -> S1S2:
    """Return one split of the pairs that lie in `data` or in its folder `s1s2`."""
    folder = next((each for each in (data, data / "s1s2") if (each / LIST).is_file()), None)
    if folder is None:
        raise SourceError(f"{data} holds no {LIST} of co-registered pairs. Point --data to the folder that holds it.")
    try:
        listed = json.loads((folder / LIST).read_text(encoding="utf-8"))
        splits = [canonical_split(str(record["split"])) for record in listed["pairs"]]
        chosen = [listed["pairs"][row] for row in of_split(splits, split, "s1s2")]
        return S1S2(folder, canonical_split(split), listed, chosen)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(f"Cannot read the list of pairs {folder / LIST}: {error!r}.") from None


def _read_grey(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("L"))
    except (OSError, SyntaxError, ValueError) as error:
        raise SourceError(f"Cannot read the image {path.name}: {error}.") from None


S1S2_PAIRS = PairSource("Sentinel-1 VH and Sentinel-2 true colour, 8-bit, 10 m", LIST, load)
