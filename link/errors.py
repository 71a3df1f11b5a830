"""What a link raises, each with words for people: Spanish first, English beside it."""

# ruff: noqa: N818 - `Refused` and its like say what happened; “Error” would add nothing.

from types import MappingProxyType
from typing import Final

from protocol.close_codes import CloseCode, may_reconnect
from protocol.messages import Text

ASK_FOR_A_CODE: Final = Text(
    "Pida a su coordinador un código y enrole este dispositivo de nuevo (enrol).",
    "Ask your coordinator for a code and enrol this device again (enrol).",
)
UPDATE: Final = Text(
    "Actualice este programa; si está al día, informe la falla.",
    "Update this program; if it is up to date, report the fault.",
)
WAIT: Final = Text("Se vuelve a conectar solo.", "It reconnects by itself.")

CLOSED_BECAUSE: Final = MappingProxyType(
    {
        CloseCode.DRAINING: Text("El servidor se reinicia.", "The server restarts."),
        CloseCode.HELLO_TIMEOUT: Text(
            "El saludo llegó tarde.", "The greeting did not come in time."
        ),
        CloseCode.FLOODING: Text(
            "Se enviaron demasiados mensajes.", "Too many frames were sent at once."
        ),
        CloseCode.TOO_SLOW: Text(
            "La conexión es demasiado lenta.", "The connection reads too slowly."
        ),
        CloseCode.GONE_QUIET: Text(
            "El servidor dejó de oír este dispositivo.", "The server heard nothing for too long."
        ),
        CloseCode.TOO_MANY_ERRORS: Text(
            "Se enviaron demasiados mensajes con errores.", "Too many faulty frames were sent."
        ),
        CloseCode.REGISTRY_BEHIND: Text(
            "El servidor arrancó sin su base de datos y aún no conoce este dispositivo.",
            "The server started without its database and does not know this device yet.",
        ),
        CloseCode.BAD_CREDENTIALS: Text(
            "El servidor no conoce este dispositivo o su clave no es la suya.",
            "The server does not know this device, or its token is wrong.",
        ),
        CloseCode.REVOKED: Text(
            "Se retiró el permiso de este dispositivo.", "This device's enrolment was withdrawn."
        ),
        CloseCode.REPLACED: Text(
            "El mismo dispositivo se conectó desde otro programa.",
            "The same device connected again elsewhere.",
        ),
        CloseCode.TEXT_ONLY: Text(
            "El servidor no entendió a este programa.", "The server takes text frames only."
        ),
    }
)
"""The catalogue of close codes in words for people."""

ADVICE: Final = MappingProxyType(
    {
        CloseCode.BAD_CREDENTIALS: ASK_FOR_A_CODE,
        CloseCode.REVOKED: ASK_FOR_A_CODE,
        CloseCode.REPLACED: Text(
            "Cierre el otro programa que usa estas credenciales, o enrole este aparte.",
            "End the other program that uses these credentials, or enrol this one on its own.",
        ),
        CloseCode.TEXT_ONLY: UPDATE,
    }
)
"""What to do about those after which reconnecting is pointless."""


class ClientError(Exception):
    """Whatever goes wrong on the client's side. `text` says what is wrong, `advice` what to do."""

    def __init__(self, text: Text, advice: Text | None = None) -> None:
        super().__init__(f"{text.es} / {text.en}")
        self.text = text
        self.advice = advice


class BadAddress(ClientError):
    """The server's address cannot be used."""


class CredentialsError(ClientError):
    """The credentials file is missing, unreadable, open to others or another device's."""


class EnrolmentFailed(ClientError):
    """The server did not take the code, or could not be reached."""


class Refused(ClientError):
    """The server closed the connection with a code that says not to come back."""

    def __init__(self, code: int) -> None:
        known = CloseCode(code) if code in set(CloseCode) else None
        super().__init__(
            closed_because(code), UPDATE if known is None else ADVICE.get(known, UPDATE)
        )
        self.code = code


def closed_because(code: int) -> Text:
    """Say in words why a connection was closed with `code`."""
    if code in set(CloseCode):
        return CLOSED_BECAUSE[CloseCode(code)]
    if may_reconnect(code):
        return Text("Se perdió la conexión.", "The connection was lost.")
    return Text(
        f"El servidor rechazó la conexión (código {code}).",
        f"The server refused the connection (code {code}).",
    )
