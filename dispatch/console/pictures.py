"""Pictures of alerts: gateways hand them in; who was shown a path reads them for a while."""

import asyncio
import time
from typing import Annotated

import msgspec
import structlog
from fastapi import APIRouter, Header, Request, Response
from msgspec import Struct

from dispatch.console.bodies import gives, gives_file, read_bytes, takes_file
from dispatch.console.credentials import DeviceCredentials
from dispatch.console.errors import Declined, ErrorCode, bad_field
from dispatch.console.shelf import Kept, NoRoom, Provenance, Shelf, digest_of
from dispatch.core.picture_paths import PICTURES, PathFault, path_fault
from protocol.jpeg import CONTENT_TYPES, NotJpeg, read_size
from protocol.limits import PICTURE_MAX_BYTES
from protocol.messages import DeviceId, EpochMs, SignalId

log = structlog.get_logger()
STATUS = {Kept.NEW: 201, Kept.ALREADY: 200}


class _Upload(Struct, frozen=True):
    """What is said of a picture that is handed in."""

    picture_id: SignalId
    alert: SignalId
    camera: DeviceId
    taken_at_ms: EpochMs


def picture_routes(shelf: Shelf, credentials: DeviceCredentials, key: bytes) -> APIRouter:
    """Return the routes; `key` seals the paths (`dispatch.core.picture_paths`)."""
    routes = APIRouter(tags=["pictures"])

    @routes.put(
        f"{PICTURES}/{{picture_id}}", **takes_file("image/jpeg"), **gives(status=201, says="Kept.")
    )
    async def hand_in(
        request: Request,
        picture_id: str,
        alert: str,
        camera: str,
        taken_at_ms: int,
        authorization: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Keep a picture. The same again changes nothing, and is answered with 200."""
        upload = _checked(picture_id, alert, camera, taken_at_ms)
        gateway_id = await credentials.admit_gateway(authorization, upload.camera)
        jpeg = await _jpeg(request)
        provenance = Provenance(
            upload.alert.lower(), upload.camera, gateway_id, taken_at_ms, digest_of(jpeg)
        )
        kept = await _keep(shelf, upload.picture_id.lower(), jpeg, provenance)
        return Response(status_code=STATUS[kept])

    @routes.get(f"{PICTURES}/{{picture_id}}.jpg", **gives_file("image/jpeg", "The picture."))
    async def show(picture_id: str, until: int, seal: str) -> Response:
        """Return a picture to whoever brings a path that the server has sealed."""
        fault = path_fault(picture_id, until, seal, key, time.time())
        if fault is PathFault.UNTIL:
            raise Declined(
                ErrorCode.EXPIRED,
                "Este enlace venció; la alerta trae uno nuevo.",
                "This link has expired; the alert holds a new one.",
                "until",
            )
        # Only the server makes seals, so a sealed id is one that it has given out: it names no file
        # but a picture's.
        jpeg = None if fault else await asyncio.to_thread(shelf.picture, picture_id)
        if jpeg is None:
            raise Declined(ErrorCode.NOT_FOUND, "No hay tal imagen.", "There is no such picture.")
        return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    return routes


def _checked(picture_id: str, alert: str, camera: str, taken_at_ms: int) -> _Upload:
    said = {
        "picture_id": picture_id,
        "alert": alert,
        "camera": camera,
        "taken_at_ms": taken_at_ms,
    }
    try:
        return msgspec.convert(said, _Upload)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("$.")[2].rstrip("`")
        raise bad_field(
            field,
            f"«{field}» no tiene la forma que debe.",
            f"“{field}” does not have the form that it must.",
        ) from None


async def _jpeg(request: Request) -> bytes:
    """Read a body that is a picture: its type, its size and its beginning. Raises `Declined`."""
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type not in CONTENT_TYPES:
        raise _not_a_picture("content_type")
    jpeg = await read_bytes(request, PICTURE_MAX_BYTES)
    try:
        read_size(jpeg)
    except NotJpeg:
        raise _not_a_picture("body") from None
    return jpeg


def _not_a_picture(field: str) -> Declined:
    return Declined(
        ErrorCode.NOT_A_PICTURE, "No es una imagen JPEG.", "This is no JPEG picture.", field
    )


async def _keep(shelf: Shelf, picture_id: str, jpeg: bytes, provenance: Provenance) -> Kept:
    try:
        kept = await asyncio.to_thread(shelf.keep, picture_id, jpeg, provenance)
    except (NoRoom, OSError) as error:
        reason = "no room" if isinstance(error, NoRoom) else type(error).__name__
        log.error("picture_not_kept", camera=provenance.camera_id, reason=reason)
        raise Declined(
            ErrorCode.UNABLE_TO_STORE,
            "El servidor no tiene dónde guardar la imagen.",
            "The server has nowhere to keep the picture.",
        ) from None
    if kept is Kept.CONFLICT:
        raise Declined(
            ErrorCode.CONFLICT,
            "Hay otra imagen con este identificador.",
            "There is another picture with this id.",
            "picture_id",
        )
    return kept
