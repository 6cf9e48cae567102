"""Places that are no archive, cannot be written, or are full: one line for the person, nothing lost."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.chips import card, chip, clustered, scattered
from satseek.archive.archive import Archive
from satseek.archive.faults import with_retries
from satseek.core.errors import ArchiveError, ArchiveNotFound, ArchiveReadOnly, SatSeekError
from satseek.core.filters import Filters

NOBODY = 65534


def test_a_file_is_not_an_archive(tmp_path: Path) -> None:
    file = tmp_path / "scene.tif"
    file.write_bytes(b"II*\0")
    for opening in (lambda: Archive.open(str(file)), lambda: Archive.create(str(file), card())):
        with pytest.raises(ArchiveError, match="is a file, and an archive is a folder"):
            opening()
    assert file.read_bytes() == b"II*\0"


def test_a_folder_of_images_is_not_filled_with_an_archive(tmp_path: Path) -> None:
    (tmp_path / "scene.tif").write_bytes(b"II*\0")
    with pytest.raises(ArchiveNotFound):
        Archive.open(str(tmp_path))
    with pytest.raises(ArchiveError, match=r"other things in it \('scene.tif', …\)"):
        Archive.open_or_create(str(tmp_path), card())
    assert [path.name for path in tmp_path.iterdir()] == ["scene.tif"]


def test_an_empty_folder_may_become_an_archive(tmp_path: Path) -> None:
    assert len(Archive.create(str(tmp_path), card())) == 0


def test_an_archive_that_vanished_is_said(archive: Archive) -> None:
    import shutil

    archive.add([chip(1)], clustered(1))
    shutil.rmtree(archive.uri)
    with pytest.raises(ArchiveError):
        archive.nearest(clustered(1)[0])


@pytest.mark.parametrize("part", ["_versions", "_indices", "data"])
def test_damage_is_told_in_our_words(archive: Archive, part: str) -> None:
    archive.add(scattered(50), clustered(50))
    archive.optimize(keep_days=0)
    for path in (Path(archive.uri) / "chips.lance" / part).rglob("*"):
        if path.is_file():
            path.write_bytes(b"damaged")

    def use() -> None:
        opened = Archive.open(archive.uri)
        opened.get([chip(1).id])
        opened.nearest(clustered(1)[0], filters=Filters(sensors=("s1",)))
        opened.matching_text("river")

    with pytest.raises(SatSeekError):
        use()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may look into; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path
        for each in [path, *path.rglob("*")]:
            each.chmod(0o755 if each.is_dir() else 0o644)


@pytest.mark.slow
def test_an_archive_that_may_only_be_read_is_read_and_says_so_when_written(open_folder: Path) -> None:
    archive = Archive.create(str(open_folder / "archive"), card())
    archive.add(scattered(20), clustered(20))
    for path in [open_folder, *open_folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    answer = _as_nobody(
        f"""
        from fakes.chips import card, chip, clustered
        from satseek.archive.archive import Archive
        from satseek.core.errors import ArchiveReadOnly
        from satseek.core.filters import Filters
        archive = Archive.open({archive.uri!r})
        print(len(archive), len(archive.nearest(clustered(1)[0])), archive.verify().ok)
        for change in (
            lambda: archive.add([chip(99)], clustered(1)),
            lambda: archive.remove(Filters(sensors=("s1",))),
            lambda: archive.optimize(),
            lambda: Archive.create({str(open_folder / "new")!r}, card()),
        ):
            try:
                change()
            except ArchiveReadOnly as error:
                print(error)
        """
    )
    lines = answer.splitlines()
    assert lines[0] == "20 10 True"
    assert len(lines) == 5
    assert all("permission denied" in line for line in lines[1:])
    assert len(archive) == 20


@pytest.mark.slow
def test_a_full_disk_is_said_and_loses_nothing(small_disk: Path) -> None:
    archive = Archive.create(str(small_disk / "archive"), card(dimensions=256))
    vectors = clustered(2_000, 256)
    chips = [[chip(number) for number in range(first, first + 2_000)] for first in range(0, 60_000, 2_000)]
    added: list[int] = []
    with pytest.raises(ArchiveReadOnly, match=r"is full\. What was reported as added is safe"):
        added.extend(archive.add(some, vectors) for some in chips)
    assert sum(added) > 0
    again = Archive.open(archive.uri)
    assert len(again) == sum(added)
    assert len(again.nearest(vectors[0], k=5)) == 5
    again.remove(Filters(ids=(chip(0).id,))) if _free(small_disk) > 1 << 20 else None
    assert again.verify().ok


@pytest.mark.slow
def test_a_file_size_limit_is_told_like_a_full_disk(archive: Archive) -> None:
    """The same where nobody may mount a small disk: the system refuses to write beyond a limit."""
    archive.add(scattered(10), clustered(10))
    answer = _python(
        f"""
        import resource, signal
        from fakes.chips import chip, clustered
        from satseek.archive.archive import Archive
        from satseek.core.errors import ArchiveReadOnly
        archive = Archive.open({archive.uri!r})
        len(archive)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            archive.add([chip(number) for number in range(100, 4100)], clustered(4000))
        except ArchiveReadOnly as error:
            print(error)
        """
    )
    assert "is full" in answer
    assert len(archive) == 10
    assert archive.verify().ok
    assert archive.add([chip(number) for number in range(100, 4100)], clustered(4000)) == 4000


def test_who_is_overtaken_at_every_attempt_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("satseek.archive.faults.time.sleep", lambda seconds: None)
    tried: list[int] = []

    def commit() -> None:
        tried.append(1)
        raise RuntimeError("Retryable commit conflict for version 7: preempted by concurrent transaction Delete")

    with pytest.raises(ArchiveError, match=r"could not be optimised: others changed it during each of 8 attempts"):
        with_retries(commit, "./archive", "optimised")
    assert len(tried) == 8


@pytest.mark.parametrize(("uri", "tries"), [("s3://bucket/archive", 4), ("./archive", 1)])
def test_only_what_is_far_away_is_tried_again_after_a_failure(
    uri: str, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("satseek.archive.faults.time.sleep", lambda seconds: None)
    tried: list[int] = []

    def commit() -> None:
        tried.append(1)
        raise RuntimeError("Generic S3 error: Server returned non-2xx status code: 500 Internal Server Error")

    with pytest.raises(ArchiveError):
        with_retries(commit, uri, "written")
    assert len(tried) == tries


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB of our own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk; the file size limit is tested instead")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _free(disk: Path) -> int:
    stat = os.statvfs(disk)
    return stat.f_bavail * stat.f_frsize


def _as_nobody(code: str) -> str:
    """Run code as a user to whom nothing belongs; root may do everything, so it has to step down first."""
    step_down = f"import os; os.setgid({NOBODY}); os.setuid({NOBODY})\n" if os.geteuid() == 0 else ""
    load = "import lancedb, shapely, pyarrow, numpy\n"  # while the environment can still be read
    return _python(
        load
        + "import satseek.archive.archive, satseek.archive.verify, fakes.chips\n"
        + step_down
        + textwrap.dedent(code)
    )


def _python(code: str) -> str:
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": paths}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout
