"""An archive and its model as one thing to ask: what `satseek.open` returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satseek.core.area import Area
from satseek.core.chip import Chip
from satseek.core.errors import UsageError
from satseek.core.model import Model
from satseek.core.period import Period, as_utc
from satseek.core.query import Cut, Example, Keyword, Query, split_weight
from satseek.core.result import Hit
from satseek.core.sensor import Pixels
from satseek.search.calibrate import Judge
from satseek.search.result import SearchResult
from satseek.search.searcher import ask

if TYPE_CHECKING:
    from satseek.archive.archive import Archive
    from satseek.search.locate.report import Localisation
    from satseek.search.why import Why

ExampleLike = str | PathLike[str] | Chip | Hit | Example | tuple[Any, float]
KeywordLike = str | Keyword | tuple[str, float]
Place = Area | str | Sequence[float] | Mapping[str, Any] | Any  # Any: whatever has a __geo_interface__
When = Period | str | datetime | tuple[Any, Any]


class Collection:
    """An archive that can be asked; its model is loaded when a question first needs it."""

    def __init__(self, archive: Archive, model: Model | None = None) -> None:
        self.archive = archive
        self._model = model
        self._judge, self._judge_of_maps = Judge(), Judge()

    @property
    def model(self) -> Model:
        """The model that made the archive's vectors."""
        if self._model is None:
            from satseek.models.catalogue import model_for

            self._model = model_for(self.archive.card)
        return self._model

    def search(
        self,
        sentence: str | None = None,
        *,
        must: KeywordLike | Sequence[KeywordLike] = (),
        not_: KeywordLike | Sequence[KeywordLike] = (),
        like: ExampleLike | Sequence[ExampleLike] = (),
        unlike: ExampleLike | Sequence[ExampleLike] = (),
        where: Place | None = None,
        when: When | None = None,
        sensors: str | Sequence[str] = (),
        max_nodata: float | None = None,
        max_cloud: float | None = None,
        properties: Mapping[str, Any] | None = None,
        k: int = 10,
        offset: int = 0,
        merge: bool = True,
        weight: float = 1.0,
        cut: Cut | None = None,
        same_place: bool = False,
    ) -> SearchResult:
        """Find the chips that fit best; examples are chip ids, files or hits, a place is a box or a polygon.

        A cut drops what is less probably right: `"auto"` leaves what is convincing, or give a probability. With
        `same_place` the very place of one example is found, in any sensor; each hit says how the example lies on it.
        """
        return self.ask(
            replace(
                self._query(sentence, weight, must, not_, like, unlike, where, when, sensors),
                max_nodata=max_nodata,
                max_cloud=max_cloud,
                properties=dict(properties or {}),
                k=k,
                offset=offset,
                merge=merge,
                cut=cut,
                same_place=same_place,
            )
        )

    def ask(self, query: Query) -> SearchResult:
        """Answer a query."""
        return ask(self.archive, query, lambda: self.model, self._judge)

    def locate(
        self,
        sentence: str | None = None,
        *,
        scene: str | Chip | Hit | None = None,
        must: KeywordLike | Sequence[KeywordLike] = (),
        not_: KeywordLike | Sequence[KeywordLike] = (),
        like: ExampleLike | Sequence[ExampleLike] = (),
        unlike: ExampleLike | Sequence[ExampleLike] = (),
        where: Place | None = None,
        when: When | None = None,
        sensors: str | Sequence[str] = (),
        weight: float = 1.0,
        scales: Sequence[float] = (1.0, 2.0, 4.0),
        cut: float | None = None,
        stored_only: bool = False,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Localisation:
        """Show where in a scene a question points: a scene's name or file, a chip of it, or else that of the best hit.

        What is not stored is read and encoded now, unless `stored_only`; `where` also says which part is looked at.
        """
        from satseek.search.locate.locating import Way, locate
        from satseek.search.locate.subject import named_scene, scene_of_chip, scene_with_best_hit

        query = self._query(sentence, weight, must, not_, like, unlike, where, when, sensors)
        if scene is None:
            subject = scene_with_best_hit(self.archive, query, lambda: self.model)
        elif isinstance(scene, str):
            subject = named_scene(self.archive, scene, query)
        else:
            subject = scene_of_chip(scene.chip if isinstance(scene, Hit) else scene)
        return locate(
            subject,
            query,
            card=self.archive.card,
            model=lambda: self.model,
            archive=self.archive,
            way=Way(tuple(scales), cut, stored_only),
            judge=self._judge_of_maps,
            on_progress=on_progress,
        )

    def why(
        self,
        chip: str | Chip | Hit,
        sentence: str | None = None,
        *,
        must: KeywordLike | Sequence[KeywordLike] = (),
        not_: KeywordLike | Sequence[KeywordLike] = (),
        like: ExampleLike | Sequence[ExampleLike] = (),
        unlike: ExampleLike | Sequence[ExampleLike] = (),
        weight: float = 1.0,
        cells: int = 8,
    ) -> Why:
        """Show which part of a chip a question sees in it, as a grid of cells."""
        if not isinstance(chip, str):
            chip = chip.chip.id if isinstance(chip, Hit) else chip.id
        query = self._query(sentence, weight, must, not_, like, unlike, None, None, ())
        return self.why_of(chip, query, cells=cells)[1]

    def why_of(self, chip_id: str, query: Query, *, cells: int) -> tuple[Pixels, Why]:
        """Return the pixels of a chip, read again, and which part of them a query sees."""
        from satseek.raster.read import read_chip
        from satseek.search.embed import embed
        from satseek.search.locate.locating import require_content
        from satseek.search.why import why

        require_content(query)
        pixels = read_chip(self.archive.get([chip_id])[0])
        return pixels, why(pixels, embed(query, self.archive, lambda: self.model), self.model, cells=cells)

    def refine(self, asked: Query | SearchResult, yes: Sequence[str | Hit] = (), no: Sequence[str | Hit] = ()) -> Query:
        """Return a question that has learnt from results that are right (yes) and some that are not (no)."""
        from satseek.search.refine import refine

        ids = [[each.chip.id if isinstance(each, Hit) else each for each in marked] for marked in (yes, no)]
        query = asked.query if isinstance(asked, SearchResult) else asked
        return refine(query, ids[0], ids[1], self.archive.vectors).query

    def example(self, thing: ExampleLike) -> Example:
        """Return an example for a chip, a hit, a chip id or a file; the archive's own ids come before files."""
        if isinstance(thing, Example):
            return thing
        if isinstance(thing, Hit):
            return Example(chip=thing.chip.id)
        if isinstance(thing, Chip):
            return Example(chip=thing.id)
        if isinstance(thing, tuple):
            example = self.example(thing[0])
            return Example(example.chip, example.file, float(thing[1]), example.sensor)
        name = str(thing)
        if not isinstance(thing, PathLike) and self.archive.held([name]):
            return Example(chip=name)
        if Path(name).exists() or "://" in name or name.startswith("/vsi"):
            return Example(file=name)
        raise UsageError(f"'{name}' is neither a chip of this archive nor a file. Give a chip id or an image file.")

    def weighted_example(self, text: str) -> Example:
        """Read an example as it is typed: a chip id or a file, perhaps with `:weight` behind it."""
        head, weight = split_weight(text)
        if head != text and not Path(text).exists():
            return self.example((head, weight))
        return self.example(text)

    def _query(
        self,
        sentence: str | None,
        weight: float,
        must: KeywordLike | Sequence[KeywordLike],
        not_: KeywordLike | Sequence[KeywordLike],
        like: ExampleLike | Sequence[ExampleLike],
        unlike: ExampleLike | Sequence[ExampleLike],
        where: Place | None,
        when: When | None,
        sensors: str | Sequence[str],
    ) -> Query:
        """Return what a person gave as a question: its content, and the facts it is bound to."""
        return Query(
            sentence=sentence,
            sentence_weight=weight,
            must=tuple(_keyword(item) for item in _several(must)),
            must_not=tuple(_keyword(item) for item in _several(not_)),
            like=tuple(self.example(item) for item in _several(like)),
            unlike=tuple(self.example(item) for item in _several(unlike)),
            where=None if where is None else area_of(where),
            when=None if when is None else period_of(when),
            sensors=(sensors,) if isinstance(sensors, str) else tuple(sensors),
        )

    def __len__(self) -> int:
        return len(self.archive)

    def __repr__(self) -> str:
        return f"<archive {self.archive.uri}: {len(self):,} chips, model '{self.archive.card.name}'>"


def open_archive(uri: str | PathLike[str], model: Model | str | None = None) -> Collection:
    """Open an archive to ask it; without a model, the one that filled it is used."""
    from satseek.archive.archive import Archive

    if model is None:
        return Collection(Archive.open(str(uri)))
    if model == "precomputed":
        from satseek.models.precomputed import Precomputed

        archive = Archive.open(str(uri))
        return Collection(archive, Precomputed(archive.card))
    if isinstance(model, str):
        from satseek.models.catalogue import load_model

        model = load_model(model)
    return Collection(Archive.open(str(uri), card=model.card), model)


def area_of(where: Place) -> Area:
    """Return a place given as an area, a box, GeoJSON, or any shape with a `__geo_interface__`."""
    if isinstance(where, Area):
        return where
    if isinstance(where, str):
        return Area.from_geojson(where) if where.lstrip().startswith("{") else Area.from_bbox(where)
    if isinstance(where, Mapping):
        return Area.from_geojson(where)
    if hasattr(where, "__geo_interface__"):
        return Area.from_geojson(where.__geo_interface__)
    if isinstance(where, Sequence):
        return Area.from_bbox(where)
    raise UsageError("A place is (west, south, east, north), a GeoJSON polygon, or a shapely polygon.")


def period_of(when: When) -> Period:
    """Return a period given as text, one moment, or a start and an end of which either may be None."""
    if isinstance(when, Period):
        return when
    if isinstance(when, str):
        return Period.parse(when)
    if isinstance(when, datetime):
        return Period(as_utc(when), as_utc(when))
    if isinstance(when, tuple) and len(when) == 2:
        return Period.parse("/".join(_half(half) for half in when))
    raise UsageError("A time is text such as '2024-05-01/2024-06-30', a datetime, or a pair of them.")


def _half(half: Any) -> str:
    if half is None:
        return ".."
    return as_utc(half).isoformat() if isinstance(half, datetime) else str(half)


def _keyword(item: KeywordLike) -> Keyword:
    if isinstance(item, Keyword):
        return item
    return Keyword(item) if isinstance(item, str) else Keyword(str(item[0]), float(item[1]))


def _several(items: Any) -> Sequence[Any]:
    """Return a list of things where one thing, or one (thing, weight), may be given."""
    if isinstance(items, tuple) and len(items) == 2 and isinstance(items[1], int | float):
        return [items]
    return items if isinstance(items, list | tuple) else [items]
