"""What is known of weights before they are here: who publishes them, which file, its sha256, under which licence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

HUB = "https://huggingface.co"


@dataclass(frozen=True)
class Licence:
    """What may be done with weights; `asks` is what a person must have read before the first use."""

    name: str
    asks: str = ""  # empty: free to use, nothing has to be accepted

    @property
    def needs_accepting(self) -> bool:
        """Whether a person has to say yes first."""
        return bool(self.asks)


STATED_ON_THE_HUB = Licence("as its repository on the hub states")
_OPEN = ("apache-2.0", "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-3.0", "unlicense")


def licence_on_the_hub(stated: str | None) -> Licence:
    """Return what a repository's own words ask of a person."""
    if stated is None:
        asks = "Its repository states none, so none of the rights of an open licence are granted: ask its authors."
        return Licence("not stated by its repository", asks)
    if stated.lower() in _OPEN:
        return Licence(stated)
    return Licence(stated, "It is not one of the plain open licences: read what it allows in its repository.")


@dataclass(frozen=True)
class Published:
    """One file of weights as its authors publish it."""

    name: str  # of the model it belongs to; its folder among the weights here
    file: str  # its path where it is published
    licence: Licence
    repository: str | None = None  # org/name on the Hugging Face hub
    revision: str = "main"
    url: str | None = None  # where it is fetched, of a file that is not on the hub
    sha256: str | None = None  # as its authors' hub states it; None: pinned when it is first used
    sha256_begins: str | None = None  # as much of it as its authors put into the file's name, where they state no more
    size: int | None = None  # bytes
    member: str | None = None  # how the path of the weights inside ends, of a zip
    companions: tuple[str, ...] = ()  # small files brought too: FILE where the repository has it, or org/name:FILE

    @property
    def file_name(self) -> str:
        """The file's own name."""
        return PurePosixPath(self.file).name

    @property
    def page(self) -> str:
        """Where a person with a browser finds the file."""
        if self.repository is None:
            return self.url or ""
        return f"{HUB}/{self.repository}/blob/{self.revision}/{self.file}"

    @property
    def told_apart_by(self) -> str:
        """Size and sha256 as far as they are known, to say to a person."""
        facts = [f"{self.size:,} bytes"] if self.size else []
        begins = f"its sha256 begins with {self.sha256_begins}" if self.sha256_begins else None
        unknown = begins or "its sha256 is recorded when it is first used"
        facts.append(f"sha256 {self.sha256}" if self.sha256 else unknown)
        return ", ".join(facts)
