"""Dates and intervals as STAC writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from satseek.core.errors import UsageError
from satseek.core.period import Period, as_utc, rfc3339

LAST = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024-05-01", datetime(2024, 5, 1), datetime(2024, 5, 2) - LAST),
        ("2024-05", datetime(2024, 5, 1), datetime(2024, 6, 1) - LAST),
        ("2024-12", datetime(2024, 12, 1), datetime(2025, 1, 1) - LAST),
        ("2024-02", datetime(2024, 2, 1), datetime(2024, 3, 1) - LAST),
        ("2024", datetime(2024, 1, 1), datetime(2025, 1, 1) - LAST),
        ("2024-05/2024-06", datetime(2024, 5, 1), datetime(2024, 7, 1) - LAST),
        ("2024-05-01T10:00:00Z", datetime(2024, 5, 1, 10), datetime(2024, 5, 1, 10)),
        ("2024-05-01T12:00:00+02:00", datetime(2024, 5, 1, 10), datetime(2024, 5, 1, 10)),
        ("2024-05-01/..", datetime(2024, 5, 1), None),
        ("../2024-05-01", None, datetime(2024, 5, 2) - LAST),
        ("/2024-05-01", None, datetime(2024, 5, 2) - LAST),
    ],
)
def test_a_date_means_all_of_it(text: str, start: datetime | None, end: datetime | None) -> None:
    period = Period.parse(text)
    assert period.start == (start and start.replace(tzinfo=UTC))
    assert period.end == (end and end.replace(tzinfo=UTC))
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2024-06/2024-05", "ends before it starts"),
        ("../..", "open at both ends"),
        ("yesterday", "Cannot read the date"),
        ("2024-13", "Cannot read the date"),
        ("2024-02-30", "Cannot read the date"),
        ("", "Cannot read the date"),
        ("2024/2025/2026", "Cannot read the date"),
        ("9999", "Cannot read the date"),
    ],
)
def test_what_is_no_date_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Period.parse(text)


def test_moments_are_written_in_utc_and_taken_to_be_utc() -> None:
    assert rfc3339(datetime(2024, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))) == "2024-05-01T10:00:00Z"
    assert as_utc(datetime(2024, 5, 1)) == datetime(2024, 5, 1, tzinfo=UTC)
