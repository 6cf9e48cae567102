import time

import pytest

from satseek.core.condition import All, Compared, Holds, Like, Missing, Not, OneOf, Some, condition_of_json
from satseek.core.cql2 import condition_of_text
from satseek.core.errors import UsageError

WHOLE = [
    "eo:cloud_cover < 10 AND platform = 'sentinel-2a'",
    "a = 1 OR b = 2 AND c = 3",
    "(a = 1 OR b = 2) AND NOT (c IS NULL)",
    "gsd BETWEEN 0.5 AND 1e1 AND name LIKE 'a%_'",
    "platform IN ('a', 'b', 'c') AND orbit NOT IN (1, 2)",
    "motto = 'it''s here' AND \"odd name\" <> 'x'",
    "datetime >= TIMESTAMP('2024-01-01T00:00:00Z')",
    "a IS NOT NULL AND b NOT LIKE 'x%' AND c NOT BETWEEN -1 AND 2.5",
    "5 > gsd",
    "flag = true",
]


@pytest.mark.parametrize("text", WHOLE)
def test_a_text_means_what_another_parser_makes_of_it(text: str):
    cql2 = pytest.importorskip("cql2", reason="the other parser is of the development tools")
    assert condition_of_text(text) == condition_of_json(cql2.parse_text(text).to_json())


def test_and_binds_more_than_or_and_not_more_than_and():
    one, two, three = (Compared(name, "=", 1.0) for name in "abc")
    assert condition_of_text("NOT a=1 AND b=1 OR c=1") == Some((All((Not(one), two)), three))


def test_lists_patterns_dates_and_missing_facts_are_read():
    assert condition_of_text("A_CONTAINS(satseek:labels, ('ship', 'quay'))") == Holds(
        "satseek:labels", ("ship", "quay")
    )
    assert condition_of_text("x not like '%'") == Not(Like("x", "%"))
    assert condition_of_text("x IN (1)") == OneOf("x", (1.0,))
    assert condition_of_text("sar:look_direction IS NULL") == Missing("sar:look_direction")


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "a", "a =", "= 1", "a == 1", "a = 1;", "a = 1 --", "a = 'x", "a = 1 b = 2", "AND", "a = AND",
        "(a = 1",
        "a = 1)", "a IN ()", "a IN 1", "a BETWEEN 1", "a LIKE 1", "a IS 1", "a = b", "1 = 1", "f(a) = 1", "a = 1 OR",
        "a = 1 /* x */", "a = 'x' UNION SELECT 1", "a\0 = 1", "a = TIMESTAMP('never')", "a = TIMESTAMP(1)", "é = 1",
        "A_CONTAINS(a)", "a = 1e999", "S_INTERSECTS(geometry, POINT(1 2))", "a = 1.2.3",
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_in_words(text: str):
    with pytest.raises(UsageError):
        condition_of_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 4000, "(" * 1990 + "a=1" + ")" * 1990, "NOT " * 990 + "a=1", "a = " + "-" * 3900 + "1",
        "(NOT " * 700 + "a=1",
        "a IN " + "(" * 1900, "'" * 3999, "a" * 4001, " AND ".join(["a=1"] * 400), "a.b:" * 999, "a-" * 1999,
    ],
)  # fmt: skip
def test_a_hostile_text_is_refused_at_once(text: str):
    began = time.process_time()
    with pytest.raises(UsageError):
        condition_of_text(text)
    assert time.process_time() - began < 0.2
