"""Keeps the memory of large tensors in the process between batches.

The C library hands every block above 32 MB back to the system when it is freed, and gets it anew, page by page and
filled with zeros, for the next batch: a third to a half of the time that a convolutional network takes on a processor.
"""

from __future__ import annotations

import ctypes
import sys

# names and numbers of glibc's malloc.h
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
KEPT_BYTES = 2**31 - 1  # more than this at the end of the heap goes back to the system all the same
PAD_BYTES = 64 * 2**20  # taken beyond what is asked for, so that it is asked for less often


def keep_large_blocks() -> bool:
    """Keep them from now on, in this process; False where the C library is another and nothing is changed.

    For jobs that encode or train and then end. A server that idles for days should give back what it does not need, and
    where memory is measured, what was freed would not be told from what is held.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl has none
        return False
    taken = [mallopt(*each) for each in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, KEPT_BYTES), (M_TOP_PAD, PAD_BYTES))]
    return all(taken)
