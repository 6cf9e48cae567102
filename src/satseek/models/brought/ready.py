"""From a published file to weights that can be loaded: licence accepted, the right file, no pickle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from satseek.core.errors import ModelError
from satseek.models.brought import shelf
from satseek.models.brought.pickles import convert, is_pickle
from satseek.models.brought.published import Published

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Ready:
    """Weights as safetensors, and the sha256 of the file that their authors published."""

    path: Path
    sha256: str


def ready(published: Published) -> Ready:
    """Return weights that are here and may be used; nothing is downloaded, converted or run."""
    shelf.require_accepted(published.name, published.licence)
    here = shelf.found(published)
    if here is None:
        raise shelf.missing(published)
    if here.is_converted:
        return _ready_converted(published, here.path)
    digest = shelf.require_known(published, here.path)
    if is_pickle(here.path):
        raise _refused(published, here.path)
    if shelf.known_sha256(published) is None:
        shelf.pin(published, sha256=digest)
    return Ready(here.path, digest)


def make_ready(published: Published, path: Path, *, trust_pickle: bool) -> Ready:
    """Check a file that is here, convert it if it is an official pickle that is trusted, and record what it is."""
    digest = shelf.require_known(published, path)
    if not is_pickle(path):
        shelf.pin(published, sha256=digest)
        return Ready(path, digest)
    if not trust_pickle:
        raise _refused(published, path)
    target = shelf.folder_of(published) / shelf.CONVERTED
    convert(path, target, member=published.member)
    shelf.pin(published, sha256=digest, converted_sha256=shelf.sha256_of(target))
    return Ready(target, digest)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path} cannot be read as safetensors, it may be cut off: {error}.") from error


def _ready_converted(published: Published, path: Path) -> Ready:
    told = shelf.pinned(published)
    if shelf.sha256_of(path) != told.get("converted_sha256"):
        raise ModelError(
            f"{path} is not the file that was converted from {published.file_name}: it was cut off or changed (its "
            f"sha256 is recorded beside it). Delete it and run 'satseek models get {published.name}' again."
        )
    digest = told.get("sha256", "")
    if published.sha256 is not None and digest != published.sha256:
        raise ModelError(
            f"{path} was converted from another {published.file_name} (sha256 {digest}) than the official one "
            f"({published.sha256}). Delete it and run 'satseek models get {published.name}' again."
        )
    return Ready(path, digest)


def _refused(published: Published, path: Path) -> ModelError:
    return ModelError(
        f"{path} is a pickle, which can run any program, and is not opened. It is how the authors of "
        f"'{published.name}' publish it: if you trust them, have it converted once, without running anything in it: "
        f"satseek models get {published.name} --trust-pickle."
    )
