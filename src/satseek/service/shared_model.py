"""One model for all requests: one encodes at a time, and the texts that wait meanwhile are encoded together."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from satseek.core.card import ModelCard
from satseek.core.model import Model
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray


@dataclass
class _Ticket:
    sentences: list[str]
    keywords: list[Sequence[str]] | None
    rows: FloatArray | None = None
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.rows is not None or self.error is not None


class SharedModel:
    """A model that many threads may ask at once."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._encoding = threading.Lock()
        self._lock = threading.Lock()
        self._waiting: list[_Ticket] = []
        self.batches = 0

    def __getattr__(self, name: str) -> Any:
        """Whatever else the model can do, such as scoring exactly."""
        return getattr(self._model, name)

    @property
    def card(self) -> ModelCard:
        """The card of the model behind."""
        return self._model.card

    def encode_images(self, chips: Sequence[Pixels]) -> FloatArray:
        """Return one unit row for each chip."""
        with self._encoding:
            return self._model.encode_images(chips)

    def encode_texts(self, sentences: Sequence[str], keywords: Sequence[Sequence[str]] | None = None) -> FloatArray:
        """Return one unit row for each text; whoever is first encodes for all that wait."""
        ticket = _Ticket(list(sentences) or [""] * len(keywords or ()), None if keywords is None else list(keywords))
        with self._lock:
            self._waiting.append(ticket)
        with self._encoding:
            if not ticket.is_done:
                with self._lock:
                    tickets, self._waiting = self._waiting, []
                for kind in (True, False):
                    self._encode([each for each in tickets if (each.keywords is None) == kind])
        if ticket.error is not None:
            raise ticket.error
        assert ticket.rows is not None
        return ticket.rows

    def _encode(self, tickets: Sequence[_Ticket]) -> None:
        if not tickets:
            return
        self.batches += 1
        try:
            sentences = [text for ticket in tickets for text in ticket.sentences]
            keywords = [words for ticket in tickets for words in ticket.keywords or ()]
            rows = self._model.encode_texts(sentences, None if tickets[0].keywords is None else keywords)
        except Exception as error:  # noqa: BLE001 - every waiting thread is told, whatever it was
            if len(tickets) == 1:
                tickets[0].error = error
            else:
                for ticket in tickets:  # one bad text is not the fault of its neighbours
                    self._encode([ticket])
            return
        ends = np.cumsum([len(ticket.sentences) for ticket in tickets])
        for ticket, part in zip(tickets, np.split(rows, ends[:-1]), strict=True):
            ticket.rows = part
