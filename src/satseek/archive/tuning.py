"""The numbers that decide how an archive is searched and when an index pays; measured, see docs/design/0001."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tuning:
    """Thresholds of search and maintenance; the defaults suit 10⁴ to 10⁷ chips."""

    index_rows: int = 60_000  # from here a vector index is quicker than reading every vector
    exact_rows: int = 400  # so few matching rows are scored one by one: quicker than the index, and exact
    partition_rows: int = 4_096  # rows of one partition of the index
    bits: int = 2  # of each number in the index
    refine: int = 5  # candidates that are scored with their stored vectors, for each one wanted
    nprobes: int = 12  # partitions that are looked at, at least; `optimize` measures how many are needed
    most_nprobes: int = 128
    recall: float = 0.98  # wanted of the index against an exact scan
    sample: int = 24  # questions that `optimize` measures it with
    slack: int = 16  # fetched beyond k, so that ties at the end are broken by id
    overfetch: float = 1.5  # beyond what the area's share of its cells suggests
    most_overfetch: int = 20_000  # from here on an exact scan of the matching rows is quicker


DEFAULT = Tuning()
