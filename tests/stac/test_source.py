from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.servers import Server, Troubles, file_server, stac_api
from fakes.stac_items import earth_search_item, item, planetary_item, radar_item, write_static_catalog
from satseek.core.errors import SourceError, UsageError
from satseek.stac.reading import Patience
from satseek.stac.source import is_stac, scenes_of_stac

BAND = {"vv": {"href": "https://cogs.test/vv.tif", "type": "image/tiff"}}


class Found:
    """What came of an address: scenes by id, refusals, and how long was waited between tries."""

    def __init__(self, address: str | Path, *, patience: dict | None = None, **options):
        self.refused: dict[str, str] = {}
        self.waits: list[float] = []
        patient = Patience(sleep=self.waits.append, **(patience or {}))
        self.scenes = list(
            scenes_of_stac(str(address), on_refused=self.refused.__setitem__, patience=patient, **options)
        )

    @property
    def names(self) -> list[str]:
        return [scene.id.removeprefix("scenes/") for scene in self.scenes]

    @property
    def only_refusal(self) -> str:
        (why,) = self.refused.values()
        return why


@pytest.fixture
def api() -> Iterator[Server]:
    items = [
        item(
            f"s{number}",
            BAND,
            bbox=(number, 0, number + 0.5, 1),
            datetime=f"2024-0{number + 1}-15T00:00:00Z",
            eo__cloud_cover=number * 10,
        )
        for number in range(7)
    ]
    with stac_api([*items, radar_item("other")], page_size=3) as server:
        yield server


def test_an_api_is_searched_through_all_its_pages(api: Server):
    found = Found(api.url, collections=["scenes"])

    assert found.names == ["s0", "s1", "s2", "s3", "s4", "s5", "s6"]
    assert found.refused == {}
    assert [request.method for request in api.requests if request.path.startswith("/search")] == ["POST"] * 3
    assert found.scenes[0].source == f"{api.url}/collections/scenes/items/s0"


def test_an_api_that_only_takes_get_is_asked_so():
    with stac_api([item(f"s{n}", BAND, eo__cloud_cover=n) for n in range(5)], page_size=2, methods=["GET"]) as api:
        assert Found(api.url, query="eo:cloud_cover<3", bbox="0,0,20,20", datetime="2024").names == ["s0", "s1", "s2"]
        assert api.asked("/search") == 2


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"bbox": "0.4,0,2.1,1"}, ["s0", "s1", "s2"]),
        ({"bbox": (3.9, 0, 4.1, 1)}, ["s4"]),
        ({"datetime": "2024-02/2024-03"}, ["s1", "s2"]),
        ({"datetime": "2024-06-15T00:00:00Z/.."}, ["s5", "s6"]),
        ({"query": "eo:cloud_cover<20"}, ["s0", "s1"]),
        ({"query": ["eo:cloud_cover>10", "eo:cloud_cover<=30"]}, ["s2", "s3"]),
        ({"bbox": "0,0,3,1", "datetime": "2024-03/..", "query": "eo:cloud_cover=20"}, ["s2"]),
        ({"collections": ["sentinel-1-rtc"]}, ["sentinel-1-rtc/other"]),
        ({"bbox": "50,50,60,60"}, []),
    ],
)
def test_an_api_is_searched_by_place_time_and_properties(api: Server, options: dict, names: list[str]):
    found = Found(api.url, **({"collections": ["scenes"]} | options))

    assert found.names == names
    assert found.refused == {}


@pytest.mark.parametrize(
    ("query", "filters", "extension"), [(True, True, "query"), (False, True, "filter"), (False, False, None)]
)
def test_properties_are_asked_in_the_way_the_api_knows_or_looked_at_here(
    query: bool, filters: bool, extension: str | None
):
    items = [item(f"s{number}", BAND, eo__cloud_cover=number) for number in range(6)]
    with stac_api(items, page_size=2, query=query, filters=filters) as api:
        found = Found(api.url, query=["eo:cloud_cover>=2", "eo:cloud_cover<5"])
        first = next(request.body for request in api.requests if request.path == "/search")

    assert found.names == ["s2", "s3", "s4"]
    assert {"query", "filter"} & first.keys() == ({extension} if extension else set())


def test_a_limit_stops_asking_for_pages(api: Server):
    assert Found(api.url, limit=2).names == ["s0", "s1"]
    assert api.asked("/search") == 1


