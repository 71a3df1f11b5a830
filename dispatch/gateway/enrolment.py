"""How a gateway becomes a known device: once, by a code; from then on its token file is enough."""

import ssl
from pathlib import Path
from typing import Final

import structlog
import trio

from link.enrolment import Credentials, enrol
from link.errors import EnrolmentFailed

CODE_KNOWN_WITHIN_S: Final = 20.0
"""A code was issued a moment ago; the core hears of it by the registry's feed."""
KNOCK_EVERY_S: Final = 0.5
REFUSED_SUFFIX: Final = ".refused"
CLIENT: Final = "cuadrante-gateway"

log = structlog.get_logger()


def put_aside(file: Path) -> None:
    """The core does not know this token: the next start asks for another one."""
    file.replace(file.with_name(file.name + REFUSED_SUFFIX))


async def become(
    file: Path, url: str, code: str, *, ssl_context: ssl.SSLContext | None = None
) -> Credentials:
    """Trade the code for who this gateway is, and keep it in the file.

    Raises `BadAddress`, `CredentialsError`, `EnrolmentFailed`; each says what to do.
    """
    credentials = await _trade(url, code, ssl_context)
    credentials.save(file)
    log.info("gateway_enrolled", device=credentials.device_id)
    return credentials


async def _trade(url: str, code: str, ssl_context: ssl.SSLContext | None) -> Credentials:
    give_up_at_s = trio.current_time() + CODE_KNOWN_WITHIN_S
    while True:
        try:
            return await enrol(url, code, ssl_context=ssl_context, client=CLIENT)
        except EnrolmentFailed:
            if trio.current_time() >= give_up_at_s:
                raise
            await trio.sleep(KNOCK_EVERY_S)
