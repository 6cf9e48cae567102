"""Discovery as a source of Ray Data: one task that yields as it finds, and waits while nobody takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ray.data import Datasource
from ray.data.block import BlockMetadata
from ray.data.datasource import ReadTask

if TYPE_CHECKING:
    import pyarrow as pa


class Discovery(Datasource):  # type: ignore[misc]  # Ray's types are not followed
    """Yields the messages of discovery."""

    def __init__(self, discovering: Callable[[], Iterator[pa.Table]]) -> None:
        super().__init__()
        self._discovering = discovering

    def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[ReadTask]:
        """Return the one task."""
        unknown = BlockMetadata(num_rows=None, size_bytes=None, exec_stats=None, input_files=None)
        return [ReadTask(self._discovering, unknown)]

    def estimate_inmemory_data_size(self) -> int | None:
        """Return that nobody knows how much will be found."""
        return None
