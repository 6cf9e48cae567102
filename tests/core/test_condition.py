import json

import pytest

from satseek.core.condition import All, Compared, Holds, Like, Missing, Not, OneOf, Some, condition_of_json
from satseek.core.errors import UsageError
from satseek.core.query import Query


def read(operator: str, *args: object) -> object:
    return condition_of_json({"op": operator, "args": list(args)})


PLATFORM = {"property": "platform"}


def test_a_filter_is_read_as_a_tree():
    tree = read(
        "and", {"op": "=", "args": [PLATFORM, "a"]}, {"op": "not", "args": [{"op": "isNull", "args": [PLATFORM]}]}
    )
    assert tree == All((Compared("platform", "=", "a"), Not(Missing("platform"))))


def test_a_value_may_stand_on_the_left():
    assert read("<", 5, {"property": "gsd"}) == Compared("gsd", ">", 5.0)


def test_between_in_like_and_lists_are_read():
    assert read("between", {"property": "gsd"}, 1, 2) == All((Compared("gsd", ">=", 1.0), Compared("gsd", "<=", 2.0)))
    assert read("in", PLATFORM, ["a", "b"]) == OneOf("platform", ("a", "b"))
    assert read("like", PLATFORM, "a%") == Like("platform", "a%")
    assert read("a_contains", {"property": "satseek:labels"}, ["ship"]) == Holds("satseek:labels", ("ship",))
    assert isinstance(read("or", {"op": "=", "args": [PLATFORM, "a"]}), Some)


@pytest.mark.parametrize(
    "broken",
    [
        [], "x", {"op": "="}, {"op": "=", "args": [1, 2]}, {"op": "=", "args": [PLATFORM, PLATFORM]},
        {"op": "and", "args": []}, {"op": "sleep", "args": [PLATFORM]}, {"op": "=", "args": [PLATFORM, float("nan")]},
        {"op": "=", "args": [PLATFORM, "a" * 501]}, {"op": "=", "args": [PLATFORM, "a\0b"]},
        {"op": "=", "args": [PLATFORM, "\ud800"]}, {"op": "in", "args": [PLATFORM, []]}, {"op": "=", "args": "ab"},
        {"op": "in", "args": [PLATFORM, list(range(500))]},
        {"op": "=", "args": [{"property": "datetime"}, {"date": "x"}]},
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_in_words(broken: object):
    with pytest.raises(UsageError):
        condition_of_json(broken)


def test_a_deep_filter_is_refused_before_it_is_deep():
    tree: object = {"op": "=", "args": [PLATFORM, "a"]}
    for _ in range(5000):
        tree = {"op": "not", "args": [tree]}
    with pytest.raises(UsageError, match="too large"):
        condition_of_json(tree)


def test_a_query_keeps_its_filter_and_ids_in_json_and_in_its_url():
    asked = {
        "q": "a river", "ids": ["a", "b"],
        "filter": {"op": "or", "args": [
            {"op": "=", "args": [PLATFORM, "it's"]},
            {"op": ">=", "args": [{"property": "datetime"}, {"timestamp": "2024-01-01T00:00:00Z"}]},
            {"op": "like", "args": [PLATFORM, "a_%"]}, {"op": "isNull", "args": [PLATFORM]},
            {"op": "a_contains", "args": [{"property": "satseek:labels"}, ["ship"]]},
            {"op": "not", "args": [{"op": "in", "args": [{"property": "gsd"}, [1.0, 2.0]]}]},
        ]},
    }  # fmt: skip
    query = Query.from_json(asked)
    assert Query.from_json(json.loads(json.dumps(query.to_json()))) == query
    assert Query.from_url(query.to_url()) == query
    assert query.to_json()["filter"] == asked["filter"]
