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
NO_TABLE = re.compile(r"Table '.*' was not found")
ATTEMPTS = 8

# What object stores and the way to them say.
NO_BUCKET = re.compile(r"NoSuchBucket|bucket does not exist|BucketNotFound|Bucket '.*' not found", re.I)
NO_KEYS = re.compile(r"Failed to get AWS credentials|CredentialsNotLoaded|no credentials|MissingAccessKey", re.I)
WRONG_KEYS = re.compile(r"InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken", re.I)
DENIED = re.compile(
    r"AccessDenied|lacked the necessary privileges|status: 40[13]\b|\b40[13] (Forbidden|Unauthorized)", re.I
)
UNREACHED = re.compile(r"kind: Connect|tcp connect error|dns error|Connection refused|error sending request", re.I)
TRANSIENT = re.compile(
    r"status(?: code)?: 5\d\d|\b50[0234] |SlowDown|InternalError|TimedOut|timed out|timeout"
    r"|kind: (?:Timeout|Connect|Request|Body)|IncompleteMessage|connection (?:closed|reset)"
    r"|error decoding response body|response body error|HTTP error|end of file before message",
    re.I,
)
PAUSES_S = (1.0, 3.0, 9.0)  # before a commit is tried again when an object store failed; Lance has tried, too


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
    """Run a commit again when another process was quicker, or the way to the store failed for a moment.

    Every commit of ours may run twice: whether the first one arrived is not known when an answer was lost.
    """
    with store_errors(uri, doing):
        pauses = iter(PAUSES_S)
        for attempt in range(1, ATTEMPTS):
            try:
                return commit()
            except (OSError, RuntimeError, ValueError) as error:
                text = str(error)
                overtaken = CONFLICT.search(text) is not None and FULL.search(text) is None
                pause = _moment(attempt) if overtaken else next(pauses, None) if _failed_far_away(text, uri) else None
                if pause is None:
                    raise
                logger.debug("commit to %s did not succeed (attempt %d): %s", uri, attempt, error)
                time.sleep(pause)
        return commit()


def _moment(attempt: int) -> float:
    return random.uniform(0.5, 1) * min(0.05 * 2.0**attempt, 2.0)


def _failed_far_away(text: str, uri: str) -> bool:
    return "://" in uri and not NO_BUCKET.search(text) and not DENIED.search(text) and bool(TRANSIENT.search(text))


def _ours(error: Exception, uri: str, doing: str) -> ArchiveError:
    text = " ".join(str(error).split())
    if "://" in uri and (far := _far(text, uri, doing)) is not None:
        return far
    if FULL.search(text):
        return ArchiveReadOnly(
            f"The disk that holds the archive '{uri}' is full. What was reported as added is safe; free some space and "
            "run the same command again to go on."
        )
    if CONFLICT.search(text):
        return ArchiveError(
            f"The archive '{uri}' could not be {doing}: others changed it during each of {ATTEMPTS} attempts. Nothing "
            "is lost; run the same again when they write less."
        )
    if isinstance(error, PermissionError) or FORBIDDEN.search(text):
        return ArchiveReadOnly(
            f"The archive '{uri}' could not be {doing}: permission denied. Check who may read and write this folder."
        )
    if NO_TABLE.search(text):
        return ArchiveNotFound(f"There is no archive at '{uri}'. Fill one with: satseek ingest {uri} SOURCE")
    return ArchiveError(
        f"The archive '{uri}' could not be {doing}: {_first_sentence(text)} Check it with: satseek archive verify {uri}"
    )


def _far(text: str, uri: str, doing: str) -> ArchiveError | None:
    """Return what an object store means, where it says something of its own."""
    bucket = uri.partition("://")[2].partition("/")[0]
    if NO_BUCKET.search(text):
        return ArchiveNotFound(
            f"There is no bucket '{bucket}' where the archive '{uri}' should be. Check its name and the region and "
            "endpoint (AWS_REGION, AWS_ENDPOINT_URL), or make the bucket first: satseek makes archives, not buckets."
        )
    if NO_KEYS.search(text):
        return ArchiveReadOnly(
            f"The archive '{uri}' could not be {doing}: no credentials for the object store were found. Set "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_SKIP_SIGNATURE=true for a public bucket."
        )
    if WRONG_KEYS.search(text):
        return ArchiveReadOnly(
            f"The archive '{uri}' could not be {doing}: the object store does not accept these credentials. Check "
            "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN."
        )
    if DENIED.search(text):
        return ArchiveReadOnly(
            f"The archive '{uri}' could not be {doing}: the object store denied access. Reading needs the rights to "
            f"list and get objects of the bucket '{bucket}', filling it also to put and delete them."
        )
    if UNREACHED.search(text):
        return ArchiveError(
            f"The archive '{uri}' could not be {doing}: its object store does not answer. Check the network and the "
            "endpoint (AWS_ENDPOINT_URL). What was reported as added is safe."
        )
    if TRANSIENT.search(text):
        return ArchiveError(
            f"The archive '{uri}' could not be {doing}: its object store failed, or took too long, several times "
            "over. What was reported as added is safe; run the same again to go on."
        )
    return None


def _first_sentence(text: str) -> str:
    short = re.sub(r",? *(?:at )?/?\S*\.rs:\d+(:\d+)?", "", text).removeprefix("lance error: ").strip()
    return (
        (short[:300] + "…" if len(short) > 300 else short.rstrip(".") + ".") if short else "the store gave no reason."
    )