def test_a_limit_counts_what_is_left_after_looking_at_properties_here():
    with stac_api([item(f"s{n}", BAND, eo__cloud_cover=n) for n in range(9)], page_size=3, query=False) as api:
        assert Found(api.url, query="eo:cloud_cover>=5", limit=2).names == ["s5", "s6"]


def test_a_box_over_the_date_line_is_asked_in_two_halves_and_an_item_in_both_comes_once():
    everywhere = item("both", BAND, bbox=(-180, 0, 180, 1))
    east, west = item("east", BAND, bbox=(178, 0, 179, 1)), item("west", BAND, bbox=(-179, 0, -178, 1))
    with stac_api([east, everywhere, west, item("far", BAND)]) as api:
        assert sorted(Found(api.url, bbox="170,-5,-170,5").names) == ["both", "east", "west"]


def test_a_collection_of_an_api_is_searched_alone(api: Server):
    assert Found(f"{api.url}/collections/scenes", bbox="0,0,1,1").names == ["s0", "s1"]
    assert api.asked("/search") == 1


def test_the_items_of_an_api_and_a_single_one_are_addresses_too(api: Server):
    assert Found(f"{api.url}/collections/scenes/items").names == ["s0", "s1", "s2", "s3", "s4", "s5", "s6"]
    assert Found(f"{api.url}/collections/scenes/items/s3").names == ["s3"]
    assert Found(f"{api.url}/search?limit=2", bbox="0,0,2.1,1").names == ["s0", "s1", "s2"]


def test_an_api_that_stumbles_twice_and_then_works_is_fine():
    with stac_api([item("a", BAND)], troubles=Troubles([500, 500], where="/search")) as api:
        found = Found(api.url)

    assert found.names == ["a"]
    assert found.refused == {}
    assert found.waits == [0.5, 1.0]


def test_an_api_that_never_works_is_refused_with_what_to_do():
    with stac_api([item("a", BAND)], troubles=Troubles(always=500, where="/search")) as api:
        found = Found(api.url)

    assert found.scenes == []
    assert "answered with error 500, 5 times over. Try again later" in found.refused[api.url]
    assert found.waits == [0.5, 1.0, 2.0, 4.0]


def test_a_server_that_says_when_to_come_back_is_obeyed_within_bounds():
    with stac_api([item("a", BAND)], troubles=Troubles([429], where="/search", retry_after="7")) as api:
        assert Found(api.url).waits == [7.0]
    with stac_api([item("a", BAND)], troubles=Troubles([503], where="/search", retry_after="86400")) as api:
        assert Found(api.url).waits == [30.0]


def test_a_page_that_fails_ends_the_search_but_keeps_what_was_found(api: Server):
    asked = []

    def fail_after_the_first(scene_id: str) -> None:
        asked.append(scene_id)
        api.troubles.always, api.troubles.where = 500, "/search"

    refused: dict[str, str] = {}
    patience = Patience(tries=2, sleep=lambda seconds: None)
    for scene in scenes_of_stac(api.url, on_refused=refused.__setitem__, patience=patience):
        fail_after_the_first(scene.id)

    assert asked == ["scenes/s0", "scenes/s1", "scenes/s2"]
    assert "error 500" in refused[api.url]


def test_a_slow_server_is_given_up_after_the_timeout():
    with stac_api([item("a", BAND)], troubles=Troubles(delay_s=0.3, where="^/$")) as api:
        found = Found(api.url, patience={"tries": 2, "timeout_s": 0.05})

    assert "did not answer within 0.05 seconds, 2 times over" in found.only_refusal


def test_an_answer_that_drips_in_for_ever_is_given_up():
    with stac_api([item("a", BAND)]) as api:
        found = Found(api.url, patience={"tries": 2, "longest_answer_s": 0.0})

    assert "took over 0 seconds for one answer, 2 times over" in found.only_refusal


def test_a_server_that_is_not_there_is_said():
    with stac_api([]) as gone:
        pass
    assert "cannot be reached, 3 times over" in Found(gone.url, patience={"tries": 3}).only_refusal


@pytest.mark.parametrize(
    ("status", "help_text"), [(401, "wants a login"), (403, "does not let us in"), (404, "Check the address")]
)
def test_a_refusal_is_not_asked_again_and_says_what_to_do(status: int, help_text: str):
    with stac_api([], troubles=Troubles(always=status)) as api:
        found = Found(api.url)
        assert len(api.requests) == 1

    assert help_text in found.only_refusal
    assert found.waits == []


def test_an_api_that_repeats_its_page_for_ever_is_left():
    with stac_api([item(f"s{n}", BAND) for n in range(3)], page_size=2, endless=True) as api:
        found = Found(api.url)

    assert found.names == ["s0", "s1"]
    assert "same page again and again" in found.only_refusal


def test_a_bad_item_among_the_answers_is_refused_and_the_rest_goes_on():
    bad = item("bad", {"info": {"href": "a.xml", "type": "application/xml"}})
    with stac_api([item("a", BAND), bad, item("b", BAND)]) as api:
        found = Found(api.url)

    assert found.names == ["a", "b"]
    assert list(found.refused) == [f"{api.url}/collections/scenes/items/bad"]
    assert "are no images" in found.only_refusal


def test_an_answer_that_is_no_api_is_said():
    with stac_api([item("a", BAND)], troubles=Troubles([200], where="/search")) as api:
        assert "not valid JSON" in Found(api.url).only_refusal


def test_a_static_catalog_is_walked_and_filtered_here(tmp_path: Path):
    items = [item(f"s{number}", BAND, bbox=(number, 0, number + 0.5, 1), eo__cloud_cover=number) for number in range(5)]
    catalog = write_static_catalog(tmp_path, items)

    assert Found(catalog).names == ["s0", "s1", "s2", "s3", "s4"]
    assert Found(catalog, bbox="0.9,0,3.1,1", query="eo:cloud_cover!=2").names == ["s1", "s3"]
    assert Found(catalog, datetime="2025").names == []
    assert Found(catalog, collections=["scenes"], limit=1).names == ["s0"]
    assert Found(catalog, collections=["other"]).names == []
    assert Found(tmp_path / "collection" / "collection.json").names == ["s0", "s1", "s2", "s3", "s4"]


def test_an_item_is_the_same_scene_from_its_catalog_and_by_itself(tmp_path: Path):
    catalog = write_static_catalog(tmp_path, [item("a", BAND)])
    place = tmp_path / "collection" / "a" / "a.json"

    assert Found(catalog).scenes == Found(place).scenes == Found(place.as_uri()).scenes
    assert Found(catalog).scenes[0].source == str(place)


def test_relative_assets_are_found_from_the_item_on_disk_and_on_the_web(tmp_path: Path):
    catalog = write_static_catalog(tmp_path, [item("a", {"vv": {"href": "./vv.tif"}, "vh": {"href": "../vh.tif"}})])
    for place in ("a/vv.tif", "vh.tif"):
        (tmp_path / "collection" / place).write_bytes(b"")

    (on_disk,) = Found(catalog).scenes
    assert [band.href for band in on_disk.bands] == [
        str(tmp_path / "collection" / place) for place in ("a/vv.tif", "vh.tif")
    ]
    with file_server(tmp_path) as server:
        (on_web,) = Found(f"{server.url}/catalog.json").scenes
    assert [band.href for band in on_web.bands] == [
        f"{server.url}/collection/{place}" for place in ("a/vv.tif", "vh.tif")
    ]


def test_a_static_catalog_on_the_web_survives_a_stumbling_server(tmp_path: Path):
    catalog = write_static_catalog(tmp_path, [item("a", BAND), item("b", BAND)])
    with file_server(tmp_path, troubles=Troubles([503, 502], where="b.json")) as server:
        found = Found(f"{server.url}/{catalog.name}")

    assert found.names == ["a", "b"]
    assert found.waits == [0.5, 1.0]


def test_broken_documents_of_a_catalog_are_refused_and_the_rest_goes_on(tmp_path: Path):
    items = [item(f"s{number}", BAND) for number in range(6)]
    catalog = write_static_catalog(tmp_path, items)
    places = [tmp_path / "collection" / f"s{number}" / f"s{number}.json" for number in range(6)]
    places[0].unlink()
    places[1].write_text('{"type": "Feature", ')
    places[2].write_text("[1, 2]")
    places[3].write_text('{"type": "FeatureCollection", "features": [{"type": "Feature"}]}')
    places[4].write_bytes(b"\x89PNG\r\n\xff\xfe")
    found = Found(catalog)

    assert found.names == ["s5"]
    assert list(found.refused) == [str(place) for place in places[:5]]
    why = list(found.refused.values())
    assert "does not exist" in why[0]
    assert "is not valid JSON" in why[1]
    assert "not a STAC item, collection or catalog" in why[2]
    assert "no STAC item, collection or catalog" in why[3]
    assert "is not text" in why[4]


