"""The pages and what they are made of: static files, each page under a strict policy of its own.

A page is a folder of `clients/pages` with an `index.html`, and is served under the folder's name.
Maps are drawn by Leaflet, whose files come with a package.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from dispatch.console.config import PageOptions, core_url

ASSETS: Final = "/assets"
LEAFLET: Final = ("leaflet.css", "leaflet.js")
FIRST_PAGE: Final = "/boton"
GZIP_FROM_BYTES: Final = 1_024
MAY_BE_KEPT: Final = {"Cache-Control": "no-cache"}
"""By a browser, which asks each time whether it is still the newest."""
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; img-src 'self' data: {tiles}; connect-src 'self' {core}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No script and no style but our own files', and nothing from elsewhere but the map's tiles."""
DEVICES: Final = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"


class _Assets(StaticFiles):
    """Static files that a browser may keep, if it asks before it uses them again."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(MAY_BE_KEPT)
        return response


def add_pages(app: FastAPI, options: PageOptions) -> None:
    """Serve the pages, what they load, and what keeps them on a device without a network."""
    pages, leaflet = folder_of("clients") / "pages", folder_of("js_lib_leaflet", "static")
    worker = _worker(pages, leaflet, options)
    for index in sorted(pages.glob("*/index.html")):
        _add_page(app, index, options)

    @app.get("/", include_in_schema=False)
    async def first() -> RedirectResponse:
        return RedirectResponse(FIRST_PAGE)

    @app.get("/service-worker.js", include_in_schema=False)
    async def keeper(request: Request) -> Response:
        headers = {**MAY_BE_KEPT, "Content-Security-Policy": policy(options, request)}
        return Response(worker, headers=headers, media_type="text/javascript")

    for path, folder in ((f"{ASSETS}/leaflet", leaflet), (ASSETS, pages)):
        app.mount(path, GZipMiddleware(_Assets(directory=folder), minimum_size=GZIP_FROM_BYTES))


def policy(options: PageOptions, request: Request) -> str:
    """Return the Content-Security-Policy (Level 3) of the pages as this browser reaches them."""
    core = urlsplit(core_url(options, request))
    tiles = urlsplit(options.map_tiles_url.replace("{s}", "*"))
    return POLICY.format(
        core=f"{core.scheme}://{core.netloc}",
        tiles=f"{tiles.scheme}://{tiles.netloc}" if tiles.netloc else "",
    )


def folder_of(package: str, inner: str = "") -> Path:
    """Return where a package keeps its files. Raises `LookupError` if it is not installed."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"{package} is not installed")
    folder = Path(next(iter(spec.submodule_search_locations)))
    return folder / inner / package if inner else folder


def _add_page(app: FastAPI, index: Path, options: PageOptions) -> None:
    @app.get(f"/{index.parent.name}", include_in_schema=False)
    async def page(request: Request) -> FileResponse:
        headers = {
            **MAY_BE_KEPT,
            "Content-Security-Policy": policy(options, request),
            "Permissions-Policy": DEVICES,
        }
        return FileResponse(index, headers=headers)


def _worker(pages: Path, leaflet: Path, options: PageOptions) -> bytes:
    """Return the service worker, told which files there are and in which edition."""
    files = {f"/{index.parent.name}": index for index in pages.glob("*/index.html")}
    for path in pages.rglob("*"):
        if path.is_file() and path.parent != pages and path.name != "index.html":
            files[f"{ASSETS}/{path.relative_to(pages).as_posix()}"] = path
    files |= {f"{ASSETS}/leaflet/{name}": leaflet / name for name in LEAFLET}
    # A page is kept with its policy, so what that says belongs to the edition.
    edition = hashlib.sha256(repr((POLICY, options)).encode())
    for address in sorted(files):
        edition.update(address.encode() + files[address].read_bytes())
    told = f"const EDITION = {orjson.dumps(edition.hexdigest()[:16]).decode()};\n"
    told += f"const FILES = {orjson.dumps(sorted(files)).decode()};\n\n"
    return told.encode() + (pages / "service_worker.js").read_bytes()
