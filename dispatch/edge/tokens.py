"""Making tokens: the one thing that must be stored before it counts."""

import asyncio
import secrets

import structlog

from dispatch.core.credentials import digest
from dispatch.core.effects import IssueToken, Reply
from dispatch.core.events import TokenKept
from dispatch.core.registry import Device
from dispatch.core.words import ERROR
from dispatch.edge.bounds import ISSUING_TOKENS_MAX
from dispatch.edge.outbox import Outbox
from dispatch.store.enrolment import keep_token
from dispatch.store.errors import StoreUnavailable
from dispatch.store.pool import Pool
from protocol.messages import Enrolled, Error
from protocol.vocabulary import ErrorCode

TOKEN_BYTES = 32

log = structlog.get_logger()


class TokenIssuer:
    """Trades an accepted enrolment code for a fresh 256-bit token, in the background."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, wanted: IssueToken, device: Device, outbox: Outbox) -> None:
        """Make the token of `device` and tell the session, once it is stored."""
        if len(self._tasks) >= ISSUING_TOKENS_MAX:
            outbox.apply([_refused(wanted, ErrorCode.UNAVAILABLE)])
            return
        task = asyncio.create_task(self._issue(wanted, device, outbox))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _issue(self, wanted: IssueToken, device: Device, outbox: Outbox) -> None:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        try:
            is_kept = await keep_token(self._pool, device.device_id, digest(token))
        except StoreUnavailable as error:
            log.warning("token_not_stored", device=device.device_id, reason=str(error))
            outbox.apply([_refused(wanted, ErrorCode.UNAVAILABLE)])
            return
        if not is_kept:
            outbox.apply([_refused(wanted, ErrorCode.ENROLMENT_REFUSED)])
            return
        outbox.handle(TokenKept(device.device_id, digest(token)))
        enrolled = Enrolled(device_id=device.device_id, role=device.role, token=token)
        outbox.apply([Reply(wanted.session_id, enrolled)])


def _refused(wanted: IssueToken, code: ErrorCode) -> Reply:
    error = Error(code=code, text=ERROR[code], field="code", about="enrol")
    return Reply(wanted.session_id, error)
