"""The part of a query that is about facts, not content: where, when, which sensor, how good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from satseek.core.area import Area
from satseek.core.condition import Condition
from satseek.core.period import Period
from satseek.core.query import Query


@dataclass(frozen=True)
class Filters:
    """Facts that a chip must meet; an empty one lets every chip through."""

    where: Area | None = None
    when: Period | None = None
    sensors: tuple[str, ...] = ()
    max_nodata: float | None = None
    max_cloud: float | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    condition: Condition | None = None

    @staticmethod
    def of(query: Query) -> Filters:
        """Return the facts that a query asks for."""
        return Filters(
            where=query.where,
            when=query.when,
            sensors=query.sensors,
            max_nodata=query.max_nodata,
            max_cloud=query.max_cloud,
            properties=query.properties,
            ids=query.ids,
            condition=query.condition,
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing is filtered."""
        return self == Filters()
