"""When: one moment or an interval, open at either end, as STAC writes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from satseek.core.errors import UsageError


@dataclass(frozen=True)
class Period:
    """From `start` up to and including `end`; None is open."""

    start: datetime | None = None
    end: datetime | None = None

    @staticmethod
    def parse(text: str) -> Period:
        """Read `2024-05-01`, `2024-05/2024-06`, `2024-05-01T10:00:00Z/..`; a bare date is the whole day."""
        halves = text.strip().split("/")
        if len(halves) > 2 or not text.strip():
            raise _unreadable(text)
        first, last = halves[0], halves[-1]
        start = None if first in ("", "..") else _moment(first, text)[0]
        end = None if last in ("", "..") else _moment(last, text)[1]
        if start is None and end is None:
            raise UsageError(f"The interval '{text}' is open at both ends. Leave the date out instead.")
        if start is not None and end is not None and start > end:
            raise UsageError(f"The interval '{text}' ends before it starts. Write the earlier date first.")
        return Period(start, end)

    def __str__(self) -> str:
        if self.start == self.end and self.start is not None:
            return rfc3339(self.start)
        return "/".join(".." if moment is None else rfc3339(moment) for moment in (self.start, self.end))


def rfc3339(moment: datetime) -> str:
    """Write a moment in UTC as RFC 3339 does."""
    text = moment.astimezone(UTC).isoformat()
    return text.replace("+00:00", "Z")


def as_utc(moment: datetime) -> datetime:
    """Return the moment in UTC; a moment without a zone is taken to be UTC, as catalogs mean it."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _moment(half: str, text: str) -> tuple[datetime, datetime]:
    """Return the first and the last moment that one half of an interval names."""
    try:
        if len(half) == 4 and half.isdigit():
            start = datetime(int(half), 1, 1, tzinfo=UTC)
            return start, start.replace(year=start.year + 1) - timedelta(microseconds=1)
        if len(half) == 7:
            start = datetime.strptime(half, "%Y-%m").replace(tzinfo=UTC)
            following = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
            return start, following - timedelta(microseconds=1)
        start = as_utc(datetime.fromisoformat(half))
    except (ValueError, OverflowError):
        raise _unreadable(text) from None
    if len(half) == 10:
        return start, start + timedelta(days=1) - timedelta(microseconds=1)
    return start, start


def _unreadable(text: str) -> UsageError:
    return UsageError(
        f"Cannot read the date '{text}'. Write 2024-05-01, 2024-05, or an interval such as "
        "2024-05-01/2024-06-30 or 2024-05-01T10:00:00Z/.. (RFC 3339)."
    )
