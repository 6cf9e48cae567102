"""The archive and its model as a service holds them: opened again when they were replaced, shared by all requests."""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from secrets import token_hex
from typing import Any, TypeVar, cast

import numpy as np

from satseek.archive.archive import Archive
from satseek.archive.objects import is_object_store
from satseek.archive.reports import ArchiveInfo
from satseek.archive.schema import TABLE
from satseek.core.card import ModelCard
from satseek.core.chip import Chip
from satseek.core.errors import ArchiveError, ChipNotFound, ModelError, UsageError
from satseek.core.filters import Filters
from satseek.core.model import Model
from satseek.core.query import Query
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.search.calibrate import Judge
from satseek.search.result import SearchResult
from satseek.search.searcher import ask
from satseek.service.shared_model import SharedModel

T = TypeVar("T")
UPLOAD = "upload-"
UPLOADS_KEPT = 1_000
logger = logging.getLogger(__name__)


class Library:
    """One archive, one model, and the pictures that were brought to search by."""

    def __init__(
        self, uri: str, *, model: Model | None = None, load: Callable[[ModelCard], Model] | None = None
    ) -> None:
        """Take the archive's place; nothing is opened before somebody asks."""
        self.uri = uri
        self._given = model
        self._load = load or _model_for
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._archive: Archive | None = None
        self._version = 0
        self._times_opened = 0
        self._place: tuple[int, int, int] | None = None
        self._model: SharedModel | None = None
        self._uploads: OrderedDict[str, FloatArray] = OrderedDict()
        self.judge = Judge()
        self._remembered: tuple[object, Any] | None = None

    @property
    def is_far(self) -> bool:
        """Whether the archive is on an object store."""
        return is_object_store(self.uri)

    @property
    def archive(self) -> Archive:
        """The archive as it is now; opened again where another one has taken its place."""
        with self._lock:
            if self._archive is not None and self._is_another(self._archive):
                self._archive = None
            if self._archive is None:
                self._archive = Archive.open(self.uri, card=None if self._given is None else self._given.card)
                self._times_opened += 1
                self._version, self._place = self._archive.version, _place_on_disk(self.uri)
            return self._archive

    def model(self) -> Model:
        """Return the archive's model, loaded when first needed."""
        card = self.archive.card
        with self._loading:
            if self._model is None or not self._model.card.makes_same_vectors_as(card):
                self._model = None
                self._model = SharedModel(self._given or self._load(card))
            return self._model

    def state(self) -> tuple[int, int, ModelCard]:
        """Return how many chips there are, the version, and whose vectors they have."""
        archive = self.archive
        return len(archive), archive.version, archive.card

    def ask(self, query: Query) -> SearchResult:
        """Answer a query; examples may be pictures that were brought before."""
        archive = self.archive
        require_askable(query, archive.card)
        return ask(self.with_uploads(archive), query, self.model, self.judge)

    def with_uploads(self, archive: Archive) -> Archive:
        """Return an archive that also knows the pictures that were brought, to encode questions with."""
        return cast("Archive", _WithUploads(archive, self._uploads))

    def vectors(self, ids: Sequence[str]) -> FloatArray:
        """Return the vectors of chips, and of pictures that were brought."""
        return _WithUploads(self.archive, self._uploads).vectors(ids)

    def count(self, filters: Filters) -> int:
        """Return how many chips meet the filters."""
        return self.archive.count(filters)

    def chip(self, chip_id: str) -> Chip:
        """Return a chip by id."""
        return self.archive.get([chip_id])[0]

    def info(self) -> ArchiveInfo:
        """Return what is in the archive, as of its latest version."""
        return self.of_version("info", lambda archive: archive.info())

    def bring(self, picture: Pixels) -> str:
        """Encode a picture and return the id that it is searched by, for as long as it is remembered."""
        vector = np.asarray(self.model().encode_images([picture])[0], dtype=np.float32)
        if not vector.any():
            raise UsageError("The model sees nothing in this picture. Try another one.")
        name = UPLOAD + token_hex(12)
        with self._lock:
            self._uploads[name] = vector
            while len(self._uploads) > UPLOADS_KEPT:
                self._uploads.popitem(last=False)
        return name

    def of_version(self, what: str, make: Callable[[Archive], T]) -> T:
        """Return something that holds for one version of the archive, made once a version."""
        archive = self.archive
        key = (self._times_opened, archive.version)
        with self._lock:
            if self._remembered is None or self._remembered[0] != key:
                self._remembered = (key, {})
            kept: dict[str, Any] = self._remembered[1]
        if what not in kept:
            kept[what] = make(archive)
        found: T = kept[what]
        return found

    def _is_another(self, archive: Archive) -> bool:
        try:
            version = archive.version
        except ArchiveError as error:
            logger.warning("the archive cannot be read as it was opened: %s", error)
            return True
        gone_back, self._version = version < self._version, version
        place, self._place = self._place, _place_on_disk(self.uri)
        return gone_back or place != self._place


def require_askable(query: Query, card: ModelCard) -> None:
    """Raise `UsageError` for what can never be answered over HTTP: words without a model of words, and files."""
    if query.has_words and not card.reads_text:
        raise UsageError(f"The model '{card.name}' knows no words. Search by example: like, with the id of a chip.")
    if any(example.file for example in (*query.like, *query.unlike)):
        raise UsageError("An example is the id of a chip. Bring a picture with POST /search/image.")


class _WithUploads:
    """An archive that also knows the vectors of pictures that were brought."""

    def __init__(self, archive: Archive, uploads: OrderedDict[str, FloatArray]) -> None:
        self._archive, self._uploads = archive, uploads

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive, name)

    def __len__(self) -> int:
        return len(self._archive)

    def vectors(self, ids: Sequence[str]) -> FloatArray:
        held = [each for each in ids if not each.startswith(UPLOAD)]
        rows = dict(zip(held, self._archive.vectors(held), strict=True)) if held else {}
        return np.stack([rows[each] if each in rows else self._uploaded(each) for each in ids])

    def _uploaded(self, name: str) -> FloatArray:
        vector = self._uploads.get(name)
        if vector is None:
            raise UsageError("This picture is not remembered any more. Bring it again: POST /search/image.")
        if vector.shape != (self._archive.card.dimensions,):
            raise UsageError("This picture was encoded by another model than the archive's now. Bring it again.")
        return vector


def _place_on_disk(uri: str) -> tuple[int, int, int] | None:
    """Return what tells an archive from another one in its place; None on an object store."""
    try:
        facts = os.stat(os.path.join(uri, f"{TABLE}.lance"))
    except OSError:
        return None
    return facts.st_dev, facts.st_ino, facts.st_ctime_ns


def _model_for(card: ModelCard) -> Model:
    from satseek.models.catalogue import model_for

    try:
        return model_for(card)
    except OSError as error:
        raise ModelError(f"The model '{card.name}' cannot be loaded: {error}") from error


__all__ = ["UPLOAD", "ChipNotFound", "Library"]
