"""The ingest as a whole, on a camera, a model and an archive in memory."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.ingest_in_memory import Camera, Land, MeanModel, MemoryArchive, scene
from satseek.core.errors import ArchiveReadOnly
from satseek.core.result import IngestReport
from satseek.core.scene import BandFile, Scene, Window
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.ingest.cut import CutPlan
from satseek.ingest.pipeline import ingest
from satseek.ingest.report import Progress
from satseek.ingest.write import Added, Transactions

PLAN = CutPlan(chip=20, overlap=0, max_nodata=0.5)  # 25 windows of a land of 100 x 100


def run(
    scenes: Sequence[Scene], camera: Camera, archive: MemoryArchive | None = None, **more: Any
) -> tuple[IngestReport, MemoryArchive]:
    archive = archive if archive is not None else MemoryArchive()
    options: dict[str, Any] = {"model": MeanModel(), "plan": PLAN, "workers": 3, "batch": 8, "open_reader": camera}
    report = ingest(archive, scenes, **(options | more))  # type: ignore[arg-type]
    return report, archive


def test_every_window_of_every_scene_becomes_a_chip_with_its_vector() -> None:
    camera = Camera({"a": Land(), "b": Land(width=40, height=20)})
    report, archive = run([scene("a"), scene("b")], camera)
    assert (report.added, report.already_there, report.scenes) == (27, 0, 2)
    assert not report.refused
    assert not report.interrupted
    assert len({chip.window for chip in archive.chips() if chip.scene == "a"}) == 25
    chip, vector = next(row for row in archive.rows.values() if row[0].window == Window(80, 40, 20, 20))
    expected = np.array([81, 41, 21]) / np.linalg.norm([81, 41, 21])
    np.testing.assert_allclose(vector, expected, rtol=1e-6)
    assert chip.bbox == pytest.approx((0.08, 49.94, 0.1, 49.96))
    assert report.megabytes_read == pytest.approx(27 * 3 * 20 * 20 * 4 / 1e6)


def test_a_chip_says_all_that_is_known_of_it() -> None:
    moment = datetime(2024, 5, 1, tzinfo=UTC)
    said = scene("a", datetime=moment, caption="Some land.", labels=("land",), properties={"eo:cloud_cover": 3})
    said = replace(said, mask=BandFile("SCL", "scl.tif"), nodata=0.0)
    _, archive = run([said], Camera({"a": Land(40, 40)}), plan=replace(PLAN, scales=(2,)))
    (chip,) = archive.chips()
    assert (chip.sensor, chip.source, chip.scene, chip.datetime) == ("rgb", "a.tif", "a", moment)
    assert (chip.window, chip.scale, chip.size) == (Window(0, 0, 40, 40), 2.0, (20, 20))
    assert chip.ground_resolution_m == 20.0
    assert (chip.caption, chip.labels, chip.properties) == ("Some land.", ("land",), {"eo:cloud_cover": 3})
    assert (chip.nodata_share, chip.cloud_share) == (0.0, 0.25)
    assert chip.address == said.address()
    assert Scene.from_address(chip.source, chip.address).bands == said.bands


def test_a_second_run_reads_nothing_and_opens_headers_only() -> None:
    camera = Camera({"a": Land(), "b": Land()})
    _, archive = run([scene("a"), scene("b")], camera)
    camera.windows_read.clear()
    camera.opened = 0
    report, _ = run([scene("a"), scene("b")], camera, archive)
    assert (report.added, report.already_there) == (0, 50)
    assert camera.windows_read == []
    assert camera.opened == 2
    assert camera.open_now == 0


def test_only_what_is_missing_is_read() -> None:
    camera = Camera({"a": Land()})
    _, archive = run([scene("a")], camera)
    gone = sorted(archive.rows)[:7]
    windows = {archive.rows.pop(name)[0].window for name in gone}
    camera.windows_read.clear()
    report, _ = run([scene("a")], camera, archive)
    assert (report.added, report.already_there) == (7, 18)
    assert {window for _, window in camera.windows_read} == windows


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_the_result_is_the_same_however_many_workers_read(workers: int) -> None:
    lands = {"a": Land(nodata_left_of=30), "b": Land(fails_below=70), "c": Land(200, 60), "d": Land(unreadable="No.")}
    scenes = [scene("a"), scene("b"), scene("c", sensor="s1"), scene("d")]
    one, first = run(scenes, Camera(lands), workers=1)
    more, second = run(scenes, Camera(lands), workers=workers)
    assert first.rows.keys() == second.rows.keys()
    for name, (chip, vector) in first.rows.items():
        assert second.rows[name][0] == chip
        np.testing.assert_array_equal(second.rows[name][1], vector)
    assert replace(one, seconds=0) == replace(more, seconds=0)


def test_a_scene_that_comes_twice_is_read_once() -> None:
    camera = Camera({"a": Land()})
    report, _ = run([scene("a"), scene("a")], camera)
    assert (report.added, report.already_there) == (25, 25)
    assert len(camera.windows_read) == 25


def test_windows_with_too_much_nodata_are_skipped_and_counted() -> None:
    report, archive = run([scene("a")], Camera({"a": Land(nodata_left_of=31)}))
    assert report.skipped == {"nodata": 10}  # the first column is empty, 11 of 20 columns of the second
    assert report.added == 15
    shares = {chip.window.column: chip.nodata_share for chip in archive.chips()}
    assert shares == {40: 0.0, 60: 0.0, 80: 0.0}
    lenient, archive = run([scene("a")], Camera({"a": Land(nodata_left_of=31)}), plan=replace(PLAN, max_nodata=0.6))
    assert lenient.skipped == {"nodata": 5}
    shares = {chip.window.column: chip.nodata_share for chip in archive.chips()}
    assert shares == {20: pytest.approx(0.55), 40: 0.0, 60: 0.0, 80: 0.0}


def test_a_scene_without_any_valid_pixel_is_refused_with_the_remedy() -> None:
    camera = Camera({"a": Land(nodata_left_of=100), "b": Land()})
    for share in (0.5, 1.0):
        report, _ = run([scene("a"), scene("b")], camera, plan=replace(PLAN, max_nodata=share))
        assert report.added == 25
        assert report.skipped == {"nodata": 25}
        assert list(report.refused) == ["a.tif"]
        assert "no valid pixel" in report.refused["a.tif"]
        assert "--nodata" in report.refused["a.tif"]


def test_a_scene_with_too_little_data_everywhere_is_a_warning() -> None:
    report, _ = run([scene("a")], Camera({"a": Land(20, 60, nodata_left_of=12)}))
    assert not report.refused
    assert report.skipped == {"nodata": 3}
    assert len(report.warnings) == 1
    assert "--max-nodata" in report.warnings[0]
    assert "60%" in report.warnings[0]


def test_a_bad_source_is_one_line_and_the_others_go_on() -> None:
    lands = {"a": Land(), "bad": Land(unreadable="It is empty.\nFetch it again."), "c": Land()}
    report, archive = run([scene(name) for name in lands], Camera(lands))
    assert report.refused == {"bad.tif": "It is empty. Fetch it again."}
    assert report.added == 50
    assert {chip.scene for chip in archive.chips()} == {"a", "c"}


def test_of_a_scene_that_is_cut_short_all_is_kept_that_can_be_read() -> None:
    camera = Camera({"a": Land(fails_below=60), "b": Land()})
    report, archive = run([scene("a"), scene("b")], camera)
    assert report.refused == {"a.tif": "It is cut short. (10 of its 25 windows are left out.)"}
    assert report.added == 40
    assert sum(chip.scene == "a" for chip in archive.chips()) == 15
    assert all(chip.window.row < 60 for chip in archive.chips() if chip.scene == "a")
    assert camera.open_now == 0


def test_a_remote_scene_is_not_tried_again_and_again() -> None:
    far = replace(scene("far"), bands=(BandFile("red", "https://example.org/far.tif"),))
    camera = Camera({"far": Land(fails_below=20), "b": Land()})
    report, archive = run([far, scene("b")], camera)
    assert report.refused == {"far.tif": "It is cut short. (20 of its 25 windows are left out.)"}
    assert {chip.scene for chip in archive.chips()} == {"far", "b"}
    assert sum(name == "far" for name, _ in camera.windows_read) == 6


def test_a_sensor_that_the_model_cannot_read_is_refused_before_any_pixel_is_read() -> None:
    camera = Camera({"a": Land(), "r": Land()})
    report, _ = run([scene("a"), scene("r", sensor="s1")], camera, model=MeanModel(sensors=("rgb",)))
    assert report.added == 25
    assert "cannot read 's1'" in report.refused["r.tif"]
    assert "--model" in report.refused["r.tif"]
    assert {name for name, _ in camera.windows_read} == {"a"}


def test_bands_that_the_model_needs_and_the_scene_lacks_are_named() -> None:
    model = MeanModel()
    model.card = replace(model.card, sensors={"s2": ("B02", "B08", "B11")})
    report, _ = run([scene("a", sensor="s2")], Camera({"a": Land()}), model=model)
    assert "needs the bands B08, B11 of 's2', and it has only B02, B03, B04" in report.refused["a.tif"]


def test_bands_for_which_the_model_is_given_zeros_may_be_missing_and_it_is_said() -> None:
    model = MeanModel()
    model.card = replace(model.card, sensors={"s2": ("B02", "B03", "B10")}, options={"may_miss": ["B10"]})
    report, _ = run([scene("a", sensor="s2")], Camera({"a": Land()}), model=model)
    assert not report.refused
    assert report.added == 25
    assert any("no B10, for which" in warning and "is given zeros" in warning for warning in report.warnings)


def test_a_scene_that_the_model_refuses_while_encoding_does_not_spoil_the_others() -> None:
    camera = Camera({"a": Land(), "r": Land(), "b": Land()})
    scenes = [scene("a"), scene("r", sensor="s1"), scene("b")]
    report, archive = run(scenes, camera, model=MeanModel(refuses="s1"), batch=64)
    assert report.added == 50
    assert list(report.refused) == ["r.tif"]
    assert {chip.scene for chip in archive.chips()} == {"a", "b"}


def test_only_the_scene_at_fault_in_a_batch_is_refused() -> None:
    class Picky(MeanModel):
        def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
            if any(chip.bands == ("red",) for chip in chips):
                from satseek.core.errors import ModelError

                raise ModelError("Red alone is not enough.")
            return super().encode_images(chips)

    odd = replace(scene("odd"), bands=(BandFile("red", "odd.tif"),))
    camera = Camera({"a": Land(40, 40), "odd": Land(40, 40), "b": Land(40, 40)})
    report, archive = run([scene("a"), odd, scene("b")], camera, model=Picky(), batch=64)
    assert report.refused == {"odd.tif": "Red alone is not enough."}
    assert (report.added, {chip.scene for chip in archive.chips()}) == (8, {"a", "b"})


def test_rows_are_added_in_bounded_transactions_and_told_once_they_are_safe() -> None:
    archive, told = MemoryArchive(), list[Added]()

    def note(added: Added) -> None:
        assert set(added.ids) <= archive.rows.keys()
        told.append(added)

    run([scene("a")], Camera({"a": Land()}), archive, transactions=Transactions(rows=10), on_added=note, batch=5)
    assert [len(added.ids) for added in told] == [10, 10, 5]
    assert [len(ids) for ids in archive.transactions] == [10, 10, 5]


def test_images_are_encoded_in_batches_of_one_sensor() -> None:
    model = MeanModel()
    scenes = [scene("a"), scene("r", sensor="s1"), scene("b")]
    run(scenes, Camera({"a": Land(), "r": Land(), "b": Land()}), model=model, batch=16)
    assert sorted(model.batches) == [2, 9, 16, 16, 16, 16]


def test_a_full_disk_stops_the_run_and_says_what_is_safe() -> None:
    full = ArchiveReadOnly("The disk is full. Free some space.")
    archive = MemoryArchive(fail_at=1, error=full)
    camera = Camera({"a": Land(), "b": Land()})
    with pytest.raises(ArchiveReadOnly, match=r"The disk is full.*10 chips of this run were added before"):
        run([scene("a"), scene("b")], camera, archive, transactions=Transactions(rows=10), batch=5)
    assert len(archive) == 10
    assert camera.open_now == 0


def test_an_interrupt_keeps_what_was_read_and_the_next_run_completes_it() -> None:
    whole, complete = run([scene("a"), scene("b")], Camera({"a": Land(), "b": Land()}))
    camera, model = Camera({"a": Land(), "b": Land()}), MeanModel()
    encode, calls = model.encode_images, 0

    def interrupted(chips: Sequence[Pixels]) -> FloatArray:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return encode(chips)

    model.encode_images = interrupted  # type: ignore[method-assign]
    report, archive = run([scene("a"), scene("b")], camera, model=model, batch=4)
    assert report.interrupted
    assert 12 <= report.added == len(archive) < whole.added
    assert "run the same command again" in str(report)
    assert camera.open_now == 0
    report, _ = run([scene("a"), scene("b")], camera, archive)
    assert not report.interrupted
    assert archive.rows.keys() == complete.rows.keys()
    assert archive.chips() == complete.chips()


def test_an_interrupt_stops_reading_soon() -> None:
    camera = Camera({"a": Land(2000, 2000)})
    first = threading.Event()
    camera.before_read = first.set

    def stop(_: Progress) -> None:
        if first.is_set() and threading.current_thread() is threading.main_thread():
            camera.before_read = lambda: None
            first.clear()
            raise KeyboardInterrupt

    report, _ = run([scene("a")], camera, on_progress=stop)
    assert report.interrupted
    assert len(camera.windows_read) < 1000  # of 10,000


def test_what_is_ahead_of_the_archive_is_bounded() -> None:
    camera = Camera({"a": Land(2000, 2000)})
    most_ahead = 0

    class Slow(MemoryArchive):
        def add(self, chips: Any, vectors: FloatArray) -> int:
            nonlocal most_ahead
            threading.Event().wait(0.002)
            new = super().add(chips, vectors)
            most_ahead = max(most_ahead, len(camera.windows_read) - len(self.rows))
            return new

    report, _ = run([scene("a")], camera, Slow(), transactions=Transactions(rows=100), workers=2, batch=50)
    assert report.added == 10_000
    assert most_ahead <= 100 + 6 * 50 + 7 * 64  # a transaction, waiting batches, jobs in hand


def test_a_large_scene_is_asked_for_in_slabs_not_window_by_window() -> None:
    archive = MemoryArchive()
    run([scene("a")], Camera({"a": Land(2000, 2000)}), archive)
    assert archive.asked == 2  # 10,000 windows


def test_many_small_scenes_are_asked_for_together() -> None:
    names = [f"s{number}" for number in range(300)]
    archive = MemoryArchive()
    report, _ = run([scene(name) for name in names], Camera({name: Land(20, 20) for name in names}), archive)
    assert report.added == 300
    assert archive.asked <= 10


def test_progress_goes_up_to_all_and_ends_there() -> None:
    seen: list[Progress] = []
    camera = Camera({"a": Land(nodata_left_of=40), "b": Land(fails_below=30)})
    run([scene("a"), scene("b")], camera, on_progress=seen.append)
    assert max(each.done for each in seen[:-1]) <= 50
    assert seen[-1] == Progress(scenes=2, windows=50, all_known=True, done=50, added=20)


def test_an_image_without_a_place_is_one_chip_without_geometry() -> None:
    photo = replace(scene("photo", labels=("airport",)), bands=(BandFile("red", "photo.png"),))
    report, archive = run([photo], Camera({"photo": Land(400, 300, has_place=False)}))
    (chip,) = archive.chips()
    assert not report.warnings
    assert (chip.geometry, chip.bbox, chip.ground_resolution_m) == (None, None, None)
    assert (chip.window, chip.size, chip.labels) == (Window(0, 0, 400, 300), (15, 20), ("airport",))


def test_annotations_of_the_scene_and_of_the_run_give_chips_their_words(tmp_path: Path) -> None:
    def polygon(west: float, **properties: Any) -> dict[str, Any]:
        ring = [[west, 49], [west + 0.02, 49], [west + 0.02, 51], [west, 51], [west, 49]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        return {"type": "Feature", "properties": properties, "geometry": geometry}

    def collection(name: str, *features: dict[str, Any]) -> str:
        path = tmp_path / name
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return str(path)

    own = collection("own.geojson", polygon(0.02, label="river", caption="A river."))
    shared = collection("shared.geojson", polygon(0.06, keywords=["reserve"]))
    _, archive = run([scene("a", annotations=own)], Camera({"a": Land()}), annotations=shared)
    words = {chip.window.column: (chip.caption, chip.keywords, chip.labels) for chip in archive.chips()}
    nothing = (None, (), ())
    assert words == {
        0: nothing,
        20: ("A river.", (), ("river",)),
        40: nothing,
        60: (None, ("reserve",), ()),
        80: nothing,
    }


def test_a_raster_without_a_place_is_cut_and_a_warning_says_what_it_lacks() -> None:
    report, archive = run([scene("a")], Camera({"a": Land(has_place=False)}))
    assert len(archive) == 25
    assert all(chip.geometry is None for chip in archive.chips())
    assert len(report.warnings) == 1
    assert report.warnings[0].startswith("a.tif: no coordinate system")


def test_what_the_reader_had_to_assume_is_a_warning() -> None:
    report, _ = run([scene("a")], Camera({"a": Land(warning="the values are taken to be dB.")}))
    assert report.warnings == ("a.tif: the values are taken to be dB.",)


def test_bad_annotations_are_a_warning_and_the_chips_are_added() -> None:
    report, archive = run([scene("a", annotations="missing.geojson")], Camera({"a": Land()}))
    assert report.added == len(archive) == 25
    assert not report.refused
    assert len(report.warnings) == 1
    assert "missing.geojson" in report.warnings[0]


def test_a_fault_of_ours_comes_out_and_what_was_encoded_is_safe() -> None:
    before = set(threading.enumerate())  # services of other tests may live on beside it
    archive, camera = MemoryArchive(), Camera({"a": Land(2000, 2000)})
    reads = 0

    def break_down() -> None:
        nonlocal reads
        reads += 1
        if reads == 3000:
            raise ZeroDivisionError("our fault")

    camera.before_read = break_down
    with pytest.raises(ZeroDivisionError):
        run([scene("a")], camera, archive, workers=1)
    assert len(archive) >= 2000
    assert camera.open_now == 0
    assert not [each for each in set(threading.enumerate()) - before if each.name.startswith("satseek")]
