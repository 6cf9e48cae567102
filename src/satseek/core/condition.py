"""What a chip's facts must meet, beyond place and time: a small tree, read from CQL2's JSON form and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from satseek.core.errors import UsageError
from satseek.core.period import Period, rfc3339

MAX_DEPTH = 24
MAX_PARTS = 200
MAX_TEXT = 500  # characters of a name or a value
OPPOSITE = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}

Value = str | float | bool | datetime


@dataclass(frozen=True)
class Compared:
    """A fact beside a value: `=`, `<>`, `<`, `<=`, `>` or `>=`; a chip without the fact does not meet it."""

    name: str
    operator: str
    value: Value


@dataclass(frozen=True)
class OneOf:
    """A fact that equals one of some values."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Like:
    """A text that fits a pattern, in which `%` stands for anything and `_` for one character."""

    name: str
    pattern: str


@dataclass(frozen=True)
class Holds:
    """A list, such as the labels, that holds all of some texts."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Missing:
    """A fact that is not known of a chip."""

    name: str


@dataclass(frozen=True)
class Not:
    """The contrary."""

    part: Condition


@dataclass(frozen=True)
class All:
    """Every part."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Some:
    """At least one part."""

    parts: tuple[Condition, ...]


Condition = Compared | OneOf | Like | Holds | Missing | Not | All | Some


def condition_of_json(value: Any) -> Condition:
    """Read CQL2's JSON form; what cannot be asked of an archive is refused in words."""
    reader = _Reader()
    return reader.condition(value, 0)


def condition_to_json(condition: Condition) -> dict[str, Any]:
    """Return CQL2's JSON form of a condition."""
    match condition:
        case Compared(name, operator, value):
            return {"op": operator, "args": [{"property": name}, _value_json(value)]}
        case OneOf(name, values):
            return {"op": "in", "args": [{"property": name}, [_value_json(value) for value in values]]}
        case Like(name, pattern):
            return {"op": "like", "args": [{"property": name}, pattern]}
        case Holds(name, texts):
            return {"op": "a_contains", "args": [{"property": name}, list(texts)]}
        case Missing(name):
            return {"op": "isNull", "args": [{"property": name}]}
        case Not(part):
            return {"op": "not", "args": [condition_to_json(part)]}
        case All(parts) | Some(parts):
            operator = "and" if isinstance(condition, All) else "or"
            return {"op": operator, "args": [condition_to_json(part) for part in parts]}


class _Reader:
    """Reads one tree within bounds, however it was nested."""

    def __init__(self) -> None:
        self._parts = 0
        self._known: dict[str, Callable[[str, Sequence[Any], int], Condition]] = {
            "and": self._joined, "or": self._joined, "not": self._not, "isnull": self._missing, "in": self._one_of,
            "between": self._between, "like": self._like, "a_contains": self._holds,
        } | dict.fromkeys(OPPOSITE, self._compared)  # fmt: skip

    def condition(self, value: Any, depth: int) -> Condition:
        self._parts += 1
        if depth > MAX_DEPTH or self._parts > MAX_PARTS:
            raise UsageError(
                f"The filter is too large: at most {MAX_PARTS} conditions, {MAX_DEPTH} deep. Ask for less at once."
            )
        if not isinstance(value, Mapping) or not isinstance(value.get("args"), Sequence) or "op" not in value:
            raise UsageError('A filter in CQL2 JSON is {"op": "=", "args": [{"property": "platform"}, "sentinel-2a"]}.')
        operator = str(value["op"]).lower()
        if operator not in self._known:
            raise UsageError(
                f"A filter cannot use '{_short(value['op'])}' here. It knows and, or, not, =, <>, <, <=, >, >=, "
                "between, in, like, isNull and a_contains; places go into bbox or intersects."
            )
        return self._known[operator](operator, value["args"], depth + 1)

    def _joined(self, operator: str, args: Sequence[Any], depth: int) -> Condition:
        if not args:
            raise UsageError(f"'{operator}' joins at least one condition.")
        parts = tuple(self.condition(part, depth) for part in args)
        return All(parts) if operator == "and" else Some(parts)

    def _not(self, operator: str, args: Sequence[Any], depth: int) -> Condition:
        (part,) = _exactly(args, 1, operator)
        return Not(self.condition(part, depth))

    def _missing(self, operator: str, args: Sequence[Any], depth: int) -> Condition:
        (name,) = _exactly(args, 1, operator)
        return Missing(_name(name))

    def _compared(self, operator: str, args: Sequence[Any], depth: int) -> Condition:
        left, right = _exactly(args, 2, operator)
        if _is_name(left):
            return Compared(_name(left), operator, _value(right))
        return Compared(_name(right), OPPOSITE[operator], _value(left))

    def _between(self, operator: str, args: Sequence[Any], depth: int) -> Condition:
        name, low, high = _exactly(args, 3, operator)
        return All((Compared(_name(name), ">=", _value(low)), Compared(_name(name), "<=", _value(high))))

    def _one_of(self, operator: str, args: Sequence[Any], depth: int) -> Condition:
        name, values = _exactly(args, 2, operator)
        return OneOf(_name(name), tuple(_value(each) for each in self._several(values, operator)))

    def _like(self, operator: str, args: Sequence[Any], depth: int) -> Condition:
        name, pattern = _exactly(args, 2, operator)
        return Like(_name(name), _text(pattern))

    def _holds(self, operator: str, args: Sequence[Any], depth: int) -> Condition:
        name, values = _exactly(args, 2, operator)
        texts = [values] if isinstance(values, str) else self._several(values, operator)
        return Holds(_name(name), tuple(_text(each) for each in texts))

    def _several(self, values: Any, operator: str) -> Sequence[Any]:
        if not isinstance(values, Sequence) or isinstance(values, str) or not values:
            raise UsageError(f"'{operator}' needs a list of at least one value.")
        self._parts += len(values)
        if self._parts > MAX_PARTS:
            raise UsageError(f"The filter is too large: at most {MAX_PARTS} conditions and values. Ask for less.")
        return values


def _exactly(args: Sequence[Any], count: int, operator: str) -> Sequence[Any]:
    if isinstance(args, str) or len(args) != count:
        raise UsageError(f"'{operator}' takes {count} arguments in a filter.")
    return args


def _is_name(value: Any) -> bool:
    return isinstance(value, Mapping) and "property" in value


def _name(value: Any) -> str:
    if not _is_name(value):
        raise UsageError("A filter compares a property with a value: one side must be the name of a property.")
    return _text(value["property"])


def _value(value: Any) -> Value:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        number = float(value)
        if not math.isfinite(number):
            raise UsageError("A number in a filter is finite.")
        return number
    if isinstance(value, Mapping):
        for kind in ("timestamp", "date"):
            if kind in value:
                moment = Period.parse(_text(value[kind])).start
                if moment is not None:
                    return moment
    if isinstance(value, str):
        return _text(value)
    raise UsageError("A filter compares a property with a text, a number, true, false, TIMESTAMP('…') or DATE('…').")


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise UsageError(f"A name or a text in a filter has at most {MAX_TEXT} characters.")
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in value):
        raise UsageError("A name or a text in a filter holds no control characters.")
    return value


def _value_json(value: Value) -> Any:
    return {"timestamp": rfc3339(value)} if isinstance(value, datetime) else value


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:40] + "…"
