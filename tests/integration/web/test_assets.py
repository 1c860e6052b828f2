from typing import Any

from portal.web.assets import asset_url, manifest


def test_a_file_is_cached_for_ever_at_its_own_address(client_for: Any) -> None:
    answer = client_for().get(asset_url("desk.css"))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "set-cookie" not in answer.headers


def test_it_is_sent_small_to_who_can_read_that(client_for: Any) -> None:
    browser = client_for()
    small = browser.get(asset_url("desk.css"), headers={"Accept-Encoding": "gzip"})
    plain = browser.get(asset_url("desk.css"), headers={"Accept-Encoding": "identity"})
    assert int(small.headers["Content-Length"]) < len(plain.content) / 2
    assert small.content == plain.content
    assert small.headers["Vary"] == "Accept-Encoding"


def test_an_address_of_an_older_build_still_works_uncached(client_for: Any) -> None:
    answer = client_for().get("/static/000000000000/desk.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


def test_nothing_but_built_files_is_served(client_for: Any) -> None:
    browser = client_for()
    for path in (
        "/static/x/manifest.json",
        "/static/x/..%2f..%2fsettings.py",
        "/static/../settings.py",
        "/static/x/%2e%2e%2fapp.py",
    ):
        assert browser.get(path).status_code == 404
    assert "manifest.json" not in manifest()


def test_browsers_find_the_sign_of_the_shop(client_for: Any) -> None:
    assert client_for().get("/favicon.ico").headers["Content-Type"].startswith("image/svg+xml")
