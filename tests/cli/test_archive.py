"""`satseek archive`: what it prints, what it writes, how it asks, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fakes.chips import box, card, chip, clustered, scattered
from satseek.archive.archive import Archive
from satseek.cli.archive import app

COMMANDS = ("info", "verify", "optimize", "export", "import", "delete", "history", "restore", "recall")


@pytest.fixture
def filled(tmp_path: Path) -> Archive:
    archive = Archive.create(str(tmp_path / "archive"), card())
    archive.add([*scattered(60, bbox=(-30, -20, 30, 20)), chip(90, properties={"platform": "s2a"})], clustered(61))
    return archive


def run(*words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=answer)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"satseek archive {command}" in result.stdout


def test_info_tells_people_and_scripts_the_same(filled: Archive) -> None:
    assert "61 chips, made with 'fake' 1" in run("info", filled.uri).stdout
    facts = json.loads(run("info", filled.uri, "--json").stdout)
    assert (facts["chips"], facts["sensors"]["s2"], facts["model"]["name"]) == (61, 20, "fake")


def test_verify_ends_in_0_for_a_sound_archive_and_in_1_for_a_broken_one(filled: Archive) -> None:
    assert run("verify", filled.uri).exit_code == 0
    filled._store._database.open_table("chips").update(where=f"id = '{chip(7).id}'", values={"caption": "changed"})
    result = run("verify", filled.uri, "--json")
    assert result.exit_code == 1
    assert chip(7).id in json.loads(result.stdout)["problems"][0]


def test_optimize_says_what_it_did(filled: Archive) -> None:
    filled.add([chip(200)], clustered(1))
    report = json.loads(run("optimize", filled.uri, "--keep-days", "0", "--json").stdout)
    assert report["fragments"] == [2, 1]
    assert report["versions_removed"] > 0
    assert "62 chips" in run("optimize", filled.uri).stdout


def test_export_writes_what_the_filters_choose(filled: Archive, tmp_path: Path) -> None:
    file = tmp_path / "out.geojson"
    result = run("export", filled.uri, "-o", str(file), "--bbox", "-20,-15,20,15", "--sensor", "s2")
    assert result.exit_code == 0, result.stderr
    features = json.loads(file.read_text())["features"]
    assert f"{len(features)} chips written" in result.stdout
    assert {each["properties"]["sensor"] for each in features} == {"s2"}
    (tmp_path / "area.geojson").write_text(json.dumps(box(-20, -15, 20, 15)))
    other = run("export", filled.uri, "-o", str(tmp_path / "x.csv"), "--area", str(tmp_path / "area.geojson"),
                "--sensor", "s2", "--json")  # fmt: skip
    assert json.loads(other.stdout) == {"chips": len(features), "file": str(tmp_path / "x.csv"), "format": "csv"}


def test_export_to_stdout_is_nothing_but_the_chips(filled: Archive) -> None:
    result = run("export", filled.uri, "-o", "-", "--format", "geojson", "--id", chip(3).id, "--id", chip(4).id)
    assert [each["id"] for each in json.loads(result.stdout)["features"]] == [chip(3).id, chip(4).id]
    assert run("export", filled.uri, "-o", "-", "--format", "geojson", "--json").exit_code == 2


def test_stac_items_are_real_ones(filled: Archive, tmp_path: Path) -> None:
    import pystac

    assert run("export", filled.uri, "-o", str(tmp_path / "items.ndjson"), "--datetime", "2024-01").exit_code == 0
    items = [pystac.Item.from_dict(json.loads(line)) for line in (tmp_path / "items.ndjson").read_text().splitlines()]
    assert len(items) == 31
    assert all("embeddings" in item.assets for item in items)


def test_what_was_exported_is_imported_and_a_bad_file_does_not_stop_the_others(filled: Archive, tmp_path: Path) -> None:
    good, bad = str(tmp_path / "chips.parquet"), str(tmp_path / "bad.parquet")
    run("export", filled.uri, "-o", good)
    Path(bad).write_bytes(b"no parquet")
    result = run("import", str(tmp_path / "copy"), bad, good, "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["files"][good]["added"] == 61
    assert list(report["refused"]) == [bad]
    again = run("import", str(tmp_path / "copy"), good)
    assert (again.exit_code, "0 chips added, 61 already there" in again.stdout) == (0, True)


def test_delete_asks_nobody_without_yes_and_tells_how_to_bring_chips_back(filled: Archive) -> None:
    refused = run("delete", filled.uri, "--sensor", "s1")
    assert refused.exit_code == 2
    assert "Remove 20 of 61 chips" in refused.stderr
    assert "--yes" in refused.stderr
    assert len(filled) == 61
    version = filled.version
    done = run("delete", filled.uri, "--sensor", "s1", "--yes")
    assert "20 chips removed, 41 remain" in done.stdout
    assert f"satseek archive restore {filled.uri} {version}" in done.stderr
    restored = json.loads(run("restore", filled.uri, str(version), "--yes", "--json").stdout)
    assert (restored["chips"], restored["restored"]) == (61, version)


@pytest.mark.parametrize(
    ("choice", "remain"),
    [
        (("--property", "platform=s2a"), 60), (("--source", "scene-0.tif"), 0), (("--datetime", "2024-01-02"), 60),
        (("--id", "nobody"), 61), (("--bbox", "-180,-90,180,90"), 1),
    ],
)  # fmt: skip
def test_delete_by_each_kind_of_choice(filled: Archive, choice: tuple[str, str], remain: int) -> None:
    result = run("delete", filled.uri, *choice, "--yes", "--json")
    assert json.loads(result.stdout)["chips"] == remain == len(filled)


def test_delete_without_a_choice_is_refused(filled: Archive) -> None:
    result = run("delete", filled.uri, "--yes")
    assert result.exit_code == 2
    assert "Nothing says which chips to remove" in result.stderr
    assert len(filled) == 61


def test_history_lists_the_newest_first(filled: Archive) -> None:
    filled.add([chip(300)], clustered(1))
    versions = json.loads(run("history", filled.uri, "--json", "-n", "2").stdout)
    assert [each["rows"] for each in versions] == [62, 61]
    assert "older ones are not shown" in run("history", filled.uri, "-n", "1").stderr


@pytest.mark.parametrize("command", [("info",), ("verify",), ("optimize",), ("history",), ("restore", "1", "--yes")])
def test_no_archive_is_one_line_and_exit_code_1(tmp_path: Path, command: tuple[str, ...]) -> None:
    result = run(command[0], str(tmp_path / "nowhere"), *command[1:])
    assert result.exit_code == 1
    assert "There is no archive" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_bad_box_and_an_unknown_format_are_usage_errors(filled: Archive, tmp_path: Path) -> None:
    bad = run("export", filled.uri, "-o", str(tmp_path / "x.csv"), "--bbox", "1,2,3")
    assert (bad.exit_code, "four numbers" in bad.stderr) == (2, True)
    unknown = run("export", filled.uri, "-o", str(tmp_path / "x"), "--format", "geojsn")
    assert (unknown.exit_code, "Did you mean 'geojson'?" in unknown.stderr) == (2, True)
