"""A press over HTTP, for networks that let no WebSocket through: the same frame, the same receipt.

202 says that the press is stored, as on the WebSocket; anything else, that its sender must keep it
and send it again, the same.
"""

from typing import Annotated, Final

import msgspec
import orjson
from fastapi import APIRouter, Header, Request

from dispatch.console.access.gatekeeper import slowing_strangers, spend
from dispatch.console.access.throttle import Throttle
from dispatch.console.bodies import Json, gives, read_bytes, takes
from dispatch.console.bounds import PRESSES_BURST, PRESSES_PER_S, STRANGERS_BURST, STRANGERS_PER_S
from dispatch.console.credentials import DeviceCredentials
from dispatch.console.errors import bad_field
from dispatch.console.presses.answers import press
from dispatch.console.presses.core_link import CoreLink
from protocol import MAX_FRAME_BYTES
from protocol.codec import decode_client
from protocol.messages import Receipt, Signal
from protocol.vocabulary import Role

PRESSES: Final = frozenset({Role.APP, Role.BUTTON})


def signal_routes(core: CoreLink, credentials: DeviceCredentials) -> APIRouter:
    """Return the route."""
    routes = APIRouter(tags=["presses"])
    strangers = Throttle(STRANGERS_BURST, STRANGERS_PER_S)
    pace = Throttle(PRESSES_BURST, PRESSES_PER_S)

    @routes.post(
        "/v1/signals", **takes(Signal), **gives(Receipt, status=202, says="The press is stored.")
    )
    async def take(request: Request, authorization: Annotated[str | None, Header()] = None) -> Json:
        """Press, with the credentials of an app or a button: `Bearer device_id:token`."""
        with slowing_strangers(strangers, request):
            device = await credentials.admit(authorization, PRESSES)
        spend(pace, device.device_id)
        signal = _signal(await read_bytes(request, MAX_FRAME_BYTES))
        named = msgspec.structs.replace(signal, source_device_id=device.device_id)
        return Json(await press(core, named), 202)

    return routes


def _signal(body: bytes) -> Signal:
    """Read a press; details of it that cannot be used are left out. Raises `Declined`."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = None
    if isinstance(said, dict):
        body = orjson.dumps(said | {"type": "signal"})
    decoded = decode_client(body)
    if isinstance(decoded.message, Signal):
        return decoded.message
    field = (decoded.fault and decoded.fault.field) or "body"
    reason = decoded.fault.reason if decoded.fault else "it is no signal"
    raise bad_field(
        field, f"«{field}» no tiene la forma que debe.", f"“{field}” cannot be used: {reason}."
    )
