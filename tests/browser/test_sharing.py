"""What was found can be taken along: as an address, as a command, as a file."""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import geopandas
import httpx
from playwright.sync_api import expect

from fakes.browsers import Seen, Serving

ADDRESS = "/?q=a+river&must=bridge&sensors=rgb,s2"


def test_a_reload_brings_back_the_question_and_its_answer(seen: Seen):
    seen.open().ask("a river -cloud must:bridge")
    before, kinds = seen.cards(), seen.at("chip").evaluate_all("chips => chips.map(chip => chip.dataset.kind)")
    assert sorted(kinds) == ["must", "not", "sentence"]
    seen.page.reload()
    seen.ready()
    assert seen.cards() == before
    assert sorted(seen.at("chip").evaluate_all("chips => chips.map(chip => chip.dataset.kind)")) == sorted(kinds)


def test_back_and_forward_go_through_the_questions(seen: Seen):
    seen.open().ask("river")
    first = seen.cards()
    seen.ask("a town with roads")
    second = seen.cards()
    assert first != second
    seen.page.go_back()
    expect(seen.at("query-input").or_(seen.at("chips")).first).to_be_visible()
    seen.page.wait_for_function("id => document.querySelector('[data-testid=card]')?.dataset.id === id", arg=first[0])
    assert "river" in seen.page.url
    assert seen.cards() == first
    seen.page.go_forward()
    seen.page.wait_for_function("id => document.querySelector('[data-testid=card]')?.dataset.id === id", arg=second[0])
    assert seen.cards() == second


def test_a_link_shows_the_same_in_a_second_browser(seen: Seen, service: Serving, over: Callable[..., Seen]):
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    seen.open(ADDRESS).ready()
    seen.card(0).get_by_test_id("card-open").click()
    seen.at("detail-close").click()
    seen.at("share").click()
    seen.at("copy-url").click()
    link = seen.page.evaluate("navigator.clipboard.readText()")
    other = over(service.url)
    other.page.goto(link)
    other.ready()
    assert other.cards() == seen.cards()
    expect(other.page.locator("[data-testid=chip][data-kind=must]")).to_contain_text("bridge")
    assert other.complaints == []


def test_the_command_and_the_program_that_are_copied_ask_the_same(seen: Seen):
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    seen.open(ADDRESS).ready()
    seen.at("share").click()
    seen.at("copy-curl").click()
    command = seen.page.evaluate("navigator.clipboard.readText()")
    assert command.startswith("curl")
    answer = json.loads(subprocess.run(["bash", "-c", f"{command} -s"], capture_output=True, check=True).stdout)
    shown = seen.cards()
    assert [item["id"] for item in answer["features"] if item["id"] in shown] == shown
    if not seen.at("copy-python").is_visible():
        seen.at("share").click()
    seen.at("copy-python").click()
    program = seen.page.evaluate("navigator.clipboard.readText()")
    compile(program, "copied", "exec")
    assert "bridge" in program


def test_the_geojson_that_is_exported_opens_in_geopandas(seen: Seen, tmp_path: Path):
    seen.open(ADDRESS).ready()
    shown = seen.cards()
    seen.at("export").click()
    with seen.page.expect_download() as waiting:
        seen.at("export-geojson").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    frame = geopandas.read_file(path)
    assert frame.crs.to_epsg() == 4326
    assert set(shown) <= set(frame["id"])
    assert frame.geometry.notna().all()


def test_parquet_and_csv_are_exported_too(seen: Seen):
    seen.open(ADDRESS).ready()
    for button, ending in (("export-geoparquet", "parquet"), ("export-csv", "csv")):
        if not seen.at(button).is_visible():
            seen.at("export").click()
        with seen.page.expect_download() as waiting:
            seen.at(button).click()
        content = Path(waiting.value.path()).read_bytes()
        assert waiting.value.suggested_filename.endswith(ending)
        if ending == "parquet":
            assert len(geopandas.read_parquet(io.BytesIO(content))) >= len(seen.cards())
        else:
            assert content.decode().count("\n") > len(seen.cards())


def test_the_stac_link_of_a_result_is_an_item(seen: Seen):
    seen.open(ADDRESS).ready()
    seen.card(0).get_by_test_id("card-open").click()
    link = seen.at("detail-stac").get_attribute("href") or ""
    item = httpx.get(httpx.URL(seen.url).join(link)).json()
    assert item["id"] == seen.cards()[0]
    assert re.match(r"\d+\.\d+\.\d+", item["stac_version"])
