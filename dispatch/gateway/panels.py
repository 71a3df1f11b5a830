"""What alarm panels report: acknowledged once the core has it, and not before.

    link test           proof of life; ACK if the core is near
    call for help       a signal each; ACK when the core says that all of them are stored
    trouble, restore    a condition; ACK when the core has taken it
    test report         proof of life, tested; ACK when the core has taken it
    anything else       counted; ACK if the core is near

A panel that gets no answer sends again, and after a while reports that its path is down: that is
the truth when the core is away, and what EN 50136-1 has panels find out.
"""

import secrets
from typing import Final

import structlog

from dispatch.core.moment import Moment
from dispatch.gateway.bounds import ANSWERED_WITHIN_S, UNTIMELY_MAX
from dispatch.gateway.core_link import CoreLink
from dispatch.gateway.desk import Clock, Heard, Say
from dispatch.gateway.reports import NEWS, Ending, Report
from dispatch.gateway.resends import Resends
from dispatch.gateway.roster import Behind
from dispatch.gateway.tally import Tally
from protocol.sia_dc09.bounds import BLOCK_BYTES
from protocol.sia_dc09.codes import Sense
from protocol.sia_dc09.decode import Message, decode
from protocol.sia_dc09.faults import Answer, Fault, Reason
from protocol.sia_dc09.reply import acknowledge, refuse
from protocol.sia_dc09.splitter import Splitter
from protocol.vocabulary import TroubleKind

LINK_TEST: Final = "link_test"

log = structlog.get_logger()


class Panels:
    """The desk for SIA DC-09."""

    name = "panels"

    def __init__(self, core: CoreLink, tally: Tally, clock: Clock) -> None:
        self._core = core
        self._roster = core.roster
        self._tally = tally
        self._clock = clock
        self._resends = Resends()
        self._last_call: dict[str, str] = {}
        """Which signal a panel's cancellation is about, by device id."""
        self._untimely: dict[str, int] = {}
        """How many messages of another time a panel has sent since its last good one."""
        core.roster.watchers.append(self._roster_changed)

    def splitter(self) -> Splitter:
        """Return what cuts a panel's stream into frames."""
        return Splitter()

    def hear(self, frame: bytes, say: Say) -> Heard:
        """Take one frame, from LF to CR."""
        now = self._clock()
        if not self._roster.is_known:
            return Heard(is_good=False)
        message = decode(frame, self._roster.accounts, now.wall_ms / 1000)
        if isinstance(message, Fault):
            return self._refuse(message, now)
        device_id = self._roster.panels[message.header.account_id]
        senses = {event.meaning.sense for event in message.events}
        for said in senses or (LINK_TEST,):
            self._tally.frames.labels(said).inc()
        self._core.contacts.note(device_id, tested=Sense.ALIVE in senses)
        self._is_timely(device_id)
        if not senses & NEWS:
            return Heard(self._ack(message, now) if self._core.is_near else None)
        self._report(device_id, message, now, say)
        return Heard(is_owed=True)

    def _report(self, device_id: str, message: Message, arrived: Moment, say: Say) -> None:
        def over(report: Report, ending: Ending) -> None:
            now = self._clock()
            if ending is Ending.REFUSED:
                say(self._duh(message, now))
            elif now.mono_s - arrived.mono_s <= ANSWERED_WITHIN_S:
                if report.event is not None:
                    self._resends.acknowledged(report.event, now)
                say(self._ack(message, now))

        report = Report(self._core, self._resends, self._clock, device_id, message, over)
        last_call = report.send(self._last_call.get(device_id))
        if last_call is not None:
            self._last_call[device_id] = last_call

    def _ack(self, message: Message, now: Moment) -> bytes:
        account = self._roster.accounts.get(message.header.account_id)
        key = None if account is None else account.key
        self._tally.answers.labels(self.name, Answer.ACK).inc()
        pad = secrets.token_bytes(BLOCK_BYTES)
        return acknowledge(message.header, key, pad, now.wall_ms / 1000)

    def _duh(self, message: Message, now: Moment) -> bytes:
        refused = Fault(Reason.UNKNOWN_ACCOUNT, message.header)
        return self._refuse(refused, now).answer or b""

    def _refuse(self, fault: Fault, now: Moment) -> Heard:
        self._tally.fault(self.name, fault.reason, now.mono_s)
        if fault.reason is Reason.UNKNOWN_ACCOUNT and fault.header is not None:
            self._tally.knocks(fault.header.account_id, now.wall_ms)
        if fault.reason is Reason.OUTSIDE_WINDOW and fault.header is not None:
            self._is_untimely(self._roster.panels[fault.header.account_id])
        if fault.answer is not Answer.NOTHING:
            self._tally.answers.labels(self.name, fault.answer).inc()
        # Whoever is told the time has sent what its own key opened.
        return Heard(refuse(fault, now.wall_ms / 1000), is_good=fault.answer is Answer.NAK)

    def _is_untimely(self, device_id: str) -> None:
        """A panel whose clock stays wrong can call nobody: somebody has to go there."""
        times = self._untimely[device_id] = self._untimely.get(device_id, 0) + 1
        if times == UNTIMELY_MAX:
            log.warning("panel_clock_wrong", device=device_id)
            self._core.conditions.tell(device_id, TroubleKind.FAULT, present=True)

    def _is_timely(self, device_id: str) -> None:
        if self._untimely.pop(device_id, 0) >= UNTIMELY_MAX:
            self._core.conditions.tell(device_id, TroubleKind.FAULT, present=False)

    def _roster_changed(self, device_id: str, behind: Behind | None) -> None:
        if behind is None:
            self._last_call.pop(device_id, None)
            self._untimely.pop(device_id, None)
