"""The vector index built by many machines: each takes some fragments, all by the same partitions and the same rotation.

Lance-Ray trains the partitions on a sample, lets each worker write the index of its fragments (a segment), and commits
all segments in one version. What it writes is read by plain lancedb. A refresh builds all segments anew; between two of
them `optimize` without Ray takes new rows in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from satseek.archive.indices import note_trained, partitions_of
from satseek.archive.tuning import Tuning
from satseek.core.errors import ArchiveError

CPUS_A_WORKER = 0.5  # as Ray counts; with whole ones on nodes of one processor it waits for ever
LEAST_ROWS = 256  # of one partition, to find its middle by


def build_on_ray(table: Any, tuning: Tuning, *, uri: str, options: Mapping[str, str], workers: int) -> None:
    """Build the vector index over all fragments, on the cluster that this process is connected to."""
    try:
        import lance
        import lance_ray
    except ImportError as error:
        raise ArchiveError(
            f'Building an index on Ray needs lance-ray ({error}). Install it with: pip install "satseek[ray]"'
        ) from error
    rows = table.count_rows()
    dataset = lance.dataset(uri, storage_options=dict(options))
    lance_ray.create_index(
        dataset,
        column="vector",
        index_type="IVF_RQ",
        name="vector_idx",  # as lancedb calls its own
        replace=True,
        metric="cosine",
        num_partitions=max(1, min(partitions_of(rows, tuning), rows // LEAST_ROWS)),
        num_bits=tuning.bits,
        max_iters=20,
        num_workers=workers,
        storage_options=dict(options),
        ray_remote_args={"num_cpus": CPUS_A_WORKER},
    )
    table.checkout_latest()
    note_trained(table, rows)
