"""Where brought weights lie: in a folder of SatSeek's own, or in the caches of the Hugging Face hub and of torch."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from satseek.core.environment import cache_folder
from satseek.core.errors import ModelError
from satseek.models.brought.published import Licence, Published

PIN, CONVERTED, ACCEPTED = "pinned.json", "model.safetensors", "licences.json"
WEIGHTS = "SATSEEK_WEIGHTS"  # the environment variable that names the folder


def weights_home() -> Path:
    """Return the folder that brought weights are kept in, one folder a model."""
    told = os.environ.get(WEIGHTS)
    return Path(told).expanduser() if told else cache_folder() / "satseek" / "weights"


def folder_of(published: Published) -> Path:
    """Return where the weights of one model belong."""
    return weights_home() / published.name.replace(":", "-").replace("/", "--")


@dataclass(frozen=True)
class Found:
    """A file that is here, as its authors publish it or converted by us."""

    path: Path
    is_converted: bool = False


def found(published: Published) -> Found | None:
    """Return the weights if they are here: converted before, put into their folder, or in the hub's cache."""
    folder = folder_of(published)
    if (folder / CONVERTED).is_file() and published.file_name != CONVERTED and (folder / PIN).is_file():
        return Found(folder / CONVERTED, is_converted=True)
    for name in dict.fromkeys((published.file_name, published.file, *_members(published))):
        if (folder / name).is_file():
            return Found(folder / name)
    cached = in_hub_cache(published.repository, published.file, published.revision)
    cached = cached or in_torch_cache(published.file_name)
    return None if cached is None else Found(cached)


def in_hub_cache(repository: str | None, file: str, revision: str = "main") -> Path | None:
    """Return a file that the hub's own tools have already downloaded, or None."""
    if repository is None:
        return None
    if "huggingface_hub" not in sys.modules and not (_hub_cache() / _cached_as(repository)).is_dir():
        return None  # found out without loading a large library
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    cached = try_to_load_from_cache(repository, file, revision=revision)
    return Path(cached) if isinstance(cached, str) else None


def in_torch_cache(file_name: str) -> Path | None:
    """Return a file that torch.hub, and so torchgeo, has already downloaded, or None."""
    own = Path(os.environ.get("TORCH_HOME") or cache_folder() / "torch").expanduser()
    cached = own / "hub" / "checkpoints" / file_name
    return cached if cached.is_file() else None


def _hub_cache() -> Path:
    """Return where the hub's tools keep what they download, as they work it out themselves."""
    told = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if told:
        return Path(told).expanduser()
    home = os.environ.get("HF_HOME")
    return (Path(home).expanduser() if home else cache_folder() / "huggingface") / "hub"


def _cached_as(repository: str) -> str:
    return "models--" + repository.replace("/", "--")


def missing(published: Published) -> ModelError:
    """Return the error that says which file is not here, where to get it and where to put it."""
    return ModelError(
        f"The weights of '{published.name}' are not on this machine. With internet: satseek models get "
        f"{published.name}. Without: fetch {published.file_name} ({published.told_apart_by}) from {published.page} "
        f"on another machine and put it into {folder_of(published)}."
    )


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.") from error


def pinned(published: Published) -> dict[str, str]:
    """Return what was recorded when the weights were first used; empty before."""
    try:
        facts = json.loads((folder_of(published) / PIN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{folder_of(published) / PIN} cannot be read: {error}. Delete it and run 'satseek models get "
            f"{published.name}' again."
        ) from error
    return {str(key): str(value) for key, value in facts.items()} if isinstance(facts, dict) else {}


def pin(published: Published, **facts: str) -> None:
    """Record what the weights are, beside them; a file that differs later is refused."""
    write_json(folder_of(published) / PIN, {**pinned(published), **facts})


def known_sha256(published: Published) -> str | None:
    """Return the sha256 of the published file: as its authors state it, or as recorded when it was first used."""
    return published.sha256 or pinned(published).get("sha256")


def require_known(published: Published, path: Path) -> str:
    """Return the sha256 of a published file; one that is not the file it should be is refused."""
    here, known = sha256_of(path), known_sha256(published)
    begins = published.sha256_begins or ""
    if known is None and not here.startswith(begins):
        raise ModelError(
            f"{path} is not the file that '{published.name}' needs: its sha256 is {here}, and its authors' begins with "
            f"{begins}. It was cut off or is another file. Delete it and run 'satseek models get {published.name}'."
        )
    if known is not None and here != known:
        size = path.stat().st_size
        cut = published.size is not None and size < published.size
        why = f"it was cut off ({size:,} of {published.size:,} bytes)" if cut else "it is another file or was changed"
        recorded = "" if published.sha256 else f", as recorded in {folder_of(published) / PIN} when it was first used"
        raise ModelError(
            f"{path} is not the file that '{published.name}' needs: {why}. Its sha256 is {here} instead of "
            f"{known}{recorded}. Delete it and run 'satseek models get {published.name}'."
        )
    return here


def is_accepted(name: str, licence: Licence) -> bool:
    """Return whether a person on this machine has said yes to this licence of this model."""
    return not licence.needs_accepting or _accepted().get(name, {}).get("licence") == licence.name


def accept(name: str, licence: Licence) -> None:
    """Record that the licence was read and accepted."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(weights_home() / ACCEPTED, {**_accepted(), name: {"licence": licence.name, "accepted": now}})


def require_accepted(name: str, licence: Licence) -> None:
    """Raise `ModelError` with what the licence asks, until a person has said yes once."""
    if not is_accepted(name, licence):
        raise ModelError(
            f"'{name}' comes under this licence: {licence.name}. {licence.asks} If that fits what you do, say so "
            f"once: satseek models get {name} --accept-licence."
        )


def write_json(path: Path, facts: Any) -> None:
    """Write a small file whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        os.replace(fresh, path)
    except OSError as error:
        raise ModelError(
            f"{path} cannot be written: {error.strerror or error}. Set {WEIGHTS} to a folder that can be."
        ) from error


def _accepted() -> dict[str, Any]:
    try:
        facts = json.loads((weights_home() / ACCEPTED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _members(published: Published) -> list[str]:
    """Return what a zip's weights may be called once a person has unpacked it."""
    return [] if published.member is None else [published.member, published.member.rsplit("/", 1)[-1]]
