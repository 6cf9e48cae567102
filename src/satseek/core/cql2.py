"""CQL2's text form, such as `eo:cloud_cover < 10 AND platform IN ('sentinel-2a')`, read into a condition.

Written by hand because it is read from strangers: each letter is looked at once and the depth is bounded, where the
parser library at hand takes exponential time for some short texts and ends the process for others.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from satseek.core.condition import MAX_DEPTH, Condition, condition_of_json
from satseek.core.errors import UsageError

MAX_LENGTH = 4_000
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<text>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<word>[A-Za-z_][\w.:]*(?:-[\w.:]+)*)
    | (?P<sign><>|<=|>=|[=<>(),])
    )""",
    re.VERBOSE,
)
_COMPARISONS = {"=", "<>", "<", "<=", ">", ">="}
_RESERVED = {"AND", "OR", "NOT", "LIKE", "IN", "BETWEEN", "IS", "NULL"}


def condition_of_text(text: str) -> Condition:
    """Read CQL2 text; what cannot be read is pointed at."""
    if len(text) > MAX_LENGTH:
        raise UsageError(f"A filter has at most {MAX_LENGTH:,} characters; this one has {len(text):,}.")
    return condition_of_json(_Text(text).whole())


class _Token(NamedTuple):
    kind: str  # number, text, word, sign or end
    value: str
    place: int

    @property
    def keyword(self) -> str:
        return self.value.upper() if self.kind == "word" else ""


class _Text:
    """Reads tokens from left to right; one method for each rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split()
        self._next = 0

    def whole(self) -> dict[str, Any]:
        tree = self._any(0)
        if self._token.kind != "end":
            raise self._unexpected("AND, OR or the end")
        return tree

    def _split(self) -> list[_Token]:
        tokens, place, end = [], 0, len(self._text.rstrip())
        while place < end:
            match = _TOKEN.match(self._text, place)
            if match is None or match.lastgroup is None:
                raise self._wrong(place, "a name, a value or a sign")
            kind, value = match.lastgroup, match[match.lastgroup]
            if kind == "quoted":
                kind, value = "name", value[1:-1].replace('""', '"')
            tokens.append(_Token(kind, value, match.start(match.lastgroup)))
            place = match.end()
        return [*tokens, _Token("end", "", end)]

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _taken(self) -> _Token:
        token = self._token
        self._next += token.kind != "end"
        return token

    def _accepts(self, word: str) -> bool:
        found = self._token.keyword == word or (self._token.kind == "sign" and self._token.value == word)
        self._next += found
        return found

    def _expects(self, word: str) -> None:
        if not self._accepts(word):
            raise self._unexpected(f"'{word}'")

    def _any(self, depth: int) -> dict[str, Any]:
        parts = [self._all(depth)]
        while self._accepts("OR"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else {"op": "or", "args": parts}

    def _all(self, depth: int) -> dict[str, Any]:
        parts = [self._one(depth)]
        while self._accepts("AND"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else {"op": "and", "args": parts}

    def _one(self, depth: int) -> dict[str, Any]:
        if depth > MAX_DEPTH:
            raise UsageError(f"The filter is too large: conditions stand at most {MAX_DEPTH} deep in each other.")
        if self._accepts("NOT"):
            return _not(self._one(depth + 1))
        if self._accepts("("):
            inner = self._any(depth + 1)
            self._expects(")")
            return inner
        return self._predicate()

    def _predicate(self) -> dict[str, Any]:
        if self._token.keyword == "A_CONTAINS":
            return self._contains()
        left = self._operand()
        sign = self._token
        if sign.kind == "sign" and sign.value in _COMPARISONS:
            self._next += 1
            return {"op": sign.value, "args": [left, self._operand()]}
        if self._accepts("IS"):
            refused = self._accepts("NOT")
            self._expects("NULL")
            return _maybe_not(refused, {"op": "isNull", "args": [left]})
        return _maybe_not(self._accepts("NOT"), self._ranged(left))

    def _ranged(self, left: Any) -> dict[str, Any]:
        if self._accepts("LIKE"):
            return {"op": "like", "args": [left, self._operand()]}
        if self._accepts("BETWEEN"):
            low = self._operand()
            self._expects("AND")
            return {"op": "between", "args": [left, low, self._operand()]}
        if self._accepts("IN"):
            return {"op": "in", "args": [left, self._list()]}
        raise self._unexpected("=, <>, <, <=, >, >=, LIKE, BETWEEN, IN or IS NULL")

    def _contains(self) -> dict[str, Any]:
        self._next += 1
        self._expects("(")
        name = self._operand()
        self._expects(",")
        values = self._list() if self._token.value == "(" and self._token.kind == "sign" else [self._operand()]
        self._expects(")")
        return {"op": "a_contains", "args": [name, values]}

    def _list(self) -> list[Any]:
        self._expects("(")
        values = [self._operand()]
        while self._accepts(","):
            values.append(self._operand())
        self._expects(")")
        return values

    def _operand(self) -> Any:
        token = self._taken()
        if token.kind == "number":
            return float(token.value)
        if token.kind == "text":
            return token.value[1:-1].replace("''", "'")
        if token.kind == "name":
            return {"property": token.value}
        if token.keyword in ("TRUE", "FALSE"):
            return token.keyword == "TRUE"
        if token.keyword in ("TIMESTAMP", "DATE") and self._token.value == "(":
            return self._moment(token.keyword.lower())
        if token.kind == "word" and token.keyword not in _RESERVED:
            return {"property": token.value}
        raise self._wrong(token.place, "the name of a property or a value")

    def _moment(self, kind: str) -> dict[str, Any]:
        self._expects("(")
        written = self._operand()
        self._expects(")")
        return {kind: written}

    def _unexpected(self, wanted: str) -> UsageError:
        return self._wrong(self._token.place, wanted)

    def _wrong(self, place: int, wanted: str) -> UsageError:
        rest = self._text[place : place + 20]
        where = f"at '{rest}' (character {place + 1})" if rest else "at its end"
        return UsageError(
            f"Cannot read the filter {where}: {wanted} is expected. It is CQL2 text, such as "
            "eo:cloud_cover < 10 AND platform IN ('sentinel-2a', 'sentinel-2b')."
        )


def _not(part: dict[str, Any]) -> dict[str, Any]:
    return {"op": "not", "args": [part]}


def _maybe_not(refused: bool, part: dict[str, Any]) -> dict[str, Any]:
    return _not(part) if refused else part
