"""A training run on so many gloo processes of this machine, each with the same data and a share of every batch."""

from __future__ import annotations

import csv
import multiprocessing
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def curves(runs: Mapping[str, tuple[Sequence[str], Path]], out: Path, *, devices: int) -> dict[str, list[list[float]]]:
    """Train recipes, each with changes, on data; return the losses of every epoch of each run."""
    context = multiprocessing.get_context("spawn")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ranks = [context.Process(target=_rank, args=(rank, devices, port, dict(runs), out)) for rank in range(devices)]
    for process in ranks:
        process.start()
    for process in ranks:
        process.join(900)
        assert process.exitcode == 0, f"a process ended with {process.exitcode}"
    return {name: _losses(out / name / "curve.csv") for name in runs}


def _rank(rank: int, devices: int, port: int, runs: dict[str, tuple[Sequence[str], Path]], out: Path) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    os.environ |= {"LOCAL_RANK": str(rank), "NODE_RANK": "0", "WORLD_SIZE": str(devices)}
    import torch
    from torch.nn.modules.batchnorm import _BatchNorm

    from satseek.training.settings import read_recipe
    from satseek.training.teach import train

    torch.set_num_threads(1)
    _BatchNorm.forward = _by_fixed_statistics  # type: ignore[method-assign]  # gloo cannot share those of a batch
    for name, (changes, data) in runs.items():
        recipe = read_recipe(name.partition("-")[0], changes)
        train(recipe, data, out / name, device="cpu", devices=devices, precision="32-true")


def _by_fixed_statistics(self: Any, values: Any) -> Any:
    from torch.nn import functional

    return functional.batch_norm(values, self.running_mean, self.running_var, self.weight, self.bias, False)


def _losses(path: Path) -> list[list[float]]:
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    kept = [name for name in rows[0] if name not in ("epoch", "images_per_second", "seconds")]
    return [[float(row[name]) for name in kept if row[name]] for row in rows]
