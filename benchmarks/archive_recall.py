"""What an index over a large archive of real text–image vectors costs: `satseek archive recall` at 200,000 chips.

    python benchmarks/archive_recall.py --data ../shared/data --rows 200000

Real vectors are those that the model gives the training images at hand, 9,431. Of each some twenty rows are made by
adding a part of the difference between two other images' vectors: so the many lie where images do, with neighbours
near and far, and not in a cloud of even noise. Each row has one of its image's captions; those are the sentences asked.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from machine import facts, write_result
from numpy.typing import NDArray

import worlds
from satseek.archive.archive import Archive
from satseek.archive.store import Store
from satseek.archive.writing import ROWS_AT_ONCE, add_rows
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.datasets.catalogue import load_captioned
from satseek.datasets.image_file import read_image
from satseek.datasets.pairs import CaptionedImage
from satseek.models.catalogue import load_model

SEED = 7
APART = 0.6  # share of the difference of two other images that is added


def main() -> None:
    """Fill an archive, or take the one that is kept, ask it, and write the figures."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--rows", type=int, default=200_000)
    options.add_argument("--model", default="amfmn")
    options.add_argument("--queries", type=int, default=200)
    options.add_argument("--keep", type=Path, help="keep the archive in this folder, and use what is there already")
    asked = options.parse_args()
    about = facts(data=f"{asked.rows} rows around real vectors of rsicd and ucm", seed=SEED, libraries=("lancedb",))
    with TemporaryDirectory(prefix="satseek-recall-") as folder:
        place = (asked.keep or Path(folder)) / f"{asked.rows}"
        if not place.exists():
            _fill(place, asked.rows, asked.data, asked.model)
        figures = _asked(place, asked.model, asked.queries)
    result = about | {"model": asked.model, "apart": APART} | figures
    print(
        json.dumps(result["kinds"], indent=1), f"exact: {result['exact_ms']} ms", write_result("archive_recall", result)
    )


def _fill(place: Path, rows: int, data: Path, name: str) -> None:
    """Make an archive of the real vectors and of those around them, and its index."""
    model = load_model(name)
    told = load_captioned("rsicd+ucm", data, split="train")
    real = np.concatenate([model.encode_images(some) for some in _chips(told.images[:rows])])
    random = np.random.default_rng(SEED)
    of = np.arange(rows) % len(real)
    archive = Archive.create(str(place), model.card)
    store = Store(archive.uri)
    schema, where = store.latest().table.schema, worlds.places(rows, seed=SEED)
    for first in range(0, rows, ROWS_AT_ONCE):
        part = slice(first, min(first + ROWS_AT_ONCE, rows))
        made = _around(real, of[part], random) if first >= len(real) else real[of[part]]
        captions = [random.choice(told.images[image].captions) for image in of[part]]
        here = worlds.Places(where.west[part], where.south[part])
        add_rows(store, _described(worlds.chip_rows(made, here, first, schema), captions))
        print(f"{part.stop:,} of {rows:,} rows", file=sys.stderr)
    archive.optimize(keep_days=0, measure=False)


def _chips(images: tuple[CaptionedImage, ...] | list[CaptionedImage]) -> Iterator[list[Pixels]]:
    for first in range(0, len(images), 64):
        values = [read_image(image.path).transpose(2, 0, 1) for image in images[first : first + 64]]
        yield [
            Pixels("rgb", ("red", "green", "blue"), np.ascontiguousarray(each), np.ones(each.shape[1:], dtype=np.bool_))
            for each in values
        ]


def _around(real: FloatArray, of: NDArray[np.int64], random: np.random.Generator) -> FloatArray:
    """Return vectors around real ones, led away along the difference of two others."""
    here, there = random.integers(len(real), size=(2, len(of)))
    return unit_rows(real[of] + APART * (real[here] - real[there]))


def _described(rows: Any, captions: list[str]) -> Any:
    """Return the rows as colour chips with a caption each."""
    import pyarrow as pa

    for name, values in (("caption", captions), ("sensor", ["rgb"] * len(captions))):
        column = rows.schema.get_field_index(name)
        rows = rows.set_column(column, rows.schema.field(column), pa.array(values, rows.schema.field(column).type))
    return rows


def _asked(place: Path, model: str, queries: int) -> dict[str, Any]:
    """Ask the archive by the command that people use."""
    program = "from satseek.cli.app import main; main()"
    command = ["archive", "recall", str(place), "--queries", str(queries), "--model", model, "--json", "--quiet"]
    answer = subprocess.run([sys.executable, "-c", program, *command], stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(answer.stdout)
    told.pop("uri")
    return told


if __name__ == "__main__":
    main()
