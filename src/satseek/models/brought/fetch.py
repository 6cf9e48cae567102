"""Bring published weights here: licence, download, check, conversion. Nothing else goes to the network for them."""

from __future__ import annotations

from pathlib import Path

from satseek.core.errors import ModelError
from satseek.models.brought import hub, shelf
from satseek.models.brought.download import OnBytes, download, unwatched
from satseek.models.brought.published import STATED_ON_THE_HUB, Published, licence_on_the_hub
from satseek.models.brought.ready import Ready, make_ready


def bring(
    published: Published,
    *,
    accept_licence: bool = False,
    trust_pickle: bool = False,
    on_bytes: OnBytes = unwatched,
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
    path = _fetch(published, on_bytes, accept_licence=accept_licence)
    done = make_ready(published, path, trust_pickle=trust_pickle)
    if done.path != path:  # converted: what was fetched to be converted is not needed twice
        path.unlink()
    return done


def _fetch(published: Published, on_bytes: OnBytes, *, accept_licence: bool) -> Path:
    folder = shelf.folder_of(published)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(
            f"{folder} cannot be made: {error.strerror or error}. Set {shelf.WEIGHTS} to a folder that can be."
        ) from error
    if published.repository is not None:
        listed = hub.look_up(published.repository, published.revision)
        if published.licence == STATED_ON_THE_HUB:
            stated = licence_on_the_hub(listed.licence)
            if accept_licence:
                shelf.accept(published.name, stated)
            shelf.require_accepted(published.name, stated)
        for companion in published.companions:
            _fetch_companion(listed, companion, folder)
        return hub.download(listed, published.file, folder, on_bytes=on_bytes)
    if published.url is None:
        raise shelf.missing(published)
    target = folder / published.file_name
    download(published.url, target, on_bytes=on_bytes)
    return target


def _fetch_companion(listed: hub.Repository, companion: str, folder: Path) -> None:
    """Fetch a small file if it is there; `org/name:FILE` is one of another repository and must be."""
    other, colon, file = companion.rpartition(":")
    if colon:
        hub.download(hub.look_up(other), file, folder)
    elif file in listed.files:
        hub.download(listed, file, folder)
