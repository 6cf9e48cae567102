import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from fakes.services import serving
from satseek.core.errors import UsageError
from satseek.service.settings import Settings


def test_another_host_needs_a_token_or_a_word_aloud():
    with pytest.raises(UsageError, match="--no-auth"):
        Settings("a", host="0.0.0.0")
    assert Settings("a", host="0.0.0.0", no_auth=True).hosts == ()
    assert Settings("a", host="0.0.0.0", token="long-enough").hosts == ()
    assert "localhost" in Settings("a").hosts
    with pytest.raises(UsageError, match="8 characters"):
        Settings("a", token="short")
    with pytest.raises(UsageError, match="origin"):
        Settings("a", cors=("maps.example.org",))


def test_a_token_is_asked_for_everywhere_but_at_the_health_check(painted_archive: Path):
    with serving(painted_archive, token="open-sesame") as client:
        for path in ("/", "/search", "/collections", "/archive", "/metrics", "/openapi.json", "/items/x/thumbnail"):
            assert client.get(path).status_code == 401, path
        assert client.get("/search", headers={"Authorization": "Bearer open-sesam"}).status_code == 401
        assert client.get("/search", headers={"Authorization": "Basic open-sesame"}).status_code == 401
        assert client.get("/search", headers={b"authorization": "Bearer é".encode()}).status_code == 401
        assert client.get("/search?token=open-sesame").status_code == 401
        assert client.get("/search", headers={"Authorization": "Bearer open-sesame"}).status_code == 200
        assert client.get("/healthz").status_code == 200


def test_a_name_that_is_not_this_machines_is_refused_without_a_token(client: TestClient):
    for host in ("evil.example", "localhost.evil.example", "evil.example:8000", ""):
        assert client.get("/search", headers={"host": host}).status_code == 421
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert client.get("/search", headers={"host": host}).status_code == 200


def test_other_origins_are_let_in_only_where_they_are_named(painted_archive: Path, client: TestClient):
    origin = {"Origin": "https://maps.example.org"}
    assert "access-control-allow-origin" not in client.get("/search", headers=origin).headers
    with serving(painted_archive, cors=("https://maps.example.org",)) as open_client:
        named = open_client.get("/search", headers=origin)
        assert named.headers["access-control-allow-origin"] == origin["Origin"]
        assert "cross-origin-resource-policy" not in named.headers  # its pictures may be shown there
        other = open_client.get("/search", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


def every_answer(client: TestClient) -> Iterator[str]:
    item = client.get("/search", params={"limit": 1}).json()["features"][0]["id"]
    for path in (
        "/", "/conformance", "/collections", "/collections/s1", "/collections/s1/items?limit=100", "/queryables",
        "/search?q=water&limit=100", "/search?f=csv&limit=100", f"/items/{item}", f"/items/{item}/similar", "/archive",
        "/suggest", "/healthz", "/metrics", f"/tilejson.json?item={item}", "/openapi.json", "/search?f=geoparquet",
        "/items/none", "/search?bbox=1", f"/items/{item}/why?q=water",
    ):  # fmt: skip
        answer = client.get(path)
        yield answer.content.decode("utf-8", "replace") + json.dumps(dict(answer.headers))
    scene = client.get("/scenes").json()["features"][0]["id"]
    for asked in ({}, {"encode": True}, {"bbox": [0, 0, 1, 1]}):
        yield client.post("/locate", json={"q": "water", "scene": scene, **asked}).text


@pytest.mark.slow
def test_no_answer_tells_where_anything_lies_on_the_disk(client: TestClient, painted_archive: Path):
    catalog_folder = str(painted_archive.parent.parent)
    for text in every_answer(client):
        assert catalog_folder not in text
        assert str(painted_archive) not in text
        assert ".tif" not in text.replace("/heat.tif", "")  # the one that the service makes itself
        assert "file://" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/items/../../etc/passwd", "/items/..%2f..%2fetc%2fpasswd/thumbnail", "/items/%2fetc%2fpasswd",
        "/page/../app.py",
        "/page/%2e%2e/%2e%2e/settings.py", "/collections/..%2f..", "/tiles/0/0/0?item=/vsicurl/http://127.0.0.1/x",
        "/items/x%00y", "//etc/passwd", "/tiles/0/0/..", "/static/../app.py", "/items/%ff%fe",
    ],
)  # fmt: skip
def test_a_path_trick_finds_nothing(client: TestClient, path: str):
    answer = client.get(path)
    assert answer.status_code in (400, 404), answer.status_code
    assert "root:" not in answer.text
    assert "import" not in answer.text


def deep(levels: int) -> str:
    return '{"filter": ' + '{"op": "not", "args": [' * levels + "1" + "]}" * levels + "}"


