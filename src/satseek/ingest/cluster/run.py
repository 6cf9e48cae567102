"""The ingest on a cluster, seen from the one who asked: a Ray Data pipeline, a ledger, one writer, a report.

Discovery, planning, reading and encoding run on the workers; vectors and chips come back here, where one writer adds
them to the archive in transactions of some thousand rows. One writer, because a transaction reads the ids that are
there to add no chip twice and makes a version of the table: a hundred workers who did so would wait for each other,
and fragments that workers write and one appends would hold a chip twice that two clusters add at once.
"""

from __future__ import annotations

import logging
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from satseek.archive.archive import Archive
from satseek.core.errors import ArchiveError, SatSeekError
from satseek.core.model import Model
from satseek.core.result import IngestReport
from satseek.ingest.cluster.connect import ClusterError, Sizes, version_here
from satseek.ingest.cluster.ledger import Ledger
from satseek.ingest.cluster.messages import AllFound, Done, Message, Planned, unpacked
from satseek.ingest.cluster.steps import Discover, Encoding, Task, discovering, planning, reading
from satseek.ingest.cut import CutPlan
from satseek.ingest.encode import BATCH
from satseek.ingest.job import OpenReader
from satseek.ingest.outcome import Outcomes
from satseek.ingest.report import Progress, Tally
from satseek.ingest.write import Added, Transactions, Writer
from satseek.models.catalogue import model_for
from satseek.raster.read import SceneReader

if TYPE_CHECKING:
    import pyarrow as pa

PASSES = 3  # over what a cluster lost without saying so; what is held is not read again
CPUS = {"plan": 0.1, "read": 0.25}  # of one core, as Ray counts: they wait more than they compute


def ingest_on_cluster(
    archive: Archive,
    discover: Discover,
    *,
    sizes: Sizes,
    load: Callable[[], Model] | None = None,
    plan: CutPlan | None = None,
    annotations: str | None = None,
    batch: int = BATCH,
    transactions: Transactions | None = None,
    tally: Tally | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_added: Callable[[Added], None] | None = None,
    open_reader: OpenReader = SceneReader,
) -> IngestReport:
    """Do what `pipeline.ingest` does, on the Ray cluster that this process is connected to.

    `discover` yields scenes and is told whom to tell of sources that are refused; it runs on the cluster, and so does
    `load`, which returns the model (the one of the archive's card). Workers that die are replaced and their work is
    done again; what the archive holds is not read, so a run that is begun anew goes on.
    """
    began = time.monotonic()
    tally = tally or Tally()
    load = load or partial(model_for, archive.card)
    interrupted = False
    for number in range(PASSES):
        run = _Run(archive, tally if number == 0 else Tally(), on_progress, on_added)
        task = Task(
            run=uuid.uuid4().hex,
            version=version_here(),
            archive=archive.uri,
            at=archive.version,
            card=archive.card,
            plan=plan or CutPlan(),
            storage=tuple(sorted(archive.storage.items())),
            annotations=annotations,
            batch=max(1, batch),
            open_reader=open_reader,
        )
        rows = _pipeline(task, discover, load, sizes)
        interrupted = run.take_all(rows, transactions or Transactions())
        if number:
            tally.merge_added(run.tally)
        if interrupted or run.ledger.is_complete:
            break
    else:
        tally.warn("The cluster lost work several times over; run the same command again to add what is missing.")
    return tally.report(seconds=time.monotonic() - began, interrupted=interrupted)


