"""Archives that cannot be opened or filled, and the ones that are filled twice at once: nothing held is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from fakes.command import Ran, chips_of, land, satseek
from satseek.archive.archive import Archive

CUT = ("--chip", 50, "--overlap", 0)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    assert satseek("ingest", tmp_path / "archive", land(tmp_path / "first.tif"), *CUT, "--quiet").code == 0
    return tmp_path / "archive"


def test_a_file_is_no_archive(tmp_path: Path) -> None:
    path = land(tmp_path / "a.tif")
    before = Path(path).read_bytes()
    for words in (("ingest", path, path), ("search", path, "water"), ("archive", "info", path)):
        ran = satseek(*words)
        assert ran.code == 1
        assert "is a file" in ran.why
    assert Path(path).read_bytes() == before


def test_a_folder_of_other_things_is_not_filled(tmp_path: Path) -> None:
    scene = land(tmp_path / "a.tif")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_bytes(b"sea")
    ran = satseek("ingest", tmp_path / "photos", scene)
    assert ran.code == 1
    assert "not an archive" in ran.why
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["holiday.jpg"]


def test_a_folder_that_may_not_be_entered_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(self: Path, **_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(self))

    scene = land(tmp_path / "a.tif")
    monkeypatch.setattr(Path, "stat", forbidden)
    ran = satseek("ingest", tmp_path / "closed" / "archive", scene)
    assert ran.code == 1
    assert "permission denied" in ran.why
    assert "closed/archive" in ran.why


def test_a_missing_archive_says_how_to_fill_one(tmp_path: Path) -> None:
    ran = satseek("search", tmp_path / "none", "water")
    assert ran.code == 1
    assert "satseek ingest" in ran.why


def test_an_archive_of_a_newer_schema_is_left_alone(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("satseek.archive.schema.SCHEMA_VERSION", 0)
    for words in (("ingest", filled, land(filled.parent / "b.tif")), ("search", filled, "water")):
        ran = satseek(*words)
        assert ran.code == 1
        assert "newer" in ran.why
    monkeypatch.undo()
    assert len(chips_of(filled)) == 4


def in_a_process(setting: str, *words: object) -> Ran:
    """Run the program in a process of its own that has been restricted by a line of Python."""
    code = f"import os, resource, sys\nfrom satseek.cli.app import app\n{setting}\napp(sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True)
    return Ran(done.returncode, done.stdout, done.stderr)


AS_NOBODY = """
import pathlib
app(["ingest", sys.argv[2] + "-warm", sys.argv[3], "--quiet"], standalone_mode=False)
os.setuid(65534)
"""


@pytest.mark.slow
def test_a_read_only_archive_is_not_written_and_can_still_be_asked() -> None:
    with tempfile.TemporaryDirectory() as name:  # not pytest's folder: only its owner may enter that
        folder = Path(name)
        folder.chmod(0o755)
        archive, first, second = folder / "archive", land(folder / "a.tif"), land(folder / "b.tif", seed=2)
        satseek("ingest", archive, first, *CUT, "--quiet")
        for path in (archive, *archive.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        setting = AS_NOBODY if os.getuid() == 0 else ""  # root may write everywhere
        ran = in_a_process(setting, "ingest", archive, second, *CUT)
        assert ran.code == 1, ran.err
        assert "permission denied" in ran.why.lower()
        assert "0 chips of this run" in ran.why
        found = in_a_process(setting.replace("sys.argv[3]", repr(second)), "search", archive, "--like", first, "--json")
        assert (found.code, len(found.json["hits"])) == (0, 4), found.err
        assert len(chips_of(archive)) == 4


@pytest.mark.slow
def test_a_full_disk_ends_the_run_and_the_same_command_goes_on_when_there_is_room(filled: Path) -> None:
    words = ("ingest", filled, land(filled.parent / "b.tif", size=1000, seed=2), "--chip", 20, "--overlap", 0)
    full = "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))"  # no file may grow beyond
    ran = in_a_process(full, *words, "--commit-rows", 2000)
    assert ran.code == 1, ran.err
    assert "is full" in ran.why
    assert "run the same command again" in ran.why
    assert len(chips_of(filled)) == 4
    assert Archive.open(str(filled)).verify().ok
    again = satseek(*words, "--json")
    assert (again.code, again.json["added"], again.json["chips"]) == (0, 2500, 2504)


@pytest.mark.slow
def test_two_ingests_of_the_same_source_at_once_add_each_chip_once(tmp_path: Path) -> None:
    path = land(tmp_path / "a.tif", size=600)
    words = ["ingest", tmp_path / "archive", path, "--chip", 20, "--overlap", 0, "--commit-rows", 100, "--json"]
    code = "import sys\nfrom satseek.cli.app import app\napp(sys.argv[1:])"
    command = [sys.executable, "-c", code, *map(str, words)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ran = [Ran(process.wait(), *process.communicate()) for process in both]
    assert [each.code for each in ran] == [0, 0], [each.err for each in ran]
    assert sum(each.json["added"] for each in ran) == 900
    assert all(each.json["added"] + each.json["already_there"] == 900 for each in ran)
    ids = [chip.id for chip in chips_of(tmp_path / "archive")]
    assert len(ids) == len(set(ids)) == 900
    assert Archive.open(str(tmp_path / "archive")).verify().ok
