"""The numbers that decide how an archive is searched and when an index pays; measured, see docs/design/0001."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tuning:
    """Thresholds of search and maintenance; the defaults suit 10⁴ to 10⁷ chips."""

    index_rows: int = 60_000  # from here a vector index is quicker than reading every vector
    exact_rows: int = 600  # so few matching rows are scored one by one: quicker than the index, and exact
    partition_rows: int = 4_096  # rows of one partition of the index
    bits: int = 2  # of each number in the index
    refine: tuple[int, ...] = (3, 5, 8, 12)  # candidates scored exactly for each one wanted: from few to many
    nprobes: tuple[int, ...] = (8, 12, 18, 27, 40, 60, 90, 130)  # partitions looked at: from few to many
    choice: int = 50  # chips that pass a filter in the partitions looked at, for each one wanted, at least
    recall: float = 0.98  # of the index against an exact scan; `optimize` finds the least effort that gives it
    sample: int = 24  # questions that it is measured with
    refined: int = 24  # so many of those wanted are refined; behind them, who asks for hundreds looks for company
    overfetch: float = 1.3  # without an index, and behind the refined, beyond what the area's share suggests
    most_overfetch: int = 20_000  # from here on an exact scan of the matching rows is quicker


DEFAULT = Tuning()
FAR = Tuning(index_rows=5_000)  # on an object store every vector that an index leaves unread is a question sooner
