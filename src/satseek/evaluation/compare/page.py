"""The page of a comparison: one file that needs nothing else, with plots, tables and the pictures that differ."""

from __future__ import annotations

import base64
import io
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np

from satseek.core.errors import SatSeekError
from satseek.evaluation.compare.agree import DEPTH, Agreement
from satseek.evaluation.compare.figures import AT, MAIN
from satseek.evaluation.compare.judged import Judged
from satseek.evaluation.compare.plots import dots, speed_and_quality
from satseek.evaluation.compare.report import Answer, Comparison, Differing, reads, vector_bytes
from satseek.evaluation.compare.sample import Sample
from satseek.evaluation.compare.tasks import WORDS
from satseek.raster.preview import picture

SIDE = 112  # pixels of a thumbnail
QUALITY = 72
TONES = 8
log = logging.getLogger(__name__)


def page(found: Comparison) -> str:
    """Return the whole page as text."""
    colours = {model.name: place % TONES for place, model in enumerate(found.models)}
    pictures = _Pictures(found.sample)
    sections = [
        _glance(found, colours),
        *(_task(each, colours) for each in found.judged),
        _agreement(found.agreement),
        _differing(found.differing, found.sample, pictures),
        _method(found),
    ]
    style = (files("satseek.evaluation.compare") / "page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(', '.join(colours))} compared</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<main>\n{_header(found)}\n{''.join(section for section in sections if section)}</main>\n</body>\n</html>\n"
    )


def _header(found: Comparison) -> str:
    sample = found.sample
    counts = Counter(item.sensor for item in sample.items)
    facts = {
        "Looked at": f"{len(sample):,} of {sample.of:,} chips",
        "Sensors": ", ".join(f"{sensor} {number:,}" for sensor, number in sorted(counts.items())),
        "Scenes": f"{len({item.scene for item in sample.items}):,}",
        "Judged by": found.labels_from or "nobody: there are no labels",
    }
    cells = "".join(f"<div><dt>{escape(key)}</dt><dd>{escape(value)}</dd></div>" for key, value in facts.items())
    return (
        f'<header>\n<p class="eyebrow">satseek compare · {escape(sample.name)}</p>\n'
        "<h1>Which model is best here?</h1>\n"
        f'<p class="verdict">{escape(found.verdict)}</p>\n<dl class="facts">{cells}</dl>\n</header>'
    )


def _glance(found: Comparison, colours: Mapping[str, int]) -> str:
    rows = []
    for model in found.models:
        speed = "–" if model.chips_per_second is None else f"{model.chips_per_second:,.0f}"
        memory = "–" if model.peak_memory_mb is None else f"{model.peak_memory_mb:,.0f} MB"
        cells = (speed, memory, f"{vector_bytes(model):,} B", reads(model), model.card.licence)
        name = f'<span class="swatch tone{colours[model.name]}"></span>{escape(model.name)}'
        rows.append(f'<tr><th scope="row">{name}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>')
    head = ("Model", "Chips a second", "Memory at most", "One vector", "Reads", "Licence")
    table = _table("Speed, memory and size", head, rows, words=(4, 5))
    points = _points(found)
    plot = ""
    if len(points) > 1:
        drawn = speed_and_quality(points, title="Speed and quality", colours=colours)
        plot = f"<figure>{drawn}<figcaption>Mean mAP over the questions that all of these models can answer; up and to the right is better.</figcaption></figure>"  # noqa: E501
    lost = "".join(f"<li>{escape(name)} is left out: {escape(why)}</li>" for name, why in found.not_loaded.items())
    return _section("What each model costs", f"{table}{f'<ul>{lost}</ul>' if lost else ''}{plot}")


def _points(found: Comparison) -> dict[str, tuple[float, float]]:
    """Return speed and mean main figure of the models, over the tasks that all who answer any can answer."""
    answering = [model for model in found.models if any(model.name in each.figures for each in found.judged)]
    shared = [each for each in found.judged if all(model.name in each.figures for model in answering)]
    if not shared:
        return {}
    return {
        model.name: (model.chips_per_second, float(np.mean([each.figures[model.name][MAIN].value for each in shared])))
        for model in answering
        if model.chips_per_second
    }


def _task(judged: Judged, colours: Mapping[str, int]) -> str:
    task = judged.task
    own = {name: figures[MAIN] for name, figures in judged.figures.items()}
    plot = f"<figure>{dots(own, chance=judged.chance[MAIN], title=task.name, colours=colours)}</figure>" if own else ""
    rows = []
    for name, figures in judged.figures.items():
        cells = "".join(
            f'<td>{figure.value:.1f} <span class="span">{figure.low:.1f}–{figure.high:.1f}</span></td>'
            for figure in (*(figures[f"recall_{k}"] for k in AT), figures[MAIN], figures["ndcg_10"])
        )
        swatch = f'<span class="swatch tone{colours[name]}"></span>'
        rows.append(f'<tr><th scope="row">{swatch}{escape(name)}</th>{cells}</tr>')
    chance = judged.chance
    values = (*(chance[f"recall_{k}"] for k in AT), chance[MAIN], chance["ndcg_10"])
    rows.append(
        f'<tr class="chance-row"><th scope="row">chance</th>{"".join(f"<td>{value:.1f}</td>" for value in values)}</tr>'
    )
    head = ("Model", *(f"Recall@{k}" for k in AT), "mAP", "nDCG@10")
    caption = f"{len(task.queries):,} queries to {len(task.gallery):,} chips; percent, with 95 % intervals"
    left = "".join(f"<li>{escape(name)} is left out: it {escape(why)}.</li>" for name, why in judged.left_out.items())
    body = (
        f"<p>{escape(task.title[0].upper() + task.title[1:])}.</p>"
        f"<p><strong>{escape(judged.finding())}</strong></p>{plot}"
        f"{_table(caption, head, rows)}{f'<ul>{left}</ul>' if left else ''}"
    )
    return _section(task.name, body)


