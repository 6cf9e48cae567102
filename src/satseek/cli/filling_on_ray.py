"""`satseek ingest --ray`: the same work as `filling.py`, given to a cluster."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from satseek.cli.filling import OnRay, Shown, Work, line_of_added, opened, scenes_of, tidy
from satseek.cli.say import progress

if TYPE_CHECKING:
    from satseek.archive.archive import Archive
    from satseek.core.model import Model
    from satseek.core.result import IngestReport
    from satseek.ingest.cut import CutPlan


def fill(
    work: Work, plan: CutPlan, model: Model, archive: Archive | None, *, quiet: bool = False, lines: bool = False
) -> tuple[IngestReport, Archive | None]:
    """Run an ingest on the cluster, with the progress of all its workers on stderr."""
    from satseek.archive.archive import Archive
    from satseek.ingest.cluster.connect import LOCAL, connected, sizes_of
    from satseek.ingest.cluster.run import ingest_on_cluster
    from satseek.ingest.report import Tally
    from satseek.ingest.write import Transactions

    cluster = work.cluster or OnRay(LOCAL)
    with connected(cluster.address) as has, progress(f"Ingesting on {has.nodes} nodes", quiet=quiet) as ticker:
        tally = Tally()
        archive, _ = opened(work, model, archive, tally)  # not before the cluster has answered
        if archive is None:
            return tally.report(), None
        everywhere = Archive.open(_absolute(archive.uri), card=model.card, storage=archive.storage)
        report = ingest_on_cluster(
            everywhere,
            partial(scenes_of, replace(work, sources=tuple(map(_absolute, work.sources)))),
            sizes=sizes_of(has, actors=cluster.actors, gpus_per_actor=cluster.gpus_per_actor, readers=work.workers),
            plan=plan,
            annotations=None if work.annotations is None else _absolute(work.annotations),
            batch=work.batch,
            transactions=Transactions(rows=work.commit_rows),
            on_progress=Shown(ticker),
            on_added=line_of_added if lines else None,
        )
        if work.optimize and report.added and not report.interrupted:
            tidy(everywhere, ticker)
    return report, archive


def _absolute(source: str) -> str:
    """Return a path as every node of the cluster reads it; addresses stay as they are."""
    is_address = "://" in source or source.startswith("/vsi") or (":" in source and not os.path.exists(source))
    return source if is_address else os.path.abspath(source)
