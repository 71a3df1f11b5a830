"""Enrolling devices with a code, or a picture of it to scan; withdrawing them, taking them back."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from msgspec import Meta, Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import GRANTED, Right
from dispatch.console.bodies import Json, gives, read, takes
from dispatch.console.errors import Declined, ErrorCode, bad_field
from dispatch.console.registry.enrolment_code import EnrolmentCode, code_to_show
from dispatch.console.registry.lists import RegistryId, unknown
from dispatch.store import enrolment, registry_records
from dispatch.store.accounts import Session
from dispatch.store.enrolment import REASON_MAX_CHARS, DeviceRow
from dispatch.store.pool import Pool
from protocol.vocabulary import Role

IN_THE_FIELD: Final = frozenset({Role.APP, Role.BUTTON, Role.PATROL, Role.SIREN})
"""What is enrolled every day. Whatever sees or says more is the administrators' to enrol."""


class Revocation(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a device's enrolment is withdrawn."""

    reason: Annotated[
        str, Meta(min_length=1, max_length=REASON_MAX_CHARS, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")
    ]


def enrolment_routes(pool: Pool, gatekeeper: Gatekeeper) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["registry"])
    may_enrol = gatekeeper.may(Right.ENROL)

    @routes.post("/v1/devices/{device_id}/code", **gives(EnrolmentCode, status=201))
    async def issue_code(
        device_id: RegistryId,
        request: Request,
        session: Annotated[Session, Depends(may_enrol)],
    ) -> Json:
        """Give out a one-time code, as text and to scan. It replaces the one before."""
        device = await _known(device_id, session)
        code = (await enrolment.issue_codes(pool, [device_id]))[device_id]
        return Json(code_to_show(device, code, str(request.base_url)), 201)

    @routes.post("/v1/devices/{device_id}/revocation", **takes(Revocation), **gives(status=204))
    async def revoke(
        device_id: RegistryId,
        request: Request,
        session: Annotated[Session, Depends(may_enrol)],
    ) -> Response:
        """Withdraw a device's enrolment; its live connection is closed within a second."""
        await _known(device_id, session)
        revocation = await read(request, Revocation)
        await enrolment.revoke(pool, device_id, revocation.reason)
        return Response(status_code=204)

    @routes.post("/v1/devices/{device_id}/reinstatement", **gives(EnrolmentCode, status=201))
    async def reinstate(
        device_id: RegistryId,
        request: Request,
        session: Annotated[Session, Depends(may_enrol)],
    ) -> Json:
        """Take a withdrawn device back as it was, with a fresh code: its token is gone for good."""
        device = await _known(device_id, session)
        code = await enrolment.reinstate(pool, device_id)
        if code is None:
            raise unknown("dispositivo", "device")
        return Json(code_to_show(device, code, str(request.base_url)), 201)

    async def _known(device_id: str, session: Session) -> DeviceRow:
        device = await registry_records.device(pool, device_id)
        if device is None:
            raise unknown("dispositivo", "device")
        refuse_console(device.role)
        if device.role not in IN_THE_FIELD and Right.REGISTER not in GRANTED[session.role]:
            raise Declined(
                ErrorCode.NOT_ALLOWED,
                "Solo un administrador enrola o retira dispositivos de este tipo.",
                "Only an administrator enrols or withdraws devices of this kind.",
            )
        return device

    return routes


def refuse_console(role: Role) -> None:
    """The console enrols itself: whoever were it could press for anybody."""
    if role is Role.CONSOLE:
        raise bad_field(
            "role", "«console» es del servidor mismo.", "“console” is the server's own."
        )
