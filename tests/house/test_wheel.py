"""What is shipped: the page as it was built, so that whoever installs needs nothing to build it with."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

HOUSE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in a wheel of a small tree that is built as ours is."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(HOUSE / name, tree / name)
    files = {
        "src/satseek/__init__.py": '__version__ = "1.2.3"',
        "src/satseek/service/static/index.html": "<title>SatSeek</title>",
        "src/satseek/service/static/THIRD_PARTY.txt": "MIT",
        "src/satseek/service/static/assets/index-1a2b.js.gz": "packed",
        "src/satseek/models/__pycache__/x.pyc": "",
        "web/node_modules/left/index.js": "",
        "web/src/main.tsx": "",
    }
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (path,) = WheelBuilder(str(tree)).build(directory=str(tree / "dist"), versions=["standard"])
    return zipfile.ZipFile(path).namelist()


def test_the_built_page_and_its_licences_are_in_the_wheel_though_git_does_not_know_them(wheel: list[str]):
    assert "satseek/service/static/index.html" in wheel
    assert "satseek/service/static/THIRD_PARTY.txt" in wheel
    assert "satseek/service/static/assets/index-1a2b.js.gz" in wheel


def test_nothing_that_only_building_needs_is_in_the_wheel(wheel: list[str]):
    outside = [name for name in wheel if not name.startswith(("satseek/", "satseek-1.2.3.dist-info/"))]
    assert outside == []
    assert not [name for name in wheel if "node_modules" in name or name.endswith((".pyc", ".tsx"))]


def test_the_lock_files_of_the_page_name_no_host():
    assert '"resolved"' not in (HOUSE / "web/package-lock.json").read_text()
    assert "omit-lockfile-registry-resolved=true" in (HOUSE / "web/.npmrc").read_text()
