"""How sure: probabilities and cuts over HTTP."""

import pytest
from fastapi.testclient import TestClient


def test_every_hit_says_how_probably_it_is_right(client: TestClient):
    found = client.post("/search", json={"q": "a river", "limit": 10}).json()
    chances = [item["properties"]["satseek:probability"] for item in found["features"]]
    assert len(chances) == 10
    assert all(0 <= chance <= 1 for chance in chances)
    assert found["satseek:cut"] == {"asked": None, "probability": None, "kept": 10, "dropped": 0}
    assert "satseek:message" not in found


def test_a_listing_has_no_probabilities(client: TestClient):
    found = client.get("/search", params={"limit": 3, "cut": "auto"}).json()
    assert [item["properties"]["satseek:probability"] for item in found["features"]] == [None] * 3
    assert found["satseek:cut"] == {"asked": "auto", "probability": None, "kept": 3, "dropped": 0}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_cut_drops_what_is_below_it_and_counts(client: TestClient, method: str):
    question = {"q": "a river", "limit": 20}
    whole = client.post("/search", json=question).json()["features"]
    middle = sorted(item["properties"]["satseek:probability"] for item in whole)[10]
    question |= {"cut": middle}
    given = {"json": question} if method == "POST" else {"params": question}
    found = client.request(method, "/search", **given).json()
    kept = [item["id"] for item in whole if item["properties"]["satseek:probability"] >= middle]
    assert [item["id"] for item in found["features"]] == kept
    assert found["numberReturned"] == len(kept)
    assert found["satseek:cut"] == {
        "asked": middle, "probability": middle, "kept": len(kept), "dropped": 20 - len(kept),
    }  # fmt: skip
    assert found["satseek:query"]["cut"] == middle


def test_what_is_not_there_is_no_convincing_match(client: TestClient):
    found = client.post("/search", json={"q": "a plate of spaghetti", "cut": "auto", "sensors": ["rgb"]}).json()
    assert found["features"] == []
    assert found["satseek:message"].startswith("No convincing match. ")
    none = client.post("/search", json={"q": "a river", "cut": 1, "limit": 5}).json()
    assert none["features"] == []
    assert none["satseek:cut"] == {"asked": 1.0, "probability": 1.0, "kept": 0, "dropped": 5}
    assert none["satseek:message"].startswith("No convincing match. The best hit is right with a probability of ")
    assert not [link for link in none["links"] if link["rel"] == "next"]


def test_a_cut_of_nothing_changes_no_page(client: TestClient):
    plain = client.get("/search", params={"q": "water", "limit": 7}).json()
    cut = client.get("/search", params={"q": "water", "limit": 7, "cut": "0"}).json()
    assert [item["id"] for item in cut["features"]] == [item["id"] for item in plain["features"]]
    (step,) = [link["href"] for link in cut["links"] if link["rel"] == "next"]
    assert "cut=0" in step
    ranks = [item["properties"]["satseek:rank"] for item in client.get(step).json()["features"]]
    assert ranks == list(range(8, 8 + len(ranks)))


@pytest.mark.parametrize("cut", [2, -0.5, "often", [0.5], {"at": 1}])
def test_a_cut_that_is_no_probability_is_a_problem(client: TestClient, cut: object):
    answer = client.post("/search", json={"q": "water", "cut": cut})
    assert answer.status_code == 400
    assert "cut" in answer.json()["detail"]
    if not isinstance(cut, list | dict):
        assert client.get("/search", params={"q": "water", "cut": cut}).status_code == 400


def test_exports_say_how_sure(client: TestClient):
    lines = client.get("/search", params={"q": "water", "f": "csv", "limit": 3}).text.splitlines()
    assert lines[0].endswith(",probability")
    assert all(0 <= float(line.rpartition(",")[2]) <= 1 for line in lines[1:])
