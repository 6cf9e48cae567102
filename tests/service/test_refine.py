"""Feedback over HTTP: marked results make a better question, or labels."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

QUERY = {"q": "water", "limit": 12, "sensors": ["rgb"]}


@pytest.fixture
def found(client: TestClient) -> list[str]:
    return [item["id"] for item in client.post("/search", json=QUERY).json()["features"]]


def test_marked_results_make_a_question_that_can_be_asked_shared_and_refined_again(client: TestClient, found: Any):
    answer = client.post("/refine", json={"query": QUERY, "yes": found[:2], "no": found[2:5]})
    assert answer.status_code == 200
    refined = answer.json()
    assert set(refined) == {"query", "method", "judged"}
    assert refined["method"] == "rocchio"
    assert refined["judged"] == {"yes": 2, "no": 3}
    asked = client.post("/search", json=refined["query"])
    assert asked.status_code == 200
    assert asked.json()["satseek:query"] == refined["query"]
    shown = [item["id"] for item in asked.json()["features"]]
    assert set(found[:2]) <= set(shown)
    assert not set(found[2:5]) & set(shown)
    again = client.post("/refine", json={"query": refined["query"], "yes": [found[6]], "no": []}).json()
    assert [each["chip"] for each in again["query"]["like"]] == [found[6], *found[:2]]
    assert len(again["query"]["unlike"]) == 3


def test_the_logistic_head_may_be_asked_for(client: TestClient, found: Any):
    body = {"query": QUERY, "yes": found[:2], "no": found[2:5], "method": "logistic"}
    assert client.post("/refine", json=body).json()["method"] == "logistic"


def test_labels_are_items_with_yes_and_no(client: TestClient, found: Any):
    body = {"query": QUERY, "yes": found[:1], "no": found[1:2]}
    answer = client.post("/refine", params={"f": "labels"}, json=body)
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    assert [each["properties"]["satseek:label"] for each in features] == ["yes", "no"]
    assert [each["id"] for each in features] == found[:2]
    assert all(each["geometry"] for each in features)
    assert answer.json()["satseek:query"]["like"] == [{"chip": found[0], "weight": 2.0}]


@pytest.mark.parametrize(
    ("marks", "status", "says"),
    [
        ({"yes": ["a"], "no": ["a"]}, 400, "marked yes and no"),
        ({"yes": ["nobody"]}, 404, "no chip with this id"),
        ({}, 400, "Nothing is marked"),
        ({"yes": "abc"}, 400, "yes"),
        ({"yes": ["a"], "method": "magic"}, 400, "method"),
        ({"yes": ["a"] * 1000}, 400, "yes"),
        ({"yes": ["upload-000"]}, 400, "not remembered"),
        ({"yes": ["a"], "query": {"cut": 2}}, 400, "cut"),
    ],
)
def test_what_cannot_be_learnt_is_a_problem(client: TestClient, marks: dict, status: int, says: str):
    answer = client.post("/refine", json={"query": QUERY} | marks)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
