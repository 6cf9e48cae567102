import gzip
from pathlib import Path

import pytest

from fakes.services import serving
from satseek.service.server import serve
from satseek.service.settings import Settings

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
        assert client.get("/", headers=BROWSER).headers["vary"] == "Accept, Accept-Encoding"
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


def test_what_has_a_hash_in_its_name_is_kept_and_the_first_file_is_asked_for_anew(painted_archive: Path, built: Path):
    with serving(painted_archive) as client:
        assert client.get("/", headers=BROWSER).headers["cache-control"] == "no-cache"
        assert "immutable" in client.get("/page/assets/page.js").headers["cache-control"]
        assert client.get("/page/index.html").headers["cache-control"] == "no-cache"


def test_the_page_loads_nothing_from_elsewhere_and_lets_the_map_work(painted_archive: Path, built: Path):
    with serving(painted_archive) as client:
        for path in ("/", "/page/assets/page.js"):
            policy = client.get(path, headers=BROWSER).headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "worker-src 'self' blob:" in policy
            assert "http" not in policy
            assert "unsafe-eval" not in policy


def test_a_file_that_was_compressed_is_sent_so_to_those_who_can_read_it(painted_archive: Path, built: Path):
    (built / "static" / "assets" / "page.js").write_text("let page;" * 500)
    (built / "static" / "assets" / "page.js.gz").write_bytes(gzip.compress(b"let page;" * 500))
    with serving(painted_archive) as client:
        small = client.get("/page/assets/page.js", headers={"accept-encoding": "gzip, br"})
        assert small.headers["content-encoding"] == "gzip"
        assert small.headers["content-type"].startswith("text/javascript")
        assert int(small.headers["content-length"]) < 200
        assert small.text == "let page;" * 500
        plain = client.get("/page/assets/page.js", headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.text == small.text
        assert client.get("/page/assets/page.js.gz").status_code == 404
        assert client.get("/page/assets/").status_code == 404
        assert client.get("/page/no-such.js").status_code == 404


def test_a_tree_whose_page_is_not_built_says_how_to_build_it(
    painted_archive: Path, tmp_path: Path, built: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: [each.close() for each in sockets])
    notes: list[str] = []
    serve(Settings(str(painted_archive), port=0), on_note=notes.append)
    assert not any("make page" in note for note in notes)
    monkeypatch.setattr("satseek.service.page.STATIC", tmp_path / "nothing")
    serve(Settings(str(painted_archive), port=0), on_note=notes.append)
    assert any("make page" in note for note in notes)
