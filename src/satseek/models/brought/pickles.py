"""Pickles can run any program: they are refused; an old official one is read without running it and converted once."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satseek.core.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

_LEFT_OUT = ("optimizer", "optimizer_state_dict", "scaler", "scheduler", "lr_scheduler", "epoch", "name", "args")


def is_pickle(path: Path) -> bool:
    """Return whether a file is a pickle, by what is in it: PyTorch's zip, its older form, or a bare pickle."""
    with path.open("rb") as file:
        start = file.read(16)
    if start[8:9] == b"{":  # safetensors: the length of the header, then the header
        return False
    return start[:4] == b"PK\x03\x04" or start[:1] == b"\x80"


def convert(path: Path, target: Path, *, member: str | None = None) -> None:
    """Write the tensors of a pickle as safetensors; it is read with `weights_only`, which runs nothing."""
    from safetensors.torch import save_file

    with _unzipped(path, member) as inner:
        tensors = tensors_of(inner)
    fresh = target.with_name(target.name + ".new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: tensors[name] for name in sorted(tensors)}, fresh)
        os.replace(fresh, target)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise ModelError(f"{target} cannot be written: {error.strerror or error}.") from error


def tensors_of(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a PyTorch file by name, those of a nested checkpoint with its keys before a dot."""
    import torch

    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except RuntimeError as error:
        if "TorchScript" in str(error):
            raise ModelError(
                f"{path} is a TorchScript program, not weights, and is not run. Take the weights as safetensors."
            ) from error
        raise ModelError(f"{path} cannot be read, it may be cut off: {_first_line(error)}") from error
    except (EOFError, OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise ModelError(f"{path} cannot be read, it may be cut off: {_first_line(error)}") from error
    except Exception as error:  # a forged pickle fails in any way; UnpicklingError is the usual one
        raise ModelError(
            f"{path} holds more than tensors, which could run a program, and is not opened: {_first_line(error)}"
        ) from error
    tensors = dict(_flat(checkpoint, ""))
    if not tensors:
        raise ModelError(f"{path} holds no tensors, so it is no weights file.")
    return tensors


def _flat(value: Any, prefix: str) -> Iterator[tuple[str, Tensor]]:
    import torch

    if isinstance(value, torch.Tensor):
        yield prefix, value.detach().clone().contiguous()  # cloned: two names of one tensor are stored twice
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not (prefix == "" and key in _LEFT_OUT):
                yield from _flat(inner, f"{prefix}.{key}" if prefix else str(key))


@contextmanager
def _unzipped(path: Path, member: str | None) -> Iterator[Path]:
    """Give the weights inside a zip that holds them as one file among others; any other path as it is."""
    if member is None or path.suffix.lower() != ".zip":
        yield path
        return
    with tempfile.TemporaryDirectory(dir=path.parent) as place:
        inner = Path(place) / "weights"
        try:
            with zipfile.ZipFile(path) as archive:
                name = next((each for each in archive.namelist() if each.endswith(member)), None)
                if name is None:
                    raise ModelError(f"{path} holds no {member}, but {', '.join(archive.namelist()[:5]) or 'nothing'}.")
                with archive.open(name) as source, inner.open("wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 22)
        except (zipfile.BadZipFile, OSError) as error:
            raise ModelError(f"{path} cannot be unpacked, it may be cut off: {_first_line(error)}") from error
        yield inner


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
