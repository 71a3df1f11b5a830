"""A one-time enrolment code as it is handed to somebody: to type, or to scan."""

from types import MappingProxyType
from typing import Annotated, Final

import segno
from msgspec import Meta, Struct

from dispatch.store.enrolment import CODE_VALID_S, DeviceRow
from protocol.vocabulary import Role

PAGES: Final = MappingProxyType({Role.APP: "boton", Role.BUTTON: "boton", Role.PATROL: "patrulla"})
"""The page that a device of each role is, if it is one."""


class EnrolmentCode(Struct, frozen=True):
    """What enrols one device, once."""

    device_id: str
    role: Role
    code: str
    valid_s: int
    address: Annotated[
        str, Meta(description="The page that enrols itself when it is opened here; or the code.")
    ]
    qr_svg: Annotated[str, Meta(description="The address as a QR code: one `svg` element.")]


def code_to_show(device: DeviceRow, code: str, base_url: str) -> EnrolmentCode:
    """Return a code with what it is to be scanned as.

    The code stands behind the `#` of the address, which browsers send to no server.
    """
    page = PAGES.get(device.role)
    address = code if page is None else f"{base_url}{page}#code={code}"
    qr_svg = segno.make(address, error="m").svg_inline(scale=4, dark="#000", light="#fff")
    return EnrolmentCode(device.device_id, device.role, code, int(CODE_VALID_S), address, qr_svg)
