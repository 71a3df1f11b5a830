"""How a gateway speaks with the hardware behind it, and how that is kept: sealed.

    {"protocol": "sia_dc09", "account": "1234", "key_hex": null}
    {"protocol": "button", "key_hex": "<64 hex digits>"}
    {"protocol": "shelly", "url": "http://192.0.2.7", "user": "admin", "password": "…", "switch": 0}
    {"protocol": "camera", "url": "http://192.0.2.8/snapshot.jpg", "user": "…", "password": "…"}

It is sealed before it reaches the database and opened by the device's gateway alone; the core and
PostgreSQL pass it on unread. The seal is AES-SIV (RFC 5297) under a key derived from the
installation's secret, bound to the device's id: a box that was altered, or put beside another
device, does not open. It needs no nonce, so the same wiring imported again is the same box, and
nothing has changed.
"""

from types import MappingProxyType
from typing import Annotated, Final, TypeAlias

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from msgspec import Meta, Struct

from protocol.vocabulary import Role

FORMAT: Final = b"\x01"
SEALED_MAX_BYTES: Final = 1_024

_NOTHING_HIDDEN: Final = r"^[^\x00-\x1f\x7f]*$(?!\n)"
HttpUrl: TypeAlias = Annotated[
    str, Meta(max_length=300, pattern=r"^https?://[\x21-\x7e]+$(?!\n)", description="http(s)://…")
]
User: TypeAlias = Annotated[str, Meta(max_length=64, pattern=_NOTHING_HIDDEN)]
Password: TypeAlias = Annotated[str, Meta(max_length=64, pattern=_NOTHING_HIDDEN)]


class _Wiring(Struct, frozen=True, tag_field="protocol", forbid_unknown_fields=True):
    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"  # keys and passwords belong in no log


class SiaDc09(_Wiring, frozen=True, tag="sia_dc09"):
    """An alarm panel, by its account; with a key it must encrypt (AES-128, -192 or -256).

    `clock_offset_s` is for one that writes local time for UTC: -18000 in Colombia.
    """

    account: Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{3,16}$(?!\n)")]
    key_hex: (
        Annotated[str, Meta(pattern=r"^([0-9A-Fa-f]{32}|[0-9A-Fa-f]{48}|[0-9A-Fa-f]{64})$(?!\n)")]
        | None
    ) = None
    clock_offset_s: Annotated[int, Meta(ge=-50_400, le=50_400)] = 0


class Button(_Wiring, frozen=True, tag="button"):
    """A home-made button, by the key of its datagrams."""

    key_hex: Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{64}$(?!\n)")]


class Shelly(_Wiring, frozen=True, tag="shelly"):
    """A relay that sounds a siren: Shelly Gen2 RPC over HTTP."""

    url: HttpUrl
    user: User = ""
    password: Password = ""
    switch: Annotated[int, Meta(ge=0, le=15)] = 0


class Camera(_Wiring, frozen=True, tag="camera"):
    """A camera: the address of its snapshot, or of its ONVIF device service."""

    url: HttpUrl
    onvif: bool = False
    user: User = ""
    password: Password = ""


Wiring: TypeAlias = SiaDc09 | Button | Shelly | Camera

WIRED_AS: Final = MappingProxyType(
    {SiaDc09: Role.BUTTON, Button: Role.BUTTON, Shelly: Role.SIREN, Camera: Role.CAMERA}
)
"""What a device that is wired so must be."""

_DECODER: Final[msgspec.json.Decoder[Wiring]] = msgspec.json.Decoder(Wiring)


class CannotOpen(Exception):  # noqa: N818 - a state of the box, named as such
    """It was sealed with another secret, for another device, or was altered: import it again."""


class BadWiring(Exception):  # noqa: N818 - an answer to whoever wrote it
    """This is no wiring. The message names the field at fault and quotes nothing."""


def read_wiring(content: bytes) -> Wiring:
    """Read what a person wrote. Raises `BadWiring`."""
    try:
        return _DECODER.decode(content)
    except msgspec.DecodeError as error:
        raise BadWiring(str(error)) from None


def misfit(wiring: Wiring, role: Role) -> str:
    """Say what is wrong with wiring a device of this role so; empty when nothing is."""
    wanted = WIRED_AS[type(wiring)]
    protocol = wiring.__struct_config__.tag
    return "" if role is wanted else f"wiring `{protocol}` is for a {wanted}, not for this {role}"


def seal(wiring: Wiring, key: bytes, device_id: str) -> bytes:
    """Return the box to keep."""
    content = msgspec.json.encode(wiring)
    return FORMAT + AESSIV(key).encrypt(content, [FORMAT, device_id.encode()])


def open_sealed(box: bytes, key: bytes, device_id: str) -> Wiring:
    """Open a box. Raises `CannotOpen`."""
    if not box.startswith(FORMAT):
        raise CannotOpen("another version of the software sealed it")
    try:
        content = AESSIV(key).decrypt(box[1:], [FORMAT, device_id.encode()])
    except (InvalidTag, ValueError):
        raise CannotOpen(
            "sealed with another secret, for another device, or altered: import it again"
        ) from None
    return _DECODER.decode(content)
