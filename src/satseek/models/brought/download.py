"""One large file from one address: what arrived is kept, so that a broken download goes on where it stopped."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import IncompleteRead
from pathlib import Path

from satseek.core.errors import ModelError

OnBytes = Callable[[int, int | None], None]  # how many bytes are here, of how many

TIMEOUT_S = 10.0  # for an answer to begin, and for its next piece
_BLOCK = 1 << 20
_TRIES = 3  # of a download that breaks off; each goes on where the last one stopped


def unwatched(done: int, total: int | None) -> None:
    """Watch nothing."""


def download(
    url: str,
    target: Path,
    *,
    headers: Mapping[str, str] | None = None,
    part: Path | None = None,
    on_bytes: OnBytes = unwatched,
) -> None:
    """Fetch a file whole or not at all; `part` is where its beginning is kept until it is whole."""
    beginning = part or target.with_name(target.name + ".part")
    kept = "What arrived is kept: the same command goes on from there."
    for tries_left in reversed(range(_TRIES)):
        try:
            beginning.parent.mkdir(parents=True, exist_ok=True)
            if _append(url, beginning, dict(headers or {}), on_bytes):
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(beginning, target)
                return
        except urllib.error.HTTPError as error:
            raise ModelError(f"{url} answered with status {error.code}. {kept} Try again later.") from error
        except (urllib.error.URLError, TimeoutError, ConnectionError, IncompleteRead) as error:
            if not tries_left:
                raise ModelError(f"{url} does not answer ({getattr(error, 'reason', error)}). {kept}") from error
        except OSError as error:
            raise ModelError(f"{beginning} cannot be written: {error.strerror or error}.") from error
    raise ModelError(f"{url} broke off. {kept}")


def _append(url: str, part: Path, headers: dict[str, str], on_bytes: OnBytes) -> bool:
    """Fetch what is missing of a file, and return whether it is whole."""
    done = part.stat().st_size if part.exists() else 0
    if done:
        headers["Range"] = f"bytes={done}-"
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if done and error.code == 416:  # nothing is missing: it was whole, and only its name was not given yet
            return True
        raise
    with answer:
        if done and answer.status != 206:
            done = 0
        left = answer.headers.get("Content-Length")
        total = None if left is None else done + int(left)
        with part.open("ab" if done else "wb") as file:
            while block := answer.read1(_BLOCK):
                file.write(block)
                done += len(block)
                on_bytes(done, total)
    return total is None or done >= total
