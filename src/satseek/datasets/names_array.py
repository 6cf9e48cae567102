"""Many names in little memory: half a million of them as one block of bytes, each a text when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray


class NamesArray(Sequence[str]):
    """A sequence of texts kept as fixed-width bytes."""

    def __init__(self, block: NDArray[np.bytes_]) -> None:
        self.block = block

    @staticmethod
    def of(names: Iterable[str]) -> NamesArray:
        """Pack names; they must be plain ASCII, as product names are."""
        packed = [name.encode("ascii", "replace") for name in names]
        return NamesArray(np.array(packed, dtype=np.bytes_) if packed else np.zeros(0, dtype="S1"))

    def chosen(self, rows: NDArray[np.int64]) -> NamesArray:
        """Return the names at these rows."""
        return NamesArray(self.block[rows])

    def __len__(self) -> int:
        return len(self.block)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> NamesArray: ...

    def __getitem__(self, index: int | slice) -> str | NamesArray:
        if isinstance(index, slice):
            return NamesArray(self.block[index])
        return bytes(self.block[index]).decode("ascii")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(self.block.tobytes())
