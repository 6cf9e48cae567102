"""What can go wrong, said to the person who reads it: what happened, then what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SatSeekError(Exception):
    """Everything that a caller can cause or mend; anything else that is raised is our own fault."""


class UsageError(SatSeekError):
    """A question or an option that cannot be understood; nothing was done."""


class UnknownName(UsageError):
    """A name that is in no registry, with the nearest known ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        super().__init__(f"There is no {kind} called '{name}'. {did_you_mean(name, self.known)}")


class SourceError(SatSeekError):
    """One source that cannot be read; the other sources of the job go on."""


class ModelError(SatSeekError):
    """A model that was asked for something it cannot do, or was given pixels it must refuse."""


class ArchiveError(SatSeekError):
    """An archive that cannot be opened, read or written as asked."""


class ArchiveNotFound(ArchiveError):
    """There is no archive at this place."""


class ArchiveTooNew(ArchiveError):
    """The archive was written by a newer SatSeek."""


class ArchiveReadOnly(ArchiveError):
    """The archive cannot be written: permissions, or a full disk."""


class ModelMismatch(ArchiveError):
    """The archive's vectors and the model in hand do not belong together."""


class ChipNotFound(ArchiveError):
    """No chip of the archive has this id."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence that points from a wrong name to the right ones."""
    names = sorted(known)
    folded = {each.casefold(): each for each in names}
    close = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{folded[close[0]]}'?"
    return f"Known: {', '.join(names)}." if names else "None is known here."
