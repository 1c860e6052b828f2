"""Static files: `/static/<digest>/<name>` with immutable caching, compressed once, read from the bundler's manifest."""

import gzip
import json
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from litestar import Response, get
from litestar.params import FromPath

from portal.web.context import PortalRequest

FOLDER = Path(__file__).resolve().parent.parent / "static"
FOREVER = "public, max-age=31536000, immutable"
COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/wasm")
TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".wasm": "application/wasm", ".woff2": "font/woff2",
         ".css": "text/css", ".json": "application/json", ".ico": "image/x-icon"}  # fmt: skip


class AssetsNotBuilt(RuntimeError):
    """The bundler has not run: there is no manifest."""


@dataclass(frozen=True)
class Asset:
    """A file as it is sent."""

    content: bytes
    compressed: bytes | None
    media_type: str


def asset_url(name: str) -> str:
    """Return the address of a file by its plain name (`desk.css`); AssetsNotBuilt or KeyError when there is none."""
    return f"/static/{manifest()[name]}"


@cache
def manifest() -> dict[str, str]:
    """Return plain name → `<digest>/<name>`."""
    path = FOLDER / "manifest.json"
    if not path.exists():
        raise AssetsNotBuilt("portal/static/manifest.json is missing: run ./run once, or `npm run build`")
    loaded: dict[str, str] = json.loads(path.read_text())
    return loaded


@cache
def _load(path: str) -> Asset:
    content = (FOLDER / path).read_bytes()
    media_type = TYPES.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    small = gzip.compress(content, 9, mtime=0) if media_type.startswith(COMPRESSIBLE) else None
    return Asset(content, small if small and len(small) < len(content) else None, media_type)


@get("/static/{digest:str}/{name:str}", sync_to_thread=True, opt={"public": True, "anonymous": True})
def static_file(request: PortalRequest, digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Send a file. An address of an older build gives the present file, uncached, so that an open page goes on working."""
    known = manifest().get(name)
    if known is None:
        return Response(b"", status_code=404, media_type="text/plain")
    found = _load(known)
    headers = {"Cache-Control": FOREVER if known == f"{digest}/{name}" else "no-cache"}
    if found.compressed is not None:
        headers["Vary"] = "Accept-Encoding"
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return Response(
                found.compressed, media_type=found.media_type, headers=headers | {"Content-Encoding": "gzip"}
            )
    return Response(found.content, media_type=found.media_type, headers=headers)


@get("/favicon.ico", sync_to_thread=True, opt={"public": True, "anonymous": True})
def favicon() -> Response[bytes]:
    """Send the sign of the shop to browsers that ask for it by its old name."""
    found = _load(manifest()["favicon.svg"])
    return Response(found.content, media_type=found.media_type, headers={"Cache-Control": "public, max-age=86400"})
