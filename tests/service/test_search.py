import csv
import io

import geopandas
import pytest
from fastapi.testclient import TestClient
from shapely.geometry import box, mapping, shape


def test_a_sentence_finds_ranked_items_that_say_where_they_lie(client: TestClient):
    found = client.post("/search", json={"q": "water", "limit": 5}).json()
    assert found["numberReturned"] == len(found["features"]) == 5
    assert [item["properties"]["satseek:rank"] for item in found["features"]] == [1, 2, 3, 4, 5]
    scores = [item["properties"]["satseek:score"] for item in found["features"]]
    assert scores == sorted(scores, reverse=True)
    assert all(item["geometry"] and item["bbox"] and item["properties"]["satseek:window"] for item in found["features"])
    assert "numberMatched" not in found
    assert found["satseek:explanation"]["model"] == "colour"
    assert set(found["satseek:explanation"]["milliseconds"]) >= {"encode", "recall", "score"}


def test_the_same_question_in_an_address_finds_the_same(client: TestClient):
    posted = client.post(
        "/search", json={"q": "water", "must": ["forest"], "not": ["harbour"], "sensors": ["rgb"]}
    ).json()
    got = client.get("/search", params={"q": "water", "must": "forest", "not": "harbour", "sensors": "rgb"}).json()
    assert [item["id"] for item in got["features"]] == [item["id"] for item in posted["features"]]
    assert got["satseek:query"] == posted["satseek:query"]


@pytest.mark.parametrize("question", [{}, {"q": "water"}, {"q": "field", "merge": False}])
def test_pages_together_are_all_results_each_once(client: TestClient, question: dict):
    whole = client.post("/search", json=question | {"limit": 1000}).json()
    assert not [link for link in whole["links"] if link["rel"] == "next"]
    for method in ("GET", "POST"):
        seen: list[str] = []
        page = client.request(method, "/search", **_asked(method, question | {"limit": 7})).json()
        for _ in range(100):
            seen += [item["id"] for item in page["features"]]
            step = next((link for link in page["links"] if link["rel"] == "next"), None)
            if step is None:
                break
            page = client.request(method, step["href"], json=step.get("body")).json()
        assert seen == [item["id"] for item in whole["features"]]


def _asked(method: str, question: dict) -> dict:
    if method == "POST":
        return {"json": question}
    return {
        "params": {key: str(value).lower() if isinstance(value, bool) else value for key, value in question.items()}
    }


def test_the_number_matched_is_told_of_listings_and_is_true(client: TestClient):
    for question in ({}, {"sensors": ["s1"]}, {"filter": "gsd < 5"}):
        listed = client.post("/search", json=question | {"limit": 1}).json()
        counted = client.post("/search", json=question | {"limit": 1000}).json()
        assert listed["numberMatched"] == len(counted["features"]) > 0


def test_places_dates_ids_and_filters_hold_for_every_hit(client: TestClient):
    everything = client.get("/search", params={"limit": 1000}).json()["features"]
    one = everything[0]
    west, south, east, north = one["bbox"]
    middle = box(west, south, (west + east) / 2, north)
    found = client.post("/search", json={"q": "water", "intersects": mapping(middle), "limit": 1000}).json()["features"]
    assert {item["id"] for item in found} <= {i["id"] for i in everything if shape(i["geometry"]).intersects(middle)}
    assert found
    near = client.post("/search", json={"bbox": one["bbox"], "limit": 1000}).json()["features"]
    assert one["id"] in {item["id"] for item in near}
    point = {"type": "Point", "coordinates": [(west + east) / 2, (south + north) / 2]}
    here = client.post("/search", json={"intersects": point, "limit": 1000}).json()["features"]
    assert {i["id"] for i in here} == {i["id"] for i in everything if shape(i["geometry"]).intersects(shape(point))}
    picked = client.get("/search", params={"ids": f"{one['id']},{everything[3]['id']}"}).json()["features"]
    assert {item["id"] for item in picked} == {one["id"], everything[3]["id"]}
    moment = one["properties"]["datetime"]
    dated = client.get("/search", params={"datetime": moment, "limit": 1000}).json()["features"]
    assert {item["properties"]["datetime"] for item in dated} == {moment}
    radar = client.get("/search", params={"filter": "collection = 's1' AND gsd >= 1", "q": "city"}).json()["features"]
    assert {item["collection"] for item in radar} == {"s1"}


