"""The archive beside a plain dict: whatever is done to both, in whatever order, both hold and find the same."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fakes.chips import card, chip, clustered
from satseek.archive.archive import Archive
from satseek.archive.tuning import Tuning
from satseek.core.area import Area
from satseek.core.chip import Chip
from satseek.core.filters import Filters
from satseek.core.vectors import FloatArray

VECTORS = clustered(200, 16, seed=2)
NUMBERS = st.integers(0, 79)
CAPTIONS = st.sampled_from([None, "a river", "two rivers", "harbour", "village by the sea"])
PLACES = st.none() | st.tuples(st.integers(-179, 179), st.integers(-80, 80))


class ArchiveAndDict(RuleBasedStateMachine):
    """Does to a dict what is done to the archive, and compares."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        uri = str(Path(self.folder.name) / "archive")
        self.archive = Archive.create(
            uri, card(dimensions=16), tuning=Tuning(index_rows=40, exact_rows=5, partition_rows=16)
        )
        self.held: dict[str, tuple[Chip, FloatArray]] = {}
        self.versions: dict[int, dict[str, tuple[Chip, FloatArray]]] = {}

    @rule(chips=st.lists(st.tuples(NUMBERS, PLACES, CAPTIONS, st.integers(0, 199)), max_size=30))
    def add(self, chips: list[tuple[int, Any, str | None, int]]) -> None:
        """Add chips, some twice, some that are there."""
        made = [chip(number, *(place or ()), caption=caption) for number, place, caption, _ in chips]
        new = {each.id for each in made} - set(self.held)
        rows = VECTORS[[vector for *_, vector in chips]]
        assert self.archive.add(made, rows) == len(new)
        self.held |= dict(zip((each.id for each in made), zip(made, rows, strict=True), strict=True))

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=10))
    def remove(self, numbers: list[int]) -> None:
        """Remove chips by id, some that are not there."""
        ids = {chip(number).id for number in numbers}
        assert self.archive.remove(Filters(ids=tuple(ids))) == len(ids & set(self.held))
        for each in ids:
            self.held.pop(each, None)

    @rule(sensor=st.sampled_from(["rgb", "s2", "s1"]), caption=st.sampled_from(["quarry", "snow"]))
    def update(self, sensor: str, caption: str) -> None:
        """Say something else of the chips of a sensor."""
        from dataclasses import replace

        meant = {name for name, (each, _) in self.held.items() if each.sensor == sensor}
        assert self.archive.update(Filters(sensors=(sensor,)), caption=caption) == len(meant)
        for name in meant:
            self.held[name] = (replace(self.held[name][0], caption=caption), self.held[name][1])

    @rule()
    def optimize(self) -> None:
        """Tidy up; nobody must notice."""
        self.archive.optimize(keep_days=1, measure=False)

    @rule()
    def remember(self) -> None:
        """Note a version to come back to."""
        self.versions[self.archive.version] = dict(self.held)

    @precondition(lambda self: self.versions)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        """Go back to a version."""
        number = data.draw(st.sampled_from(sorted(self.versions)))
        self.archive.restore(number)
        self.held = dict(self.versions[number])

    @rule()
    def reopen(self) -> None:
        """Come back as another process would."""
        self.archive = Archive.open(self.archive.uri, tuning=self.archive._tuning)

    @rule(
        query=st.integers(0, 199),
        k=st.integers(1, 60),
        box=st.none() | st.tuples(st.integers(-180, 120), st.integers(-90, 60)),
    )
    def search(self, query: int, k: int, box: tuple[int, int] | None) -> None:
        """Find as many as there are, all where they were asked for, with exact scores."""
        where = None if box is None else Area((box[0], box[1], box[0] + 60, box[1] + 30))
        found = self.archive.nearest(VECTORS[query], filters=Filters(where=where), k=k)
        meant = {name for name, (each, _) in self.held.items() if where is None or _touches(each, where)}
        assert set(found.ids) <= meant
        assert len(found) == min(k, len(meant))
        exact = sorted(
            (float(vector @ VECTORS[query]) for name, (_, vector) in self.held.items() if name in meant), reverse=True
        )
        if len(found) == len(meant):
            assert np.allclose(found.scores, exact, atol=1e-6)
        assert [self.held[name][0] for name in found.ids] == found.chips

    @rule(
        query=st.integers(0, 199),
        k=st.integers(1, 20),
        sensors=st.sets(st.sampled_from(["rgb", "s2", "s1"]), min_size=1, max_size=2),
        sources=st.sets(st.sampled_from(["scene-0.tif", "scene-1.tif"]), max_size=1),
    )
    def search_with_filters(self, query: int, k: int, sensors: set[str], sources: set[str]) -> None:
        """Find the best of those that meet all filters, count them, and list them."""
        filters = Filters(sensors=tuple(sorted(sensors)), sources=tuple(sources))
        meant = {
            name
            for name, (each, _) in self.held.items()
            if each.sensor in sensors and (not sources or each.source in sources)
        }
        found = self.archive.nearest(VECTORS[query], filters=filters, k=k)
        assert set(found.ids) <= meant
        assert len(found) == min(k, len(meant))
        assert self.archive.count(filters) == len(meant)
        assert {name for part in self.archive.scan(filters) for name in part.ids} == meant

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=8, unique=True))
    def get(self, numbers: list[int]) -> None:
        """Read chips and vectors by id, in the order that was asked for."""
        ids = [name for name in (chip(number).id for number in numbers) if name in self.held]
        assert self.archive.get(ids) == [self.held[name][0] for name in ids]
        if ids:
            assert np.array_equal(self.archive.vectors(ids), np.stack([self.held[name][1] for name in ids]))

    @rule(data=st.data())
    def note(self, data: st.DataObject) -> None:
        """Note something; chips must not notice."""
        text = data.draw(st.text(max_size=20))
        self.archive.write_note("remark", text)
        assert self.archive.note("remark") == text

    @invariant()
    def both_hold_the_same(self) -> None:
        """Compare all chips."""
        assert len(self.archive) == len(self.held)
        assert self.archive.held([chip(number).id for number in range(80)]) == set(self.held)

    def teardown(self) -> None:
        """Check every promise once at the end."""
        ids = sorted(self.held)
        assert self.archive.get(ids) == [self.held[name][0] for name in ids]
        report = self.archive.verify()
        assert report.ok, report
        self.folder.cleanup()


def _touches(each: Chip, where: Area) -> bool:
    if each.bbox is None:
        return False
    west, south, east, north = each.bbox
    return west <= where.bbox[2] and east >= where.bbox[0] and south <= where.bbox[3] and north >= where.bbox[1]


TestArchiveBesideDict = ArchiveAndDict.TestCase
TestArchiveBesideDict.settings = settings(
    max_examples=6, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