POLYGON = [[x / 1e4, 0] for x in range(100_000)] + [[10, 10], [0, 0]]
HOSTILE = {
    "10⁵ vertices": json.dumps({"intersects": {"type": "Polygon", "coordinates": [POLYGON]}}),
    "10⁵ vertices of a line": json.dumps({"intersects": {"type": "LineString", "coordinates": POLYGON}}),
    "a deep filter": deep(30_000),
    "a deep list": "[" * 200_000,
    "deep geometries": '{"intersects": ' + '{"type": "Feature", "geometry": ' * 5_000 + "{}" + "}" * 5_001,
    "deep collections": '{"intersects": '
    + '{"type": "GeometryCollection", "geometries": [' * 2_000
    + "]}" * 2_000
    + "}",
    "SQL in a filter": json.dumps({"filter": "id = 'x' OR 1=1; DROP TABLE chips --"}),
    "SQL in a text": json.dumps({"filter": "platform = 'x'' OR ''1''=''1' AND"}),
    "SQL in an id": json.dumps({"like": ["x' OR '1'='1"]}),
    "many parentheses": json.dumps({"filter": "(" * 3_900}),
    "a long filter": json.dumps({"filter": "a = 1 AND " * 3_000}),
    "endless numbers": '{"bbox": [NaN, Infinity, 1, 2]}',
    "a huge number": '{"limit": 1' + "0" * 4_000 + "}",
    "a weight without end": '{"q": "x", "weight": 1e999}',
    "half a letter": '{"q": "\\ud800"}',
    "half a letter in a filter": '{"filter": "a = \'\\ud800\'"}',
    "half a letter in a property": '{"properties": {"\\udfff": "x"}}',
    "a zero byte": '{"must": ["a\\u0000b"]}',
    "no JSON": "q=water",
    "a list": "[]",
    "nothing": "",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_question_is_refused_in_words(client: TestClient, what: str):
    answer = client.post("/search", content=HOSTILE[what].encode(), headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 404, 413), answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/search", params={"limit": 1}).status_code == 200


def test_sql_inside_a_text_matches_nothing(client: TestClient):
    for attack in ("x' OR '1'='1", "x'') OR true --", "%' OR sensor LIKE '%"):
        for question in (
            {"filter": {"op": "=", "args": [{"property": "platform"}, attack]}}, {"ids": [attack]},
            {"properties": {"platform": attack}}, {"properties": {attack: "x"}},
        ):  # fmt: skip
            answer = client.post("/search", json=question)
            assert answer.status_code == 200
            assert answer.json()["numberMatched"] == 0


def test_a_body_that_is_too_large_is_refused_told_or_untold(painted_archive: Path):
    with serving(painted_archive, limits={"body_bytes": 10_000}) as client:
        told = client.post("/search", json={"q": "x" * 20_000})
        assert told.status_code == 413
        untold = client.post("/search", content=(b" " * 1_000 for _ in range(20)))
        assert untold.status_code == 413
        assert client.post("/search", json={"q": "water"}).status_code == 200


def test_too_much_at_once_is_told_to_come_again(painted_archive: Path):
    with serving(painted_archive, limits={"threads": 1, "waiting": 0}) as client:
        desk = client.app.state.desk
        free, started = threading.Event(), threading.Event()
        client.portal.start_task_soon(desk.run, lambda: (started.set(), free.wait(10)))
        assert started.wait(5)
        answer = client.get("/search")
        free.set()
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
    with serving(painted_archive, limits={"requests": 0}) as client:
        assert client.get("/healthz").status_code == 503


def test_what_takes_too_long_is_given_up(painted_archive: Path, monkeypatch: pytest.MonkeyPatch):
    with serving(painted_archive, limits={"seconds": 0.2}) as client:
        free = threading.Event()
        monkeypatch.setattr(client.app.state.desk.library, "ask", lambda query: free.wait(5))
        answer = client.get("/search", params={"q": "water"})
        free.set()
        assert answer.status_code == 504
        assert "0.2 s" in answer.json()["detail"]


def test_a_fault_of_ours_is_a_problem_without_a_trace(painted_archive: Path, monkeypatch: pytest.MonkeyPatch):
    with serving(painted_archive) as client:
        monkeypatch.setattr(client.app.state.desk.library, "ask", lambda query: 1 / 0)
        answer = client.get("/search", params={"q": "water"})
        assert answer.status_code == 500
        assert "ZeroDivision" not in answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_answers_carry_what_keeps_browsers_safe(client: TestClient):
    headers = client.get("/search").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_metrics_count_requests_by_route_and_stages(client: TestClient):
    client.get("/search", params={"q": "water"})
    client.get("/items/nobody/thumbnail")
    text = client.get("/metrics").text
    assert 'satseek_requests_total{method="GET",route="/search",status="200"}' in text
    assert 'route="/items/{item_id}/thumbnail",status="404"' in text
    assert "nobody" not in text
    assert 'satseek_search_stage_seconds_count{stage="encode"}' in text
    assert "satseek_archive_chips 34.0" in text
    assert "satseek_model_info{dimensions=" in text
