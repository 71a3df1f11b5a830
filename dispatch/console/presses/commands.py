"""What the control room does over HTTP: about an alert, and what it says to a front.

Pages say the same over their WebSocket.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from msgspec import Meta, Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import Json, gives, read, takes
from dispatch.console.presses.answers import act, say
from dispatch.console.presses.core_link import CoreLink
from dispatch.console.records.alerts import AlertId
from dispatch.console.registry.lists import RegistryId
from dispatch.store.accounts import Session
from protocol.limits import MESSAGE_CHARS, NOTE_CHARS
from protocol.messages import (
    DEVICE_ID_PATTERN,
    TEXT_PATTERN,
    VISIBLE_PATTERN,
    Assign,
    Close,
    EtaS,
    MessageFront,
    MessageId,
    MessageReach,
    SignalId,
    Silence,
)
from protocol.vocabulary import Outcome


class Ending(Struct, frozen=True, forbid_unknown_fields=True):
    """What an alert was."""

    outcome: Outcome
    note: Annotated[str, Meta(max_length=NOTE_CHARS, pattern=TEXT_PATTERN)] = ""


class Giving(Struct, frozen=True, forbid_unknown_fields=True):
    """To which patrol an alert is given."""

    device_id: Annotated[str, Meta(pattern=DEVICE_ID_PATTERN, description="It is on call.")]
    eta_s: EtaS | None = None


class Saying(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said to a front. The same again, with the same id, is said once."""

    message_id: MessageId
    body: Annotated[str, Meta(max_length=MESSAGE_CHARS, pattern=VISIBLE_PATTERN)]
    alert_id: SignalId | None = None


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

    @routes.post("/v1/alerts/{alert_id}/assign", **takes(Giving), **gives(status=204))
    async def assign(alert_id: AlertId, request: Request) -> Response:
        """Give an alert to a patrol, which is its owner from now on; its handheld rings."""
        giving = await read(request, Giving)
        await act(core, Assign(alert_id.lower(), giving.device_id, giving.eta_s))
        return Response(status_code=204)

    @routes.post("/v1/alerts/{alert_id}/silence", **gives(status=204))
    async def silence(alert_id: AlertId) -> Response:
        """Have the sirens of an alert fall silent."""
        await act(core, Silence(alert_id=alert_id.lower()))
        return Response(status_code=204)

    @routes.post(
        "/v1/fronts/{front_id}/messages",
        **takes(Saying),
        **gives(MessageReach, status=202, says="It is said, and stored."),
    )
    async def tell_front(
        front_id: RegistryId,
        request: Request,
        session: Annotated[Session, Depends(gatekeeper.may(Right.ACT))],
    ) -> Json:
        """Say something to everyone of a front, and how far it has got by then."""
        saying = await read(request, Saying)
        message = MessageFront(
            message_id=saying.message_id.lower(),
            front_id=front_id,
            body=saying.body,
            alert_id=None if saying.alert_id is None else saying.alert_id.lower(),
            source_device_id=session.device_id,
        )
        return Json(await say(core, message), 202)

    return routes
