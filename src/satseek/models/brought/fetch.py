"""Bring published weights here: licence, download, check, conversion. Nothing else goes to the network for them."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from satseek.core.errors import ModelError
from satseek.models.brought import hub, shelf
from satseek.models.brought.published import Published
from satseek.models.brought.ready import Ready, make_ready

_BLOCK = 1 << 20
_TRIES = 3  # of a download that breaks off; each goes on where the last one stopped


def bring(
    published: Published,
    *,
    accept_licence: bool = False,
    trust_pickle: bool = False,
    on_bytes: Callable[[int, int | None], None] = lambda done, total: None,
) -> Ready:
    """Return the weights, ready to be loaded, having fetched them if they are not here."""
    if accept_licence:
        shelf.accept(published.name, published.licence)
    shelf.require_accepted(published.name, published.licence)
    here = shelf.found(published)
    if here is not None and here.is_converted:
        from satseek.models.brought.ready import ready

        return ready(published)
    if here is not None:
        return make_ready(published, here.path, trust_pickle=trust_pickle)
    path = _fetch(published, on_bytes)
    done = make_ready(published, path, trust_pickle=trust_pickle)
    if done.path != path:  # converted: what was fetched to be converted is not needed twice
        path.unlink()
    return done


def _fetch(published: Published, on_bytes: Callable[[int, int | None], None]) -> Path:
    folder = shelf.folder_of(published)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(
            f"{folder} cannot be made: {error.strerror or error}. Set {shelf.WEIGHTS} to a folder that can be."
        ) from error
    if published.repository is not None:
        listed = hub.look_up(published.repository, published.revision)
        for companion in published.companions:
            _fetch_companion(listed, companion, folder)
        return hub.download(listed, published.file, folder)
    if published.url is None:
        raise shelf.missing(published)
    target = folder / published.file_name
    _fetch_url(published.url, target, on_bytes)
    return target


def _fetch_companion(listed: hub.Repository, companion: str, folder: Path) -> None:
    """Fetch a small file if it is there; `org/name:FILE` is one of another repository and must be."""
    other, colon, file = companion.rpartition(":")
    if colon:
        hub.download(hub.look_up(other), file, folder)
    elif file in listed.files:
        hub.download(listed, file, folder)


def _fetch_url(url: str, target: Path, on_bytes: Callable[[int, int | None], None]) -> None:
    part = target.with_name(target.name + ".part")
    for tries_left in reversed(range(_TRIES)):
        try:
            if _append(url, part, on_bytes):
                os.replace(part, target)
                return
        except urllib.error.HTTPError as error:
            raise ModelError(f"{url} answered with status {error.code}. Try again later.") from error
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            if not tries_left:
                reason = getattr(error, "reason", error)
                raise ModelError(
                    f"{url} does not answer ({reason}). What arrived is kept: the same command goes on from there."
                ) from error
        except OSError as error:
            raise ModelError(f"{part} cannot be written: {error.strerror or error}.") from error
    raise ModelError(f"{url} broke off. What arrived is kept: the same command goes on from there.")


def _append(url: str, part: Path, on_bytes: Callable[[int, int | None], None]) -> bool:
    """Fetch what is missing of a file, and return whether it is whole."""
    done = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    with urllib.request.urlopen(request, timeout=hub.TIMEOUT_S) as answer:
        if done and answer.status != 206:
            done = 0
        left = answer.headers.get("Content-Length")
        total = None if left is None else done + int(left)
        with part.open("ab" if done else "wb") as file:
            while block := answer.read(_BLOCK):
                file.write(block)
                done += len(block)
                on_bytes(done, total)
    return total is None or done >= total
