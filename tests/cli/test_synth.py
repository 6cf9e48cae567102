"""`satseek synth` at the terminal."""

import json

import pystac
import typer
from typer.testing import CliRunner

from satseek.cli import synth

app = typer.Typer()
app.command()(synth.run)


def _ran(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_it_paints_a_catalog_and_says_where(tmp_path):
    result = _ran(tmp_path / "w", "--scenes", 1, "--size", 64, "--sensors", "rgb,s1")
    assert result.exit_code == 0
    assert f"satseek ingest ./archive {tmp_path / 'w' / 'catalog.json'}" in result.stderr
    assert result.stdout == ""
    items = pystac.Catalog.from_file(str(tmp_path / "w" / "catalog.json")).get_items(recursive=True)
    assert sorted(item.id for item in items) == ["upper-rhine-rgb", "upper-rhine-s1"]


def test_json_goes_to_stdout_and_nothing_else(tmp_path):
    result = _ran(tmp_path / "w", "--scenes", 1, "--size", 64, "--sensors", "s1", "--seed", 3, "--json")
    assert json.loads(result.stdout) == {
        "catalog": str(tmp_path / "w" / "catalog.json"),
        "scenes": 1,
        "size": 64,
        "seed": 3,
        "sensors": ["s1"],
    }
    assert result.stderr == ""


def test_quiet_says_nothing(tmp_path):
    result = _ran(tmp_path / "w", "--scenes", 1, "--size", 64, "--sensors", "s1", "--quiet")
    assert (result.exit_code, result.output) == (0, "")


def test_a_full_folder_is_not_overwritten_without_force(tmp_path):
    _ran(tmp_path / "w", "--scenes", 1, "--size", 64, "--sensors", "s1")
    result = _ran(tmp_path / "w", "--scenes", 1, "--size", 64, "--sensors", "s1")
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert _ran(tmp_path / "w", "--scenes", 1, "--size", 64, "--sensors", "s1", "--force").exit_code == 0


def test_an_unknown_sensor_is_answered_with_those_that_are_known(tmp_path):
    result = _ran(tmp_path / "w", "--sensors", "rgb,s3")
    assert result.exit_code == 2
    assert "There is no sensor called 's3'" in result.stderr


def test_an_unknown_label_is_answered_with_the_nearest(tmp_path):
    result = _ran(tmp_path / "w", "--without", "airprot")
    assert result.exit_code == 2
    assert "Did you mean 'airport'?" in result.stderr


def test_ctrl_c_leaves_a_way_to_go_on(tmp_path, monkeypatch):
    import satseek.synthetic.catalog as writing

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "write_catalog", interrupt)
    result = _ran(tmp_path / "w")
    assert result.exit_code == 130
    assert "the same command goes on where it stood" in result.stderr


def test_help_has_examples():
    text = _ran("--help").output
    assert "satseek synth ./world" in text
    assert "--sensors" in text
