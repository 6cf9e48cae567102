"""The words that models are asked with: labels, captions, and queries of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from satseek.core.errors import SourceError, UsageError, did_you_mean
from satseek.core.query import MAX_WORDS
from satseek.evaluation.compare.sample import Sample
from satseek.search.calibrate_background import SENTENCES

LABELS, CAPTIONS = "labels", "captions"  # what answers are judged by
MOST_QUERIES = 2_000
MOST_CAPTIONS = 10_000
MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class OwnQuery:
    """A line of a file of queries: the words, and the labels that make an answer right where they are told."""

    text: str
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Asked:
    """All texts, each once, and who asks with which."""

    texts: tuple[str, ...]
    labels: tuple[tuple[int, frozenset[str]], ...]  # text, labels that make an answer right
    captions: tuple[tuple[int, int], ...]  # text, picture
    open: tuple[int, ...]  # texts of which nobody knows what is right


def asked_of(sample: Sample, own: Sequence[OwnQuery], *, by: str) -> Asked:
    """Return what is asked of a sample: by its labels or captions, and by queries of one's own.

    Where nothing is known to be right, the usual sentences of the null set are asked, for how models agree.
    """
    texts: dict[str, int] = {}

    def number(text: str) -> int:
        return texts.setdefault(text, len(texts))

    known = sorted({label for item in sample.items for label in item.labels})
    labels = [(number(phrase(each)), frozenset([each])) for each in known] if by == LABELS else []
    for query in own:
        for label in sorted(query.labels - set(known)):
            raise UsageError(
                f"A query asks for '{label}', which no sampled chip is labelled. {did_you_mean(label, known)}"
            )
        if query.labels:
            labels.append((number(query.text), query.labels))
    captions = _captions(sample, number) if by == CAPTIONS else []
    unjudged = [number(query.text) for query in own if not query.labels]
    if not labels and not captions and not own:
        unjudged = [number(sentence) for sentence in SENTENCES]
    return Asked(tuple(texts), tuple(labels), tuple(captions), tuple(unjudged))


def _captions(sample: Sample, number: Callable[[str], int]) -> list[tuple[int, int]]:
    """Return captions and whose they are: all, or where there are very many one of each picture after the other."""
    rows = [(place, row, text) for row, item in enumerate(sample.items) for place, text in enumerate(item.captions)]
    kept = rows if len(rows) <= MOST_CAPTIONS else sorted(rows)[:MOST_CAPTIONS]
    return [(number(text), row) for _, row, text in kept]


def phrase(label: str) -> str:
    """Return a label as words: `Golf_Course` and `golfCourse` read as a person would say them."""
    spaced = "".join(f" {letter}" if _begins_word(label, place) else letter for place, letter in enumerate(label))
    words = spaced.replace("_", " ").split()
    return " ".join(word if word.isupper() and len(word) > 1 else word.casefold() for word in words) or label


def _begins_word(label: str, place: int) -> bool:
    return place > 0 and label[place].isupper() and label[place - 1].islower()


def read_queries(path: Path) -> list[OwnQuery]:
    """Return the queries of a text file, one a line; a tab and labels joined by ; say what answers are right."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SourceError(f"{path} is larger than {MOST_BYTES / 1e6:.0f} MB; a file of queries holds one a line.")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"Cannot read the queries in {path}: {error}. The file must be text in UTF-8.") from error
    found: dict[str, OwnQuery] = {}
    for number, line in enumerate(lines, start=1):
        text, _, labels = line.partition("\t")
        words = " ".join(text.split())
        if not words or words.startswith("#"):
            continue
        if len(words) > MAX_WORDS:
            raise SourceError(f"Line {number} of {path} is longer than {MAX_WORDS:,} characters.")
        right = frozenset(each.strip() for each in labels.split(";") if each.strip())
        found[words] = OwnQuery(words, right)
    if not found:
        raise SourceError(f"{path} holds no queries: write one a line, such as 'a river through forest'.")
    if len(found) > MOST_QUERIES:
        raise SourceError(f"{path} holds {len(found):,} queries; a comparison asks at most {MOST_QUERIES:,}.")
    return list(found.values())