def test_six_numbers_are_a_box_with_heights(client: TestClient):
    flat = client.post("/search", json={"bbox": [-180, -90, 180, 90]}).json()
    tall = client.post("/search", json={"bbox": [-180, -90, -10, 180, 90, 9000]}).json()
    assert flat["numberMatched"] == tall["numberMatched"] > 0


def test_a_chip_is_like_itself_first_and_may_be_weighed(client: TestClient):
    chip = client.get("/search", params={"limit": 1}).json()["features"][0]["id"]
    similar = client.get(f"/items/{chip}/similar", params={"limit": 3}).json()["features"]
    assert similar[0]["id"] == chip
    assert similar[0]["properties"]["satseek:score"] == pytest.approx(1, abs=1e-5)
    weighed = client.post("/search", json={"q": "water", "like": [{"chip": chip, "weight": 2.5}]})
    assert weighed.json()["satseek:query"]["like"] == [{"chip": chip, "weight": 2.5}]
    across = client.get(f"/items/{chip}/similar", params={"sensors": "s1"}).json()["features"]
    assert {item["collection"] for item in across} == {"s1"}


def test_fields_choose_what_is_sent(client: TestClient):
    some = client.get("/search", params={"limit": 2, "fields": "id,properties.datetime,-links"}).json()["features"]
    assert [set(item) for item in some] == [{"type", "id", "properties"}] * 2
    assert [set(item["properties"]) for item in some] == [{"datetime"}] * 2
    less = client.post("/search", json={"limit": 1, "fields": {"exclude": ["assets", "properties.gsd"]}}).json()
    assert "assets" not in less["features"][0]
    assert "gsd" not in less["features"][0]["properties"]


@pytest.mark.parametrize("way", ["f", "accept"])
def test_hits_are_exported_as_geoparquet_csv_and_geojson(client: TestClient, way: str):
    def asked(form: str, kind: str):
        params = {"q": "water", "limit": 4} | ({"f": form} if way == "f" else {})
        answer = client.get("/search", params=params, headers={} if way == "f" else {"accept": kind})
        assert answer.headers["content-type"].startswith(kind)
        return answer

    hits = asked("geojson", "application/geo+json").json()["features"]
    frame = geopandas.read_parquet(io.BytesIO(asked("geoparquet", "application/vnd.apache.parquet").content))
    assert list(frame["id"]) == [hit["id"] for hit in hits]
    assert frame.crs.to_epsg() == 4326
    lines = csv.DictReader(io.StringIO(asked("csv", "text/csv").text))
    assert [line["id"] for line in lines] == [hit["id"] for hit in hits]


@pytest.mark.parametrize("form", ["geojson", "geoparquet", "csv"])
def test_nothing_found_is_an_empty_answer_in_every_form(client: TestClient, form: str):
    answer = client.get("/search", params={"bbox": "0,0,0.001,0.001", "f": form})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"limit": 1001}, "at most 1,000"), ({"limit": 0}, "limit"), ({"qq": "x"}, "qq"), ({"bbox": [1, 2, 3]}, "four"),
        ({"bbox": [0, 10, 1, 5]}, "upside down"), ({"bbox": [0, 0, 1, 1], "intersects": {}}, "not both"),
        ({"datetime": "yesterday"}, "date"), ({"sensors": ["s3"]}, "Known: rgb"), ({"token": "../../etc"}, "token"),
        ({"q": "x" * 2001}, "2,000"), ({"filter": "a = "}, "filter"), ({"filter": {"op": "x", "args": []}}, "filter"),
        ({"like": [{"file": "/etc/passwd"}]}, "like"), ({"like": "abc"}, "like"), ({"offset": 10**9}, "offset"),
        ({"collections": ["s1"], "sensors": ["s2"]}, "Collections are the sensors"), ({"weight": -1}, "weight"),
        ({"intersects": {"type": "Point", "coordinates": ["x"]}}, "area"), ({"intersects": {"type": "Moon"}}, "area"),
        ({"must": ["a"] * 300}, "200 parts"), ({"ids": ["x"] * 20000}, "10,000 ids"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_as_a_problem(client: TestClient, body: dict, said: str):
    answer = client.post("/search", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 400
    assert problem["title"] == "Bad Request"
    assert said.lower() in problem["detail"].lower()


def test_an_unknown_example_is_not_found(client: TestClient):
    answer = client.post("/search", json={"like": ["nobody"]})
    assert answer.status_code == 404
    assert "id" in answer.json()["detail"]
