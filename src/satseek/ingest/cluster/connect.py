"""Reaching a Ray cluster, or starting one on this machine; what is wrong with it is said before any work is given."""

from __future__ import annotations

import importlib
import logging
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from satseek.core.errors import SatSeekError, UsageError

LOCAL = "local"
PATIENCE_S = 5.0
MOST_OF_A_CPU = 0.9  # for an encoder, as Ray counts: a node full of encoders must have room for who feeds them
LOCAL_STORE_BYTES = 1 << 30  # of shared memory for what is between two stages, at most
LEAST_STORE_BYTES = 80 << 20  # Ray takes no less


class ClusterError(SatSeekError):
    """A cluster that does not answer, or cannot do what is asked."""


@dataclass(frozen=True)
class Resources:
    """What a cluster has in all."""

    nodes: int
    cpus: float
    gpus: float


@contextmanager
def connected(address: str) -> Iterator[Resources]:
    """Join the cluster at an address, or start one here for `local`; one that this process joined before is kept."""
    ray = _ray()
    if ray.is_initialized():
        yield _resources(ray)
        return
    _join(ray, address)
    try:
        _require_same_versions(_versions_by_node(ray))
        yield _resources(ray)
    finally:
        ray.shutdown()


@dataclass(frozen=True)
class Sizes:
    """How the work is spread over what a cluster has."""

    encoders: int
    cpus_per_encoder: float
    gpus_per_encoder: float
    readers: int | None  # at once; None: as many as there is room for


def sizes_of(has: Resources, *, actors: int | None, gpus_per_actor: float, readers: int | None) -> Sizes:
    """Return how many encoders there will be; for what the cluster has no room for, Ray would wait without a word."""
    if gpus_per_actor < 0 or (actors is not None and actors < 1):
        raise UsageError("There is at least one encoder, with 0 or more GPUs (--actors, --gpus-per-actor).")
    if gpus_per_actor > has.gpus:
        raise UsageError(
            f"Each encoder is to have {gpus_per_actor:g} GPUs and the cluster has {has.gpus:g} in all. "
            "Leave --gpus-per-actor out to encode on processors."
        )
    if gpus_per_actor:
        room = int(has.gpus / gpus_per_actor)
        encoders = actors or room
        cpus = min(0.5, has.cpus / (2 * encoders))
    else:
        room = max(1, int(has.cpus)) if has.cpus >= 2 else 1
        encoders = actors or max(1, int(has.cpus * 0.8) if has.cpus > 2 else 1)
        cpus = min(MOST_OF_A_CPU, has.cpus * 0.75 / encoders)  # the rest is for those who plan and read
    if encoders > room:
        what = f"{has.gpus:g} GPUs, {gpus_per_actor:g} for each" if gpus_per_actor else f"{has.cpus:g} processors"
        raise UsageError(
            f"The cluster has room for {room} encoders ({what}), not for {encoders}. Ask for fewer --actors."
        )
    return Sizes(encoders, cpus, gpus_per_actor, readers)


def version_here() -> str:
    """Return which SatSeek this process runs."""
    return str(vars(sys.modules["satseek"])["__version__"])


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # a worker without a GPU leaves the devices alone
    try:
        import ray
    except ImportError as error:
        raise ClusterError(f'Clusters need Ray ({error}). Install it with: pip install "satseek[ray]"') from error
    return ray


def _join(ray: Any, address: str) -> None:
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    try:
        if address == LOCAL:
            ray.init(
                address=LOCAL,
                num_cpus=os.cpu_count(),
                object_store_memory=_store_bytes(),
                include_dashboard=False,
                **quiet,
            )
        else:
            if address != "auto":
                _require_answer(address)
            ray.init(address=address, **quiet)
    except SatSeekError:
        raise
    except (ConnectionError, RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
        said = _no_answer(address) if address in (LOCAL, "auto") else _not_let_in(address)
        raise ClusterError(f"{said} ({_one_line(error)})") from error


def _require_answer(address: str) -> None:
    """Knock before Ray does: it would go on knocking for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdecimal():
        raise UsageError(
            f"'{address}' is no address of a Ray cluster. Write host:port such as 10.0.0.1:6379, or local."
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE_S).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(f"{_no_answer(address)} ({_one_line(error)})") from error


def _no_answer(address: str) -> str:
    return (
        f"No Ray cluster answers at '{address}'. Start one with 'ray start --head --port=6379' and join it from the "
        "other nodes, or use --ray local."
    )


def _not_let_in(address: str) -> str:
    return (
        f"Somebody answers at '{address}', but this process cannot join. Is it a Ray cluster, with the same Ray and "
        "Python as here, and the same token (RAY_AUTH_MODE; see token authentication in Ray's manual)?"
    )


def _store_bytes() -> int:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(LEAST_STORE_BYTES, min(LOCAL_STORE_BYTES, memory // 10))


def _resources(ray: Any) -> Resources:
    has = ray.cluster_resources()
    nodes = sum(node["Alive"] for node in ray.nodes())
    return Resources(nodes, float(has.get("CPU", 0.0)), float(has.get("GPU", 0.0)))


def _versions_by_node(ray: Any) -> dict[str, str]:
    """Return the SatSeek of each node; a function made here travels by value, so a node without SatSeek can run it."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    asked = {}
    for node in ray.nodes():
        if node["Alive"] and node["Resources"].get("CPU"):
            place = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            task = ray.remote(num_cpus=0.01, max_retries=1, scheduling_strategy=place)(_version_teller())
            asked[f"{node['NodeManagerAddress']} ({node['NodeID'][:6]})"] = task.remote()
    return dict(zip(asked, ray.get(list(asked.values())), strict=True))


def _version_teller() -> Callable[[], str]:
    def tell() -> str:
        try:
            return str(importlib.import_module("satseek").__version__)
        except ImportError:
            return "none"

    return tell


def _require_same_versions(by_node: Mapping[str, str]) -> None:
    asked = version_here()
    others = {node: version for node, version in by_node.items() if version != asked}
    if others:
        told = ", ".join(f"{node} has {version}" for node, version in sorted(others.items())[:5])
        raise ClusterError(
            f"This is SatSeek {asked}, and of the cluster's {len(by_node)} nodes {len(others)} have another: {told}. "
            f"Install the same on all nodes: pip install 'satseek[ray]=={asked}'."
        )


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else f"{text[:200]}…"