def _agreement(agreement: Sequence[Agreement]) -> str:
    if not agreement:
        return ""
    rows = []
    for each in agreement:
        kind = "words" if each.kind == WORDS else "examples"
        cells = (kind, f"{each.queries}", f"{each.correlation:.2f}", f"{each.overlap:.2f}", f"{each.by_chance:.2f}")
        names = escape(f"{each.one} and {each.other}")
        rows.append(f'<tr><th scope="row">{names}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>')
    head = ("Models", "Asked by", "Queries", "Rank correlation", f"Overlap@{DEPTH}", "By chance")
    intro = "<p>How alike two models order the same chips: 1 is the same order, 0 is none.</p>"
    return _section("Agreement", intro + _table("Agreement of every two models", head, rows, words=(1,)))


def _differing(differing: Sequence[Differing], sample: Sample, pictures: _Pictures) -> str:
    if not differing:
        return ""
    blocks = []
    for each in differing:
        asked = f"<q>{escape(each.text)}</q>" if each.example is None else f"a chip: {escape(each.text)}"
        example = (
            "" if each.example is None else f'<div class="asks">{pictures.of(each.example, "the chip that asks")}</div>'
        )
        strips = "".join(
            _strip(name, each.told.get(name, ""), answers, sample, pictures) for name, answers in each.answers.items()
        )
        blocks.append(
            f'<article><h3>{asked} <span class="span">{escape(each.task)}</span></h3>'
            f'<div class="query">{example}<div class="strips">{strips}</div></div></article>'
        )
    marks = any(
        answer.right is not None for each in differing for answers in each.answers.values() for answer in answers
    )
    intro = "The first answers of each model, the best first."
    intro += " A tick stands for a right answer, a cross for a wrong one." if marks else ""
    return _section("Where they differ most", f"<p>{intro}</p>{''.join(blocks)}")


def _strip(name: str, told: str, answers: Sequence[Answer], sample: Sample, pictures: _Pictures) -> str:
    shown = "".join(f"<li>{_marked(answer, sample, pictures)}</li>" for answer in answers)
    return f'<div class="strip"><h4>{escape(name)} <span class="span">{escape(told)}</span></h4><ol>{shown}</ol></div>'


def _marked(answer: Answer, sample: Sample, pictures: _Pictures) -> str:
    item = sample.items[answer.item]
    shows = ", ".join(item.labels) or (item.captions[0] if item.captions else item.id)
    judged = {True: "right: ", False: "wrong: ", None: ""}[answer.right]
    mark = {
        True: '<span class="mark right" aria-hidden="true">✓</span>',
        False: '<span class="mark wrong" aria-hidden="true">✗</span>',
        None: "",
    }
    return f"{pictures.of(answer.item, f'{judged}{item.sensor}, {shows}')}{mark[answer.right]}"


def _method(found: Comparison) -> str:
    notes = "".join(f"<li>{escape(note)}</li>" for note in found.notes)
    told = [
        "Every model saw the same chips; chips of each sensor and each scene were drawn in turn, by chance within "
        f"(seed {found.seed}).",
        "Recall@k: right answers among the first k, of as many as there could be. mAP: the mean over queries of the "
        "precision at each right answer. nDCG@10: gains are how far labels agree. Equal scores count as their "
        "expectation under a random order.",
        "Chips that show some of the same ground as the chip that asks are no answers.",
        "Intervals: 95 %, from 1,000 draws of queries (of scenes where there are 20 or more). Two models are compared "
        "on the same draws.",
        "Chips a second: the model's own time, reading files left out. Memory: the most that was held beyond what was "
        "held before the model was loaded.",
    ]
    lines = "".join(f"<li>{escape(line)}</li>" for line in told)
    return _section("How it was measured", f"<ul>{lines}{notes}</ul>")


def _section(title: str, body: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n{body}\n</section>\n"


def _table(caption: str, head: Sequence[str], rows: Sequence[str], *, words: tuple[int, ...] = ()) -> str:
    """Return a table that can be scrolled sideways by itself; columns of `words` are set to the left."""
    cells = "".join(
        f'<th scope="col"{" class=words" if place in words or not place else ""}>{escape(each)}</th>'
        for place, each in enumerate(head)
    )
    kinds = " ".join(f"words{place}" for place in words)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption, quote=True)}">'
        f'<table class="{kinds}"><caption>{escape(caption)}</caption><thead><tr>{cells}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


class _Pictures:
    """Thumbnails that carry their own pixels, each drawn once."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._drawn: dict[int, str | None] = {}

    def of(self, row: int, shows: str) -> str:
        """Return a picture with what it shows for those who cannot see it."""
        if row not in self._drawn:
            self._drawn[row] = self._jpeg(row)
        data = self._drawn[row]
        told = escape(shows[:160], quote=True)
        if data is None:
            return f'<span class="lost" role="img" aria-label="{told}">no picture</span>'
        return f'<img width="{SIDE}" height="{SIDE}" alt="{told}" title="{told}" src="data:image/jpeg;base64,{data}">'

    def _jpeg(self, row: int) -> str | None:
        from PIL import Image

        try:
            drawn: Any = picture(self._sample.items[row].read())
        except (SatSeekError, OSError) as error:
            log.warning("no thumbnail of %s: %s", self._sample.items[row].id, error)
            return None
        image = Image.fromarray(drawn)
        image.thumbnail((SIDE, SIDE))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=QUALITY)
        return base64.b64encode(out.getvalue()).decode()
