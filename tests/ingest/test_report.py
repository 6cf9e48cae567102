"""The running count of an ingest, and what it tells."""

from __future__ import annotations

from satseek.ingest.report import MOST_WARNINGS, NODATA, Progress, Tally


def test_the_report_tells_what_was_counted() -> None:
    tally = Tally()
    tally.found(10)
    tally.found(5)
    tally.held(4)
    tally.skip(NODATA, 2)
    tally.encoded(6)
    tally.added(5, of=6)
    tally.give_up(3)
    tally.read(2_500_000)
    assert tally.progress() == Progress(scenes=2, windows=15, all_known=False, done=15, added=5)
    report = tally.report(seconds=2.0)
    assert (report.added, report.already_there, report.scenes) == (5, 5, 2)
    assert report.skipped == {"nodata": 2}
    assert report.megabytes_read == 2.5
    assert report.chips_per_second == 2.5
    assert not report.interrupted


def test_nothing_skipped_is_not_a_line_of_the_report() -> None:
    tally = Tally()
    tally.skip(NODATA, 0)
    assert tally.report().skipped == {}


def test_a_source_is_refused_once_with_its_first_reason_on_one_line() -> None:
    tally = Tally()
    tally.refuse("b.tif", "It is\n  empty.")
    tally.refuse("a.tif", "It is gone.")
    tally.refuse("b.tif", "Something else.")
    assert list(tally.report().refused.items()) == [("a.tif", "It is gone."), ("b.tif", "It is empty.")]


def test_warnings_are_told_once_and_do_not_flood() -> None:
    tally = Tally()
    for number in range(MOST_WARNINGS + 20):
        tally.warn(f"warning {number}")
        tally.warn("warning 0")
    warnings = tally.report().warnings
    assert len(warnings) == MOST_WARNINGS + 1
    assert warnings[0] == "warning 0"
    assert warnings[-1] == "and 20 more warnings"


def test_the_same_warning_of_many_sources_is_one_line() -> None:
    tally = Tally()
    for number in range(3):
        tally.warn("the bands have no names.", f"{number}.tif")
    tally.warn("the bands have no names.")
    assert tally.report().warnings == ("0.tif and 2 more: the bands have no names.",)


def test_a_refusal_names_its_source_shortly_for_the_report_names_it_in_full() -> None:
    tally = Tally()
    tally.refuse("/data/far/away/a.tif", "/data/far/away/a.tif is empty. Fetch it again.")
    assert tally.report().refused == {"/data/far/away/a.tif": "a.tif is empty. Fetch it again."}
