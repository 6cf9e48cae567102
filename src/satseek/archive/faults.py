"""What the store throws, said in our own words: nobody above this floor meets a Lance or Arrow exception."""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from satseek.core.errors import ArchiveError, ArchiveNotFound, ArchiveReadOnly

logger = logging.getLogger(__name__)
T = TypeVar("T")

FULL = re.compile(r"no space left|disk quota|file too large|os error (28|27|122)|storage ?full", re.I)
FORBIDDEN = re.compile(
    r"permission denied|read-only file system|not permitted|access ?denied|os error (13|30|1)\b", re.I
)
CONFLICT = re.compile(r"conflict|concurrent|preempted|already exists|too many", re.I)
ATTEMPTS = 8


@contextmanager
def store_errors(uri: str, doing: str) -> Iterator[None]:
    """Turn what Lance and Arrow raise into an `ArchiveError` that says what to do."""
    try:
        yield
    except (
        OSError,
        RuntimeError,
        ValueError,
        KeyError,
        TypeError,
    ) as error:  # all that lancedb and pyarrow derive from
        raise _ours(error, uri, doing) from error


def with_retries(commit: Callable[[], T], uri: str, doing: str) -> T:
    """Run a commit again when another process was quicker; what else goes wrong is raised in our words."""
    with store_errors(uri, doing):
        for attempt in range(1, ATTEMPTS):
            try:
                return commit()
            except (OSError, RuntimeError, ValueError) as error:
                if not CONFLICT.search(str(error)) or FULL.search(str(error)):
                    raise
                logger.debug("commit to %s was overtaken (attempt %d): %s", uri, attempt, error)
                time.sleep(random.uniform(0.5, 1) * min(0.05 * 2**attempt, 2))
        return commit()


def _ours(error: Exception, uri: str, doing: str) -> ArchiveError:
    text = " ".join(str(error).split())
    if FULL.search(text):
        return ArchiveReadOnly(
            f"The disk that holds the archive '{uri}' is full. What was reported as added is safe; free some space and "
            "run the same command again to go on."
        )
    if isinstance(error, PermissionError) or FORBIDDEN.search(text):
        return ArchiveReadOnly(
            f"The archive '{uri}' could not be {doing}: permission denied. Check who may read and write this folder."
        )
    if re.search(r"Table '.*' was not found", text):
        return ArchiveNotFound(f"There is no archive at '{uri}'. Fill one with: satseek ingest {uri} SOURCE")
    return ArchiveError(
        f"The archive '{uri}' could not be {doing}: {_first_sentence(text)} Check it with: satseek archive verify {uri}"
    )


def _first_sentence(text: str) -> str:
    short = re.sub(r",? *(?:at )?/?\S*\.rs:\d+(:\d+)?", "", text).removeprefix("lance error: ").strip()
    return (
        (short[:300] + "…" if len(short) > 300 else short.rstrip(".") + ".") if short else "the store gave no reason."
    )
