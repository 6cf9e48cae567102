"""From what a person points at to a sample, and from what they say is right to labels or captions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from satseek.archive.archive import Archive
from satseek.archive.store import Store
from satseek.core.card import ModelCard
from satseek.core.errors import UsageError
from satseek.evaluation.compare.from_archive import STORED, sample_archive
from satseek.evaluation.compare.from_captions import sample_captioned, with_captions
from satseek.evaluation.compare.from_folder import sample_folder
from satseek.evaluation.compare.labels import label, label_by_osm
from satseek.evaluation.compare.questions import CAPTIONS, LABELS
from satseek.evaluation.compare.sample import Sample
from satseek.ingest.cut import CutPlan
from satseek.stac.reading import is_web


@dataclass(frozen=True)
class Cutting:
    """How the scenes of a folder are cut."""

    chip: int = 224
    chip_metres: float | None = None


@dataclass(frozen=True)
class Standard:
    """What answers are judged by."""

    sample: Sample
    by: str | None  # LABELS, CAPTIONS, or nothing
    told: str | None
    notes: tuple[str, ...] = ()


def is_archive(source: str) -> bool:
    """Whether there is an archive at this place."""
    return not is_web(source) and not Path(source).is_file() and Store(source).exists()


def archive_card(source: str) -> ModelCard | None:
    """Return the card of an archive whose vectors came without pictures, None for anything else."""
    if not is_archive(source):
        return None
    card = Archive.open(source).card
    return card if card.name == STORED else None


def drawn(source: str, captions: Path | None, cutting: Cutting, *, split: str, count: int, seed: int) -> Sample:
    """Return a sample of an archive, of captioned images, or of the scenes of a folder."""
    if is_archive(source):
        return sample_archive(Archive.open(source), count=count, seed=seed)
    if not is_web(source) and not Path(source).exists():
        raise UsageError(f"There is no archive and no folder {source}. Check the path.")
    if captions is not None:
        return sample_captioned(captions, Path(source), split=split, count=count, seed=seed)
    plan = CutPlan(chip=cutting.chip, chip_metres=cutting.chip_metres, overlap=0.0)
    return sample_folder(source, plan=plan, count=count, seed=seed)


def judged_by(
    sample: Sample, *, labels: Path | None, captions: Path | None, osm: Path | None, least_cover: float
) -> Standard:
    """Return the sample with what is right: as it is told, else the labels that it has, else its captions."""
    if labels is not None:
        found = label(sample, labels, least_cover=least_cover)
        return Standard(found.sample, LABELS, found.source, found.notes)
    if osm is not None:
        found = label_by_osm(sample, osm, least_cover=least_cover)
        return Standard(found.sample, LABELS, f"OpenStreetMap: {found.source}", found.notes)
    if captions is not None:
        whole = sample if any(item.captions for item in sample.items) and not _is_cut(sample) else None
        return Standard(whole or with_captions(sample, captions), CAPTIONS, captions.name)
    if any(item.labels for item in sample.items):
        return Standard(sample, LABELS, "the labels that came with the chips")
    if any(item.captions for item in sample.items):
        return Standard(sample, CAPTIONS, "the captions that came with the chips")
    return Standard(sample, None, None)


def _is_cut(sample: Sample) -> bool:
    """Whether the pictures are windows of scenes, not captioned images as they are."""
    return any(item.window is not None for item in sample.items)
