"""Conditions on facts as the store's SQL: built from a checked tree, every name and value quoted, none passed through.

What has a column of its own is compared there. All other facts are the chip's properties: equality is answered by the
column `facts`, order and patterns by the JSON text, in which `"name":` stands unescaped only where a name stands.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TypeVar

from satseek.archive.rows import fact
from satseek.core.condition import All, Compared, Condition, Holds, Like, Missing, Not, OneOf, Some, Value
from satseek.core.errors import UsageError
from satseek.core.period import Period, as_utc, rfc3339

Kind = TypeVar("Kind", str, float, datetime)

NUMBERS = {  # the names that STAC has for columns
    "gsd": "ground_resolution_m", "satseek:nodata_share": "nodata_share", "satseek:scale": "scale",
}  # fmt: skip
TEXTS = {
    "id": "id", "collection": "sensor", "sensor": "sensor", "satseek:sensor": "sensor", "satseek:caption": "caption",
}  # fmt: skip
LISTS = {"satseek:keywords": "keywords", "satseek:labels": "labels"}
CLOUDS = "eo:cloud_cover"  # percent; of the chip where it was measured, else of the whole scene
_NUMBER = r"(-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)[,}]"
_LETTER = r'(?:[^"\\]|\\.)'  # of a text inside JSON
_TEXT = f'"({_LETTER}*)"'


def predicate_sql(condition: Condition) -> str:
    """Return the SQL of a condition."""
    match condition:
        case All(parts):
            return "(" + " AND ".join(predicate_sql(part) for part in parts) + ")"
        case Some(parts):
            return "(" + " OR ".join(predicate_sql(part) for part in parts) + ")"
        case Not(part):
            return f"(NOT {predicate_sql(part)})"
        case OneOf(name, values):
            return "(" + " OR ".join(_compared(name, "=", value) for value in values) + ")"
        case Compared(name, operator, value):
            return _compared(name, operator, value)
        case Like(name, pattern):
            return _like(name, pattern)
        case Holds(name, texts):
            return _holds(name, texts)
        case Missing(name):
            return _missing(name)


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _compared(name: str, operator: str, value: Value) -> str:
    if name == "datetime":
        return f"(datetime {operator} timestamp '{rfc3339(as_utc(_of_kind(name, value, datetime, 'a moment')))}')"
    if name in LISTS:
        raise UsageError(f"'{name}' is a list. Ask what it holds: A_CONTAINS({name}, ('harbour')).")
    if name in TEXTS:
        return f"({TEXTS[name]} {operator} {quoted(_of_kind(name, value, str, 'a text'))})"
    if name in NUMBERS or name == CLOUDS:
        return f"({_number(name)} {operator} {_of_kind(name, value, float, 'a number')!r})"
    if isinstance(value, datetime):
        value = rfc3339(value)
    if operator == "=":
        return f"array_has(facts, {quoted(_fact(name, value))})"
    if operator == "<>":
        return f"({_is_told(name)} AND NOT array_has(facts, {quoted(_fact(name, value))}))"
    if isinstance(value, bool):
        raise UsageError(f"'{name}' is compared with true or false: use = or <>.")
    if isinstance(value, str):
        return f"({_extracted(name, _TEXT)} {operator} {quoted(_inside_json(value))})"
    return f"({_number(name)} {operator} {value!r})"


def _like(name: str, pattern: str) -> str:
    if name in TEXTS:
        return f"regexp_like({TEXTS[name]}, {quoted('(?s)^' + _regex(pattern, '.', plain=True) + '$')})"
    if name in LISTS or name in NUMBERS or name in (CLOUDS, "datetime"):
        raise UsageError(f"'{name}' is no text, so LIKE says nothing of it.")
    text = f'{_key(name)}"{_regex(pattern, _LETTER, plain=False)}"'
    return f"regexp_like(properties, {quoted(text)})"


def _holds(name: str, texts: tuple[str, ...]) -> str:
    if name not in LISTS:
        raise UsageError(f"'{name}' is not a list that can be asked what it holds. Lists: {', '.join(LISTS)}.")
    return "(" + " AND ".join(f"array_has({LISTS[name]}, {quoted(text)})" for text in texts) + ")"


def _missing(name: str) -> str:
    if name in LISTS:
        return f"(COALESCE(array_length({LISTS[name]}), 0) = 0)"
    if name in TEXTS or name == "datetime":
        return f"({TEXTS.get(name, name)} IS NULL)"
    if name in NUMBERS or name == CLOUDS:
        return f"({_number(name)} IS NULL)"
    return f"(NOT {_is_told(name)})"


def _number(name: str) -> str:
    if name in NUMBERS:
        return NUMBERS[name]
    told = f"CAST({_extracted(name, _NUMBER)} AS DOUBLE)"
    return f"COALESCE(cloud_share * 100, {told})" if name == CLOUDS else told


def _extracted(name: str, pattern: str) -> str:
    return f"regexp_match(properties, {quoted(_key(name) + pattern)})[1]"


def _is_told(name: str) -> str:
    return f"regexp_like(properties, {quoted(_key(name) + '[^n]')})"  # null is not told


def _key(name: str) -> str:
    return "[{,]" + _escaped(json.dumps(name, ensure_ascii=False)) + ":"


def _fact(name: str, value: Value) -> str:
    return fact(name, value)


def _regex(pattern: str, letter: str, *, plain: bool) -> str:
    parts = []
    for token in re.findall(r"\\.|.", pattern, re.DOTALL):
        if token == "%":
            parts.append(letter + "*")
        elif token == "_":
            parts.append(letter)
        else:
            literal = token[1:] if len(token) == 2 else token
            parts.append(_escaped(literal if plain else _inside_json(literal)))
    return "".join(parts)


def _inside_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _escaped(text: str) -> str:
    """Escape what means something in the store's regular expressions, and nothing else."""
    return re.sub(r"([\\.+*?()|\[\]{}^$#&\-~])", r"\\\1", text)


def _of_kind(name: str, value: Value, kind: type[Kind], called: str) -> Kind:
    if kind is datetime and isinstance(value, str):
        value = Period.parse(value).start or value
    if not isinstance(value, kind) or (kind is float and isinstance(value, bool)):
        raise UsageError(f"'{name}' is compared with {called}, not with {value!r}.")
    return value
