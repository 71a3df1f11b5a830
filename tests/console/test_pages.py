"""The pages come with a strict policy, and all that they load is our own."""

import json
import re
from pathlib import Path

import pytest
from fastapi import Request

from dispatch.console.config import PageOptions
from dispatch.console.pages import folder_of, policy
from tests.console.samples import console
from tests.store.on_asyncio import on_asyncio

PAGES = ("/boton", "/patrulla", "/sala")
SOURCES = folder_of("clients") / "pages"
MODULE = re.compile(r'from "(\.[^"]+)"')
TABLE = re.compile(r"^  (\w+): \[", re.MULTILINE)
NAMED = re.compile(r'\bwords\("(\w+)"|\bworded\("\w+", "(\w+)"|data-(?:words|label)="(\w+)"')
"""Where a page names its words outright."""


def request(host: str = "frente.example:7311", scheme: str = "http") -> Request:
    name, _, port = host.partition(":")
    return Request(
        {
            "type": "http",
            "scheme": scheme,
            "server": (name, int(port)),
            "path": "/boton",
            "query_string": b"",
            "headers": [(b"host", host.encode())],
        }
    )


@pytest.mark.parametrize(
    ("options", "scheme", "core"),
    [
        (PageOptions(core_port=7310), "http", "ws://frente.example:7310"),
        (PageOptions(core_port=7310), "https", "wss://frente.example:7310"),
        (PageOptions(core_public_url="wss://core.example/v1"), "http", "wss://core.example"),
    ],
)
def test_a_page_may_speak_with_us_and_with_the_core_alone(
    options: PageOptions, scheme: str, core: str
) -> None:
    said = policy(options, request(scheme=scheme))
    assert f"connect-src 'self' {core};" in said
    assert "default-src 'none'" in said
    assert "unsafe" not in said


@pytest.mark.parametrize(
    ("tiles", "from_where"),
    [
        ("", "data: ;"),
        ("https://tiles.example/{z}/{x}/{y}.png", "data: https://tiles.example;"),
        ("https://{s}.tiles.example/{z}/{x}/{y}.png", "data: https://*.tiles.example;"),
    ],
)
def test_pictures_come_from_us_and_from_the_owner_of_the_tiles(tiles: str, from_where: str) -> None:
    assert f"img-src 'self' {from_where}" in policy(PageOptions(map_tiles_url=tiles), request())


@on_asyncio
async def test_a_page_loads_nothing_from_elsewhere_and_nothing_that_is_not_there(
    dsn: str, tmp_path: Path
) -> None:
    async with console(dsn, tmp_path) as (client, _):
        for page in PAGES:
            answer = await client.get(page)
            assert answer.status_code == 200
            assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
            assert "geolocation=(self)" in answer.headers["Permissions-Policy"]
            assert not re.search(r"<script>|<style|style=|\son\w+=", answer.text)
            loaded = re.findall(r'(?:src|href)="([^"#]+)"', answer.text)
            assert loaded
            for address in loaded:
                if address.startswith("tel:"):
                    continue
                assert address.startswith("/assets/")
                assert (await client.get(address)).status_code == 200, address


@on_asyncio
async def test_assets_are_packed_may_be_kept_and_are_asked_for_anew(
    dsn: str, tmp_path: Path
) -> None:
    async with console(dsn, tmp_path) as (client, _):
        script = await client.get("/assets/boton/boton.js")
        assert script.headers["Content-Type"].startswith("text/javascript")
        assert script.headers["Content-Encoding"] == "gzip"
        assert script.headers["Cache-Control"] == "no-cache"
        again = await client.get(
            "/assets/boton/boton.js", headers={"If-None-Match": script.headers["ETag"]}
        )
        assert again.status_code == 304
        for path in ("/assets/../pages.py", "/assets/%2e%2e/app.py", "/assets/none.js", "/none"):
            assert (await client.get(path)).status_code == 404, path
        first = await client.get("/")
        assert (first.status_code, first.headers["Location"]) == (307, "/boton")


@on_asyncio
async def test_the_service_worker_names_every_file_and_each_is_there(
    dsn: str, tmp_path: Path
) -> None:
    async with console(dsn, tmp_path) as (client, _):
        worker = await client.get("/service-worker.js")
        named = re.search(r"^const FILES = (.+);$", worker.text, re.MULTILINE)
        assert named is not None
        files = json.loads(named[1])
        assert set(PAGES) <= set(files)
        assert "/assets/leaflet/leaflet.js" in files
        for script in (folder_of("clients") / "pages").rglob("*/*.js"):
            assert any(file.endswith(f"{script.parent.name}/{script.name}") for file in files)
        for file in files:
            assert (await client.get(file)).status_code == 200, file
        edition = re.search(r'^const EDITION = "([0-9a-f]{16})";$', worker.text, re.MULTILINE)
        assert edition is not None


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_made_of_its_own_modules_and_of_the_shared_ones(page: str) -> None:
    loaded = modules_of(page)
    assert len(loaded) > 10
    strangers = {
        each for each in loaded if each.relative_to(SOURCES).parts[0] not in (page[1:], "shared")
    }
    assert not strangers, f"move what two pages need to clients/pages/shared: {strangers}"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_all_the_words_that_it_names(page: str) -> None:
    texts = [path.read_text() for path in (*modules_of(page), SOURCES / page[1:] / "index.html")]
    known = {word for text in texts for word in TABLE.findall(text)}
    named = {word for text in texts for each in NAMED.findall(text) for word in each if word}
    assert len(named) > 20
    assert named <= known, f"add to its words.js, in both languages: {sorted(named - known)}"


def modules_of(page: str) -> set[Path]:
    """Every module that a page loads, by following its imports."""
    (first,) = re.findall(
        r'type="module" src="/assets/([^"]+)"', (SOURCES / page[1:] / "index.html").read_text()
    )
    loaded, left = set(), {SOURCES / first}
    while left:
        path = left.pop()
        loaded.add(path)
        left |= {
            (path.parent / each).resolve() for each in MODULE.findall(path.read_text())
        } - loaded
    return loaded


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(LookupError, match="no_such_package is not installed"):
        folder_of("no_such_package")
