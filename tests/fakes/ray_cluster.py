"""A Ray cluster of several nodes on this machine: the least that can be one, on free ports, without dashboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

STORE_BYTES = 80 << 20  # Ray takes no less
AS_A_NODE = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_agent_register_timeout_ms": "300000"}  # a busy machine starts slowly
NODE = {"num_cpus": 2, "object_store_memory": STORE_BYTES, "include_dashboard": False}


@contextmanager
def two_nodes() -> Iterator[Any]:
    """Yield a cluster of a head and one more node; the head never ends."""
    for name, value in AS_A_NODE.items():
        os.environ.setdefault(name, value)
    from ray.cluster_utils import Cluster

    for attempt in range(3):
        try:
            cluster = Cluster(initialize_head=True, head_node_args=NODE)
            break
        except Exception:  # Ray waits 30 s for a node, which a busy machine may not make
            if attempt == 2:
                raise
    try:
        cluster.add_node(**NODE)
        yield cluster
    finally:
        cluster.shutdown()
