"""Becoming a known device: a code is traded for a token, which a private file keeps."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import trio

from link import private_file
from link.errors import ASK_FOR_A_CODE, CredentialsError, EnrolmentFailed
from link.wire import BROKEN, check_address, opened, why_broken
from protocol.codec import decode_server, encode
from protocol.messages import AnyServerMessage, Enrol, Enrolled, Error, Text
from protocol.vocabulary import Role

ENROL_WITHIN_S: Final = 15.0
KNOCK_AGAIN: Final = Text(
    "Revise la dirección del servidor y la red, e intente de nuevo: el código sigue sirviendo.",
    "Check the server's address and the network, and try again: the code is still good.",
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who a device is. Whoever holds the token is the device, so it is never printed."""

    device_id: str
    role: Role
    token: str = field(repr=False)

    def save(self, path: Path) -> None:
        """Keep these in a file that only its owner may read.

        Raises `CredentialsError` if it holds another device's, or cannot be written.
        """
        if path.exists():
            kept = load(path)
            if kept.device_id != self.device_id:
                raise CredentialsError(
                    Text(
                        f"{path} es de otro dispositivo ({kept.device_id}).",
                        f"{path} belongs to another device ({kept.device_id}).",
                    ),
                    Text(
                        "Indique otro archivo con --credentials, o bórrelo si ya no se usa.",
                        "Name another file with --credentials, or delete it if it is disused.",
                    ),
                )
        try:
            private_file.write(path, msgspec.json.encode(self))
        except OSError as error:
            raise CredentialsError(
                Text(f"No se pudo guardar {path}.", f"{path} could not be written: {error}."),
                Text("Indique otro archivo con --credentials.", "Name another with --credentials."),
            ) from error


def load(path: Path) -> Credentials:
    """Read credentials. Raises `CredentialsError`, which says what to do."""
    try:
        if not private_file.is_private(path):
            raise CredentialsError(
                Text(f"Otras personas pueden leer {path}.", f"Others can read {path}."),
                Text(f"Protéjalo: chmod 600 {path}", f"Protect it: chmod 600 {path}"),
            )
        return msgspec.json.decode(path.read_bytes(), type=Credentials)
    except FileNotFoundError as error:
        raise CredentialsError(
            Text(f"No hay credenciales en {path}.", f"There are no credentials in {path}."),
            Text(
                "Enrole primero este dispositivo: enrol --code CÓDIGO",
                "Enrol this device first: enrol --code CODE",
            ),
        ) from error
    except (OSError, msgspec.DecodeError) as error:
        raise CredentialsError(
            Text(f"{path} no se puede leer.", f"{path} cannot be read: {error}."),
            Text("Bórrelo y enrole de nuevo.", "Delete it and enrol again."),
        ) from error


async def enrol(
    url: str, code: str, *, ssl_context: ssl.SSLContext | None = None, client: str = ""
) -> Credentials:
    """Trade a one-time code for this device's credentials.

        credentials = await enrol("wss://server/v1", "K7QF-2M9X")
        credentials.save(Path("credentials.json"))

    Raises `BadAddress`; `EnrolmentFailed` if the code is refused or the server out of reach.
    """
    check_address(url)
    answer: AnyServerMessage | None = None
    try:
        with trio.move_on_after(ENROL_WITHIN_S):
            async with opened(url, ssl_context) as socket:
                await socket.send(encode(Enrol(code=code, client=client)), text=True)
                while not isinstance(answer, Enrolled | Error):
                    answer = decode_server(await socket.recv(decode=False))
    except (*BROKEN, msgspec.DecodeError) as error:
        if not isinstance(answer, Enrolled | Error):
            raise EnrolmentFailed(why_broken(error), KNOCK_AGAIN) from error
    if isinstance(answer, Enrolled):
        return Credentials(answer.device_id, answer.role, answer.token)
    if isinstance(answer, Error):
        raise EnrolmentFailed(answer.text, ASK_FOR_A_CODE)
    raise EnrolmentFailed(why_broken(TimeoutError()), KNOCK_AGAIN)
