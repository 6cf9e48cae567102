from pathlib import Path

import pytest

from fakes.services import serving

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "static" / "assets").mkdir(parents=True)
    (tmp_path / "static" / "index.html").write_text("<title>SatSeek</title>")
    (tmp_path / "static" / "assets" / "page.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr("satseek.service.page.STATIC", tmp_path / "static")
    return tmp_path


def test_a_browser_sees_the_page_and_a_stac_client_the_catalog(painted_archive: Path, built: Path):
    with serving(painted_archive) as client:
        assert "<title>SatSeek" in client.get("/", headers=BROWSER).text
        assert client.get("/", headers={"accept": "application/json"}).json()["type"] == "Catalog"
        assert client.get("/").headers["vary"] == "Accept"
        assert client.get("/page/assets/page.js").text == "1"
        assert client.get("/page/..%2fsecret.txt").status_code == 404


def test_the_page_loads_without_the_token_and_nothing_else_does(painted_archive: Path, built: Path):
    with serving(painted_archive, token="open-sesame") as client:
        assert client.get("/", headers=BROWSER).status_code == 200
        assert client.get("/page/assets/page.js").status_code == 200
        assert client.get("/").status_code == 401
        assert client.get("/search", headers=BROWSER).status_code == 401
        assert client.get("/page/../search").status_code == 401


def test_without_a_page_a_browser_sees_the_catalog_too(
    painted_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("satseek.service.page.STATIC", tmp_path)
    with serving(painted_archive) as client:
        assert client.get("/", headers=BROWSER).json()["type"] == "Catalog"
        assert client.get("/page/").status_code == 404
