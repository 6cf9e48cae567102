"""Spaces: which sensors an example may be compared with, where a model keeps some of them in spaces of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from satseek.core.card import ModelCard
from satseek.core.errors import UsageError
from satseek.core.filters import Filters

_SHARED = "To search across sensors, ingest with a model that shares one space (sscm, satseek-one or closp)."


def within_one_space(
    filters: Filters, card: ModelCard, examples: Iterable[str | None]
) -> tuple[Filters, tuple[str, ...]]:
    """Return filters that let only comparable chips through, and what is to be said of it.

    `examples` are the sensors of a question's examples. A cosine between two spaces is a number like any other and
    means nothing, so a question that would need one is refused.
    """
    asking = sorted({sensor for sensor in examples if sensor is not None})
    if not card.spaces or not asking:
        return filters, ()
    allowed = card.comparable_with(asking[0])
    if not set(asking) <= set(allowed):
        raise UsageError(
            f"The examples are of {_listed(asking)}, and '{card.name}' keeps these in spaces of their own: their "
            f"vectors cannot be put together. Ask with examples of one sensor. {_SHARED}"
        )
    wanted = [sensor for sensor in filters.sensors if sensor in allowed] if filters.sensors else list(allowed)
    if not wanted:
        raise UsageError(
            f"A picture of {_listed(asking)} cannot find {_listed(filters.sensors)} with '{card.name}': it keeps them "
            f"in spaces of their own. Ask for {_listed(allowed)}. {_SHARED}"
        )
    left_out = [name for name in filters.sensors or card.sensors if name not in wanted]
    if not left_out:
        return replace(filters, sensors=tuple(wanted)), ()
    note = (
        f"Only {_listed(wanted)} was searched: '{card.name}' keeps {_listed(left_out)} in "
        f"{'a space' if len(left_out) == 1 else 'spaces'} of {'its' if len(left_out) == 1 else 'their'} own, and "
        "vectors of two spaces say nothing of each other."
    )
    return replace(filters, sensors=tuple(wanted)), (note,)


def _listed(sensors: Sequence[str]) -> str:
    return " and ".join(sensors)