def test_links_in_a_circle_are_followed_once(tmp_path: Path):
    catalog = write_static_catalog(tmp_path, [item("a", BAND)])
    document = json.loads(catalog.read_text())
    document["links"] += [
        {"rel": "child", "href": "./catalog.json"},
        {"rel": "child", "href": "collection/../catalog.json"},
    ]
    document["links"] += [{"rel": "child", "href": "./collection/collection.json"}, {"rel": "child"}, "nonsense"]
    catalog.write_text(json.dumps(document))

    assert Found(catalog).names == ["a"]
    assert Found(catalog).refused == {}


def test_a_list_of_items_in_one_file_is_a_source(tmp_path: Path):
    listed = {
        "type": "FeatureCollection",
        "features": [item("a", BAND), {"type": "Feature", "id": "x"}, item("b", BAND)],
    }
    place = tmp_path / "items.geojson"
    place.write_text(json.dumps(listed))
    found = Found(place)

    assert found.names == ["a", "b"]
    assert [scene.source for scene in found.scenes] == [f"{place}#a", f"{place}#b"]
    assert list(found.refused) == [f"{place}#x"]


def test_a_file_that_is_too_large_for_a_catalog_is_not_read(tmp_path: Path):
    catalog = write_static_catalog(tmp_path, [item("a", BAND), item("b", BAND | {"padding": {"href": "x" * 20_000}})])
    found = Found(catalog, patience={"most_bytes": 10_000})

    assert found.names == ["a"]
    assert "larger than 0 MB, too large for catalog JSON" in found.only_refusal
    with file_server(tmp_path) as server:
        on_web = Found(f"{server.url}/catalog.json", patience={"most_bytes": 10_000})
    assert on_web.names == ["a"]
    assert "too large for catalog JSON" in on_web.only_refusal


@pytest.mark.parametrize("text", ["", "null", "{}", '{"type": "FeatureCollection", "features": []}', "[" * 100_000])
def test_json_that_is_not_stac_is_refused(tmp_path: Path, text: str):
    place = tmp_path / "a.json"
    place.write_text(text)

    assert Found(place).only_refusal
    assert not is_stac(str(place))


def test_options_that_cannot_be_understood_stop_before_anything_is_asked(api: Server):
    for options in (
        {"bbox": "3,2,1"},
        {"bbox": "0,5,1,2"},
        {"datetime": "2025/2024"},
        {"query": "cloudy"},
        {"sensor": "s9"},
    ):
        with pytest.raises(UsageError):
            Found(api.url, **options)
    assert api.requests == []


def test_a_sensor_and_bands_are_asked_of_every_item():
    with stac_api([earth_search_item("a"), planetary_item("b"), radar_item("c")]) as api:
        found = Found(api.url, sensor="s2", bands=["B02", "B11"])

    assert [[band.name for band in scene.bands] for scene in found.scenes] == [["B02", "B11"], ["B02", "B11"]]
    assert "no 's2' bands; it offers s1" in found.only_refusal


def test_stac_is_told_from_other_addresses(tmp_path: Path, api: Server):
    catalog = write_static_catalog(tmp_path, [item("a", BAND)])
    labels = tmp_path / "labels.geojson"
    labels.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": null}]}'
    )
    (tmp_path / "scene.tif").write_bytes(b"II*\0")

    assert is_stac(str(catalog))
    assert is_stac(str(tmp_path / "collection/a/a.json"))
    assert is_stac(catalog.as_uri())
    assert is_stac(api.url)
    assert not is_stac(str(labels))
    assert not is_stac(str(tmp_path / "scene.tif"))
    assert not is_stac(str(tmp_path / "none.json"))
    assert not is_stac(str(tmp_path))
    with file_server(tmp_path) as server:
        assert is_stac(f"{server.url}/catalog.json")
        assert not is_stac(f"{server.url}/labels.geojson")
        assert not is_stac(f"{server.url}/scene.tif")
        assert server.asked("/scene.tif") == 0
        with pytest.raises(SourceError, match="error 404"):
            is_stac(f"{server.url}/none")
