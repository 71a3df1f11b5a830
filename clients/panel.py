"""An alarm panel that speaks SIA DC-09: the SDK's `Panel`, and `python -m clients.panel`."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from secrets import SystemRandom
from types import MappingProxyType, TracebackType
from typing import Final, Self

import trio

from clients.errors import NotAcknowledged
from clients.panel_line import Line, open_tcp, open_udp
from link.backoff import full_jitter_s
from protocol.messages import Position
from protocol.sia_dc09.bounds import BLOCK_BYTES
from protocol.sia_dc09.events import CONTACT_ID, SIA
from protocol.sia_dc09.extended import write_position
from protocol.sia_dc09.faults import Answer
from protocol.sia_dc09.header import Header, check_account
from protocol.sia_dc09.panel import contact_id_data, sia_data, write_message
from protocol.sia_dc09.reply import Reply, read_reply
from protocol.sia_dc09.seal import check_key
from protocol.vocabulary import Kind

REPLY_DEADLINE_S: Final = 5.0
"""Without an answer for so long, the message is sent again."""
ATTEMPTS: Final = 12
_SEQUENCES: Final = 9999


class Transport(StrEnum):
    """What carries the frames."""

    TCP = "tcp"
    UDP = "udp"


@dataclass(frozen=True, slots=True)
class PanelEvent:
    """What a panel has to say."""

    id_token: str
    """The format: `SIA-DCS`, `ADM-CID`, or `NULL` for a link test, which says nothing else."""
    code: str = ""
    """Such as `PA` in the first format, `1120` in the second."""
    zone: int = 1
    area: int = 1
    position: Position | None = None

    def data(self, account: str) -> bytes:
        """Write the data of a message about it."""
        if self.id_token == SIA:
            return sia_data(account, f"Nri{self.area}/{self.code}{self.zone:03X}")
        if self.id_token == CONTACT_ID:
            return contact_id_data(account, self.code, self.area, self.zone)
        return b""

    @property
    def extended(self) -> tuple[bytes, ...]:
        """The extended data of a message about it."""
        return () if self.position is None else write_position(self.position)


LINK_TEST: Final = PanelEvent("NULL")
SELF_TEST: Final = MappingProxyType(
    {SIA: PanelEvent(SIA, "RP"), CONTACT_ID: PanelEvent(CONTACT_ID, "1602")}
)
"""A panel's own test report, in each format."""
CALL_CODES: Final = MappingProxyType(
    {
        SIA: MappingProxyType(
            {
                Kind.PANIC: "PA",
                Kind.SILENT: "HA",
                Kind.MEDICAL: "MA",
                Kind.FIRE: "FA",
                Kind.INTRUSION: "BA",
                Kind.TEST: "RX",
            }
        ),
        CONTACT_ID: MappingProxyType(
            {
                Kind.PANIC: "1120",
                Kind.SILENT: "1122",
                Kind.MEDICAL: "1100",
                Kind.FIRE: "1110",
                Kind.INTRUSION: "1130",
                Kind.TEST: "1601",
            }
        ),
    }
)
"""What a panel says, in each format, when somebody calls for help."""


def call(
    kind: Kind = Kind.PANIC, *, id_token: str = SIA, zone: int = 1, position: Position | None = None
) -> PanelEvent:
    """Return what a panel says when somebody presses the button of a zone."""
    return PanelEvent(id_token, CALL_CODES[id_token][kind], zone, position=position)


class Panel:
    """One panel, which says one thing at a time, and again until it is answered.

        async with Panel("gateway", 7312, "1234", key=key) as panel:
            reply = await panel.send(call(Kind.PANIC))

    With a key (16, 24 or 32 bytes) everything is encrypted. `clock` gives seconds since the epoch;
    a NAK sets it right. `jitter` draws a number from 0 to 1.
    """

    def __init__(
        self,
        host: str,
        port: int,
        account: str,
        *,
        key: bytes | None = None,
        transport: Transport = Transport.TCP,
        attempts: int = ATTEMPTS,
        reply_deadline_s: float = REPLY_DEADLINE_S,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        """Raises `ValueError` for an account or a key that there cannot be."""
        check_account(account)
        if key is not None:
            check_key(key)
        self.account = account
        # It is kept nowhere, and a press with an earlier one's number would pass for its resend.
        self.sequence = SystemRandom().randrange(_SEQUENCES)
        """Of the last message: 1 to 9999, and 1 again."""
        self._dial = partial(open_tcp if transport is Transport.TCP else open_udp, host, port)
        self._key = key
        self._attempts = attempts
        self._reply_deadline_s = reply_deadline_s
        self._clock = clock
        self._behind_s = 0.0
        self._jitter = jitter or SystemRandom().random
        self._line: Line | None = None
        self._turn = trio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._hang_up()

    async def send(self, event: PanelEvent) -> Reply:
        """Say something until the receiver has answered it. Returns its ACK, or its DUH.

        All attempts have one sequence number. Raises `NotAcknowledged` after the last of them.
        """
        async with self._turn:
            self.sequence = self.sequence % _SEQUENCES + 1
            header = Header(
                event.id_token, self.sequence, self.account, is_encrypted=self._key is not None
            )
            for attempt in range(self._attempts):
                if attempt > 1:  # the second comes at once
                    await trio.sleep(full_jitter_s(attempt - 2, self._jitter))
                reply = await self._attempt(header, event)
                if reply is not None and reply.answer is not Answer.NAK:
                    return reply
                if reply is not None and reply.at_s is not None:
                    self._behind_s = reply.at_s - self._clock()
        raise NotAcknowledged

    async def _attempt(self, header: Header, event: PanelEvent) -> Reply | None:
        """Say it once. None: there was no answer, and the line is no good."""
        with (
            trio.move_on_after(self._reply_deadline_s),
            suppress(OSError, trio.BrokenResourceError),
        ):
            if self._line is None:
                self._line = await self._dial()
            await self._line.send(self._written(header, event))
            return await self._answer_to(header, self._line)
        await self._hang_up()
        return None

    def _written(self, header: Header, event: PanelEvent) -> bytes:
        return write_message(
            header,
            event.data(self.account),
            event.extended,
            at_s=self._clock() + self._behind_s,
            key=self._key,
            pad=os.urandom(BLOCK_BYTES),
        )

    async def _answer_to(self, header: Header, line: Line) -> Reply:
        while True:
            for frame in await line.receive():
                reply = read_reply(frame, self._key)
                if isinstance(reply, Reply) and reply.is_about(header):
                    return reply

    async def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line.aclose()


if __name__ == "__main__":
    from clients.commands.panel import main

    main()
