"""Settings of a network as its card keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from satseek.core.errors import ModelError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")


def settings_of(kind: type[S], value: Mapping[str, Any]) -> S:
    """Read settings back from a card; ones of a newer version are refused, for they would change the network."""
    strange = set(value) - {field.name for field in fields(kind)}
    if strange:
        raise ModelError(
            f"The model has settings that this SatSeek does not know: {', '.join(sorted(strange))}. Update SatSeek."
        )
    return kind(**value)
