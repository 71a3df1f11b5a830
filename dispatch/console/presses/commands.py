"""What the control room does about an alert over HTTP. Pages say the same over their WebSocket."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from msgspec import Meta, Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import gives, read, takes
from dispatch.console.presses.answers import act
from dispatch.console.presses.core_link import CoreLink
from dispatch.console.records.alerts import AlertId
from protocol.limits import NOTE_CHARS
from protocol.messages import TEXT_PATTERN, Close, Silence
from protocol.vocabulary import Outcome


class Ending(Struct, frozen=True, forbid_unknown_fields=True):
    """What an alert was."""

    outcome: Outcome
    note: Annotated[str, Meta(max_length=NOTE_CHARS, pattern=TEXT_PATTERN)] = ""


def command_routes(core: CoreLink, gatekeeper: Gatekeeper) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["alerts"], dependencies=[Depends(gatekeeper.may(Right.ACT))])

    @routes.post("/v1/alerts/{alert_id}/close", **takes(Ending), **gives(status=204))
    async def close(alert_id: AlertId, request: Request) -> Response:
        """End an alert, and say what it was."""
        ending = await read(request, Ending)
        command = Close(alert_id=alert_id.lower(), outcome=ending.outcome, note=ending.note)
        await act(core, command)
        return Response(status_code=204)

    @routes.post("/v1/alerts/{alert_id}/silence", **gives(status=204))
    async def silence(alert_id: AlertId) -> Response:
        """Have the sirens of an alert fall silent."""
        await act(core, Silence(alert_id=alert_id.lower()))
        return Response(status_code=204)

    return routes
