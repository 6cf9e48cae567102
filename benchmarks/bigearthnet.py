"""BigEarthNet at its full number: how long listing 550,000 pairs takes, and how fast pairs are decoded and read packed.

    python benchmarks/bigearthnet.py --names 549488 --pairs 200

The set is painted in the layout of version 2: empty folders for the listing, real band files for the reading.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from machine import facts, write_result

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fakes.bigearthnet import Patch, write_v2
from satseek.datasets.bigearthnet import load
from satseek.datasets.packed_pairs import PackedPairs

PER_TILE = 5000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=549_488)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = {
            "listing": [listing(Path(folder) / str(count), count) for count in (given.names // 10, given.names)],
            "reading": reading(Path(folder) / "painted", given.pairs, given.workers),
            "facts": facts(data="painted in the layout of BigEarthNet v2", seed=0, libraries=("rasterio", "pyarrow")),
        }
    print(result)
    write_result("bigearthnet", result)


def listing(root: Path, count: int) -> dict[str, float]:
    """Make the folders and the metadata of so many pairs, and time the first and the second opening."""
    s2, s1, v1 = [], [], []
    for number in range(count):
        tile, place = f"{number // PER_TILE:05}", f"{number % PER_TILE // 80}_{number % 80}"
        s2.append(f"S2A_MSIL2A_20170613T101031_N9999_R022_T{tile}_{place}")
        s1.append(f"S1A_IW_GRDH_1SDV_2017061{number // PER_TILE % 10}T165043_{tile}_{place}")
        v1.append(f"S2A_MSIL2A_20170613T101031_{place}_{tile}")
    for top, names, behind in (("BigEarthNet-S2", s2, 2), ("BigEarthNet-S1", s1, 3)):
        for name in names:
            folder = root / top / name.rsplit("_", behind)[0] / name
            try:
                folder.mkdir()
            except FileNotFoundError:
                folder.mkdir(parents=True)
    splits = np.array(["train", "validation", "test"])[np.random.default_rng(0).integers(0, 3, count)]
    labels = [["Pastures", "Arable land"]] * count
    columns = {"patch_id": s2, "labels": labels, "split": splits, "s1_name": s1, "s2v1_name": v1}
    pq.write_table(pa.table(columns), root / "metadata.parquet")
    began = time.perf_counter()
    pairs = load(root, "all")
    first = time.perf_counter() - began
    began = time.perf_counter()
    load(root, "train")
    again = time.perf_counter() - began
    assert len(pairs) == count
    return {
        "pairs": count,
        "first_opening_seconds": round(first, 2),
        "second_opening_seconds": round(again, 2),
        "index_megabytes": round((root / ".satseek" / "bigearthnet-v2.npz").stat().st_size / 1e6, 1),
        "peak_memory_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def reading(root: Path, count: int, workers: int) -> dict[str, float]:
    """Time decoding pairs from their band files into packed files, and reading them back in a random order."""
    pairs = load(write_v2(root, [Patch(row=row, column=row // 90, shade=900 + row) for row in range(count)]), "train")
    began = time.perf_counter()
    packed = PackedPairs.open(pairs, root / "cache", workers=workers)
    decoded = time.perf_counter() - began
    order = np.random.default_rng(0).integers(0, count, 4 * count)
    began = time.perf_counter()
    for start in range(0, len(order), 64):
        for sensor in packed.sensors:
            packed.read_many(order[start : start + 64], sensor)
    read = time.perf_counter() - began
    return {
        "pairs": count,
        "workers": workers,
        "decoded_pairs_a_second": round(count / decoded, 1),
        "packed_pairs_a_second": round(len(order) / read, 1),
        "packed_kilobytes_a_pair": round(sum(f.stat().st_size for f in (root / "cache").iterdir()) / 1e3 / count, 1),
    }


if __name__ == "__main__":
    main()
