"""The indices of an archive: small ones from the start, the vector index when there are enough rows to pay for it."""

from __future__ import annotations

from typing import Any

from satseek.archive.cells import CELL_COLUMNS


def create_scalar_indices(table: Any) -> None:
    """Create the indices that filters and words use; on an empty table they cost nothing, new rows join later."""
    from lancedb.index import FTS, Bitmap, BTree, LabelList

    table.set_unenforced_primary_key("id")
    there = {column for index in table.list_indices() for column in index.columns}
    kinds = {
        "id": BTree(),
        "datetime": BTree(),
        "source": BTree(),
        "sensor": Bitmap(),
        **{column: Bitmap() for column in CELL_COLUMNS},
        "facts": LabelList(),
        "text": FTS(),
    }
    for column, kind in kinds.items():
        if column not in there:
            table.create_index(column, config=kind)
