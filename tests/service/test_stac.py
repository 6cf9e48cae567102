import json

import pystac
import pystac_client
import pytest
from fastapi.testclient import TestClient
from pystac.validation import validate_dict
from pystac.validation.stac_validator import JsonSchemaSTACValidator


class Bridge:
    """Lets pystac-client ask an application in this process."""

    def __init__(self, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        def request(io: pystac_client.stac_api_io.StacApiIO, href: str, method=None, headers=None, parameters=None):
            if (method or "GET") == "POST":
                answer = client.post(href, json=parameters)
            else:
                answer = client.get(href, params=parameters or None)
            assert answer.status_code == 200, answer.text
            return answer.text

        monkeypatch.setattr(pystac_client.stac_api_io.StacApiIO, "request", request)


@pytest.fixture
def catalog(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> pystac_client.Client:
    Bridge(client, monkeypatch)
    return pystac_client.Client.open("http://localhost/")


def test_pystac_client_opens_it_and_sees_a_collection_for_each_sensor(catalog: pystac_client.Client):
    assert {each.id for each in catalog.get_collections()} == {"rgb", "s1", "s2"}
    assert catalog.conforms_to("ITEM_SEARCH")
    assert catalog.conforms_to("FILTER")
    assert catalog.get_collection("s1").extent.spatial.bboxes[0][0] < 10


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pystac_client_searches_and_pages(catalog: pystac_client.Client, client: TestClient, method: str):
    search = catalog.search(method=method, collections=["rgb", "s1"], limit=4, max_items=None)
    wanted = client.post("/search", json={"sensors": ["rgb", "s1"], "limit": 1000}).json()
    assert search.matched() == wanted["numberMatched"]
    assert [item.id for item in search.items()] == [item["id"] for item in wanted["features"]]


def test_pystac_client_filters_by_place_date_and_cql2(catalog: pystac_client.Client):
    one = next(catalog.search(collections=["s2"], limit=1).items())
    found = list(
        catalog.search(
            collections=["s2"], bbox=one.bbox, datetime=one.datetime, filter="gsd > 1 AND collection = 's2'",
            filter_lang="cql2-text", method="GET",
        ).items()
    )  # fmt: skip
    assert one.id in {item.id for item in found}
    assert {item.collection_id for item in found} == {"s2"}


def test_a_collection_lists_its_items_and_gives_each_alone(catalog: pystac_client.Client):
    collection = catalog.get_collection("rgb")
    items = list(collection.get_items())
    assert len(items) == 18
    assert collection.get_item(items[0].id).to_dict()["id"] == items[0].id


def test_every_item_collection_and_the_landing_page_meet_the_stac_schemas(client: TestClient):
    pytest.importorskip("jsonschema")
    landing = client.get("/").json()
    _valid(landing)
    for collection in client.get("/collections").json()["collections"]:
        _valid(collection)
    for item in client.get("/search", params={"limit": 1000}).json()["features"]:
        _valid(item)
    for item in client.get("/search", params={"q": "water", "limit": 3}).json()["features"]:
        _valid(client.get(f"/items/{item['id']}").json())


def _valid(stac: dict) -> None:
    """Check against the schemas that pystac brings; those of extensions live on the network."""
    validate_dict({**stac, "stac_extensions": []}, validator=JsonSchemaSTACValidator())


def test_links_lead_where_they_say(client: TestClient):
    item = client.get("/search", params={"limit": 1}).json()["features"][0]
    for link in item["links"]:
        if link["rel"] != "xyz":
            assert client.get(link["href"]).status_code == 200, link
    for asset in item["assets"].values():
        assert client.get(asset["href"]).headers["content-type"] == asset["type"]
    for link in client.get("/").json()["links"]:
        assert client.get(link["href"]).status_code == 200, link


def test_queryables_name_what_filters_can_ask(client: TestClient):
    names = client.get("/queryables").json()["properties"]
    assert {"gsd", "datetime", "satseek:labels", "satseek:place"} <= set(names)
    for name, kind in names.items():
        if kind["type"] == "number":
            assert client.get("/search", params={"filter": f'"{name}" >= 0'}).status_code == 200, name


def test_what_does_not_exist_is_not_found(client: TestClient):
    item = client.get("/search", params={"limit": 1, "sensors": "rgb"}).json()["features"][0]
    for path in (
        "/collections/s9",
        "/collections/s9/items",
        "/items/none",
        f"/collections/s1/items/{item['id']}",
        "/x",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_openapi_document_describes_every_path_with_its_problems(client: TestClient):
    document = client.get("/openapi.json").json()
    assert {"/search", "/search/image", "/items/{item_id}/similar", "/tiles/{z}/{x}/{y}", "/suggest"} <= set(
        document["paths"]
    )
    assert "/ingest" not in document["paths"]
    assert "examples" in json.dumps(document["components"]["schemas"]["Search"])
    assert document["paths"]["/search"]["post"]["responses"]["400"]["content"].keys() == {"application/problem+json"}


def test_an_item_is_what_pystac_reads(client: TestClient):
    item = client.get("/search", params={"limit": 1}).json()["features"][0]
    read = pystac.Item.from_dict(item)
    assert read.datetime is not None
    assert {link.rel for link in read.links} >= {"similar", "collection"}
