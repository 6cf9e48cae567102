"""What a service counts of itself, for Prometheus; nothing global, so that two services can live in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from starlette.types import Scope

from satseek.core.card import ModelCard
from satseek.core.result import Explanation

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
__all__ = ["CONTENT_TYPE_LATEST", "Metrics"]


class Metrics:
    """Requests, stages of searches, the archive and the model."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.under_way = 0
        self._requests = Counter(
            "satseek_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "satseek_request_seconds", "Time until an answer was sent.", ("route",), buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._stages = Histogram(
            "satseek_search_stage_seconds", "Time of each stage of a search.", ("stage",), buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._in_flight = Gauge("satseek_requests_under_way", "Requests being answered.", registry=self.registry)
        self._in_flight.set_function(lambda: self.under_way)
        self._chips = Gauge("satseek_archive_chips", "Chips in the archive.", registry=self.registry)
        self._version = Gauge("satseek_archive_version", "The archive's version.", registry=self.registry)
        self._up = Gauge("satseek_archive_up", "Whether the archive can be read.", registry=self.registry)
        self._model = Info("satseek_model", "The model that made the archive's vectors.", registry=self.registry)

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request while it is being answered."""
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Count an answer by its route, never by its address: addresses are without number."""
        route = getattr(scope.get("route"), "path", None) or "unknown"
        method = scope["method"] if scope["method"] in ("GET", "POST", "DELETE", "HEAD", "OPTIONS") else "other"
        self._requests.labels(method, route, str(status or 499)).inc()
        self._seconds.labels(route).observe(seconds)

    def searched(self, explanation: Explanation) -> None:
        """Count where the time of a search went."""
        for stage, milliseconds in explanation.milliseconds.items():
            self._stages.labels(stage).observe(milliseconds / 1000)

    def text(self, state: Callable[[], tuple[int, int, ModelCard]]) -> bytes:
        """Return all counts, with the archive as it is now."""
        from satseek.core.errors import SatSeekError

        try:
            chips, version, card = state()
        except SatSeekError:
            self._up.set(0)
        else:
            self._up.set(1)
            self._chips.set(chips)
            self._version.set(version)
            self._model.info({"name": card.name, "version": card.version, "dimensions": str(card.dimensions)})
        return generate_latest(self.registry)
