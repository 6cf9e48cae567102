"""Caption files: the Karpathy JSON, JSON lines, and tables with commas or tabs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from satseek.core.errors import SourceError
from satseek.datasets.described import Described, described, gathered

ENDINGS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv")
_LONGEST_CELL = 10_000_000


def read_captions(path: Path) -> list[Described]:
    """Return what a caption file says of each image, told by its ending which kind of file it is."""
    ending = path.suffix.casefold()
    if ending not in ENDINGS:
        raise SourceError(f"Cannot tell what '{path.name}' is. A caption file ends in {', '.join(ENDINGS)}.")
    reader = _json if ending == ".json" else _table if ending in (".csv", ".tsv") else _json_lines
    try:
        records = list(reader(path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"Cannot read the captions in {path}: {error}. The file must be text in UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise SourceError(f"Cannot read the captions in {path}: {error}.") from None
    found = [read for record in records if (read := described(record)) is not None]
    if not found:
        raise SourceError(
            f"{path} names no image. It needs a file name ('filename' or 'image') and a caption ('caption', or "
            "'sentences' in the Karpathy form) for each image."
        )
    return gathered(found)


def _json(path: Path) -> Iterator[dict[str, Any]]:
    value = json.loads(path.read_text(encoding="utf-8-sig"))
    records = value.get("images") if isinstance(value, dict) else value
    if not isinstance(records, list):
        raise ValueError('it has no list of images; the Karpathy form is {"images": [{"filename": …}]}')
    for record in records:
        if isinstance(record, dict):
            yield record


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except ValueError as error:
                raise ValueError(f"line {number} is not JSON ({error})") from None
            if not isinstance(record, dict):
                raise ValueError(f"line {number} is not an object with an image and a caption")
            yield record


def _table(path: Path) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(_LONGEST_CELL)
    with open(path, encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t" if path.suffix.casefold() == ".tsv" else ",")