class _Run:
    """One pass: takes what comes back, counts it once, and hands it to the writer."""

    def __init__(
        self,
        archive: Archive,
        tally: Tally,
        on_progress: Callable[[Progress], None] | None,
        on_added: Callable[[Added], None] | None,
    ) -> None:
        self.tally, self.ledger = tally, Ledger()
        self._archive, self._on_progress, self._on_added = archive, on_progress, on_added
        self._outcomes = Outcomes(tally)

    def take_all(self, rows: Iterator[pa.Table], transactions: Transactions) -> bool:
        """Take every message; return whether a Ctrl-C ended it early. What came back by then is made safe."""
        interrupted = False
        writer = Writer(self._archive.add, transactions, self._is_safe)
        try:
            with closing(rows):  # type: ignore[type-var]
                for table in rows:
                    for message in unpacked(table, AllFound, Planned, Done):
                        self._take(message, writer)
        except KeyboardInterrupt:
            interrupted = True
        except ArchiveError as error:
            safe = f"({self.tally.chips_added:,} chips of this run were added before and are safe.)"
            raise type(error)(f"{error} {safe}") from error
        finally:
            writer.close()
        writer.finish()
        self._outcomes.finish()
        self._tell()
        return interrupted

    def _take(self, message: Message | pa.Table, writer: Writer) -> None:
        if isinstance(message, AllFound):
            self.ledger.all_found(message)
            self.tally.merge(message.tally)
        elif isinstance(message, Planned):
            if self.ledger.planned(message):
                self.tally.merge(message.tally)
            self._outcomes.over(self.ledger.close(message.plan))
        elif isinstance(message, Done) and self.ledger.come(message):
            self.tally.merge(message.tally)
            for each in message.readings:
                self._outcomes.take(each)
            self.tally.encoded(message.encoded)
            if message.chips:
                writer.put(message.chips, message.vectors)
            self._outcomes.over(self.ledger.close(message.plan))
        if self.ledger.knows_all:
            self.tally.found_all()
        self._tell()

    def _is_safe(self, added: Added) -> None:
        self.tally.added(added.new, len(added.ids))
        if self._on_added is not None:
            self._on_added(added)
        self._tell()

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self.tally.progress())


def _pipeline(task: Task, discover: Discover, load: Callable[[], Model], sizes: Sizes) -> Iterator[pa.Table]:
    """Yield what comes back from the workers, in any order; Ray Data holds earlier stages back when later ones lag."""
    import ray.data

    from satseek.ingest.cluster.source import Discovery

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    rows: dict[str, Any] = {"batch_size": None, "batch_format": "pyarrow", "zero_copy_batch": True}
    with ray.data.DataContext.current(_context(ray.data.DataContext.get_current())):
        data = ray.data.read_datasource(
            Discovery(partial(discovering, task, discover)),
            override_num_blocks=1,
            num_cpus=0,  # so that it finds room where it is wanted, however busy encoders keep that node
            label_selector={"ray.io/node-id": ray.get_runtime_context().get_node_id()},  # paths are meant here
        )
        data = data.map_batches(planning, fn_kwargs={"task": task}, num_cpus=CPUS["plan"], **rows)
        data = data.map_batches(
            reading,
            fn_kwargs={"task": task},
            num_cpus=CPUS["read"],
            compute=None if sizes.readers is None else ray.data.TaskPoolStrategy(size=sizes.readers),
            **rows,
        )
        data = data.map_batches(
            Encoding,
            fn_constructor_args=(task, load),
            compute=ray.data.ActorPoolStrategy(size=sizes.encoders),
            num_cpus=sizes.cpus_per_encoder,
            num_gpus=sizes.gpus_per_encoder or None,
            **rows,
        )
        try:
            with warnings.catch_warnings():  # a small job has fewer parts than the cluster has encoders
                warnings.filterwarnings("ignore", message="The minimum number of concurrent actors")
                yield from data.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)
        except ray.exceptions.RayError as error:
            raise _ours(error) from error


def _context(now: Any) -> Any:
    """Return Ray Data's settings for this pipeline: no bars of its own, each row a block, for a row is megabytes."""
    context = now.copy()
    context.target_max_block_size = 1
    context.target_min_block_size = 0
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.execution_options.preserve_order = False
    return context


def _ours(error: BaseException) -> SatSeekError:
    """Return the error that a worker raised, in its own words."""
    seen: BaseException | None = error
    while seen is not None:
        cause = getattr(seen, "cause", None)
        for each in (seen, cause):
            if isinstance(each, SatSeekError):
                return type(each)(*each.args) if type(each).__init__ is Exception.__init__ else ClusterError(str(each))
        seen = seen.__cause__ or (cause if isinstance(cause, BaseException) else None)
    told = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    return ClusterError(
        f"The cluster could not go on: {told[-1] if told else type(error).__name__} What was reported as added is "
        "safe; run the same command again to go on."
    )
