from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from prometheus_client import generate_latest
from trio.testing import MockClock

from dispatch.gateway.bounds import ANSWERED_WITHIN_S, CORE_AWAY_S, UNTIMELY_MAX
from dispatch.gateway.desk import Heard, read_clock
from dispatch.gateway.panels import Panels
from dispatch.gateway.tally import Tally
from protocol.messages import Cancel, Condition, Contact, Error, Kit, Seen, Signal, Text
from protocol.sia_dc09.header import Header
from protocol.sia_dc09.panel import sia_data, write_message
from protocol.vocabulary import ErrorCode, Kind, Stage, TroubleKind, Verdict
from tests.gateway.rig import (
    ACCOUNT,
    KEY,
    PANEL,
    SEALED,
    SEALED_ACCOUNT,
    Core,
    answers,
    at_desk,
    frame,
    linked,
    receipt,
    settled,
)


class Desk:
    """A panel's view of the desk: what it sends, and what it is answered."""

    def __init__(self, panels: Panels) -> None:
        self._panels = panels
        self.said: list[bytes] = []

    def send(self, raw: bytes) -> Heard:
        heard = self._panels.hear(raw, self.said.append)
        if heard.answer is not None:
            self.said.append(heard.answer)
        return heard


@asynccontextmanager
async def desk() -> AsyncIterator[tuple[Desk, Core, Tally]]:
    async with at_desk(Panels) as (panels, core, tally):
        yield Desk(panels), core, tally


async def test_a_press_is_acknowledged_when_it_is_stored_and_not_before(
    autojump_clock: MockClock,
) -> None:
    async with desk() as (panel, core, _):
        heard = panel.send(frame("Nri1/PA003"))
        assert (heard.answer, heard.is_good, heard.is_owed) == (None, True, True)
        signal = await core.hear(Signal)
        assert (signal.kind, signal.source_device_id) == (Kind.PANIC, PANEL)
        await core.say(receipt(signal.signal_id, stored=False))
        assert panel.said == []
        await core.say(receipt(signal.signal_id, version=2))
        assert answers(panel.said) == ["ACK"]
        await core.say(receipt(signal.signal_id, version=3, stage=Stage.ACCEPTED))
        assert len(panel.said) == 1


async def test_an_encrypted_press_has_an_encrypted_answer(autojump_clock: MockClock) -> None:
    async with desk() as (panel, core, _):
        panel.send(frame("Nri1/HA001", account=SEALED_ACCOUNT, key=KEY))
        signal = await core.hear(Signal)
        assert (signal.kind, signal.source_device_id) == (Kind.SILENT, SEALED)
        await core.say(receipt(signal.signal_id))
        assert panel.said[0].count(b'"*ACK"') == 1
        assert answers(panel.said, KEY) == ["ACK"]


async def test_a_link_test_is_answered_at_once_and_is_proof_of_life(
    autojump_clock: MockClock,
) -> None:
    async with desk() as (panel, core, _):
        assert panel.send(frame("")).answer is not None
        assert answers(panel.said) == ["ACK"]
        assert await core.hear(Contact) == Contact(seen=(Seen(PANEL),))


async def test_a_panel_finds_out_that_nobody_listens(autojump_clock: MockClock) -> None:
    async with desk() as (panel, core, _):
        core.server.refusing = 1_000
        await core.cut()
        assert panel.send(frame("")).answer is not None  # it may be a restart
        await trio.sleep(CORE_AWAY_S + 1)
        assert panel.send(frame("", 2)) == Heard(None)
        assert panel.send(frame("NOP001", 3)) == Heard(None)


async def test_a_press_that_cannot_be_stored_gets_no_answer_and_its_resend_does(
    autojump_clock: MockClock,
) -> None:
    async with desk() as (panel, core, _):
        panel.send(frame())
        signal = await core.hear(Signal)
        await trio.sleep(ANSWERED_WITHIN_S + 1)
        await core.say(receipt(signal.signal_id))
        assert panel.said == []  # the panel has given up waiting
        panel.send(frame())
        assert answers(panel.said) == ["ACK"]
        sent = {each.signal_id for each in await core.unheard() if isinstance(each, Signal)}
        assert sent == {signal.signal_id}  # to the core it was sent again and again


async def test_resends_are_one_signal_and_each_is_answered(autojump_clock: MockClock) -> None:
    async with desk() as (panel, core, _):
        for _ in range(3):
            panel.send(frame())
        signal = await core.hear(Signal)
        await core.say(receipt(signal.signal_id))
        assert answers(panel.said) == ["ACK"] * 3
        panel.send(frame())
        assert answers(panel.said) == ["ACK"] * 4
        panel.send(frame(sequence=2))
        assert (await core.hear(Signal)).signal_id != signal.signal_id


async def test_several_calls_in_one_message_are_all_stored_before_the_answer(
    autojump_clock: MockClock,
) -> None:
    async with desk() as (panel, core, _):
        panel.send(frame("Nri1/PA003/HA004/PA003"))
        first, second = await core.hear(Signal), await core.hear(Signal)
        assert {first.kind, second.kind} == {Kind.PANIC, Kind.SILENT}
        await core.say(receipt(second.signal_id))
        assert panel.said == []
        await core.say(receipt(first.signal_id))
        assert answers(panel.said) == ["ACK"]
        assert await core.unheard() == []


async def test_trouble_is_acknowledged_when_the_core_has_taken_it(
    autojump_clock: MockClock,
) -> None:
    async with desk() as (panel, core, _):
        panel.send(frame("Nri1/YT000"))
        panel.send(frame("Nri1/YR000", 2))
        assert panel.said == []
        assert await core.hear(Condition) == Condition(
            device_id=PANEL, trouble=TroubleKind.LOW_BATTERY, present=True
        )
        await settled()
        assert answers(panel.said) == ["ACK", "ACK"]


async def test_a_test_report_is_told_as_one(autojump_clock: MockClock) -> None:
    async with desk() as (panel, core, _):
        panel.send(frame("NRP0000"))
        assert await core.hear(Contact) == Contact(seen=(Seen(PANEL, tested=True),))
        await settled()
        assert answers(panel.said) == ["ACK"]


async def test_a_report_that_asks_for_nothing_is_acknowledged_and_counted(
    autojump_clock: MockClock,
) -> None:
    async with desk() as (panel, core, tally):
        panel.send(frame("Nri1/CL001"))
        assert answers(panel.said) == ["ACK"]
        counted = generate_latest(tally.collector).decode()
        assert 'cuadrante_gateway_frames_total{sense="report"} 1.0' in counted
        assert isinstance(await core.hear(Contact), Contact)
        assert await core.unheard() == []


async def test_whoever_takes_the_call_back_is_shown_to_have(autojump_clock: MockClock) -> None:
    async with desk() as (panel, core, _):
        panel.send(frame("Nri1/PA003"))
        signal = await core.hear(Signal)
        await core.say(receipt(signal.signal_id))
        panel.send(frame("Nri1/PC003", 2))
        assert (await core.hear(Cancel)).signal_id == signal.signal_id
        await settled()
        assert answers(panel.said) == ["ACK", "ACK"]


async def test_the_same_message_after_its_alert_has_ended_is_another_event(
    autojump_clock: MockClock,
) -> None:
    async with desk() as (panel, core, _):
        panel.send(frame())
        signal = await core.hear(Signal)
        await core.say(receipt(signal.signal_id), receipt(signal.signal_id, stage=Stage.CLOSED))
        panel.send(frame())
        assert (await core.hear(Signal)).signal_id != signal.signal_id


async def test_a_gateway_that_forgot_a_message_whose_alert_has_ended_takes_it_for_another_event(
    autojump_clock: MockClock,
) -> None:
    async with desk() as (panel, core, _):
        panel.send(frame())
        signal = await core.hear(Signal)
        known = receipt(
            signal.signal_id, verdict=Verdict.RETRANSMISSION, stage=Stage.CLOSED, version=7
        )
        await core.say(known)
        assert panel.said == []
        again = await core.hear(Signal)
        assert again.signal_id != signal.signal_id
        await core.say(receipt(again.signal_id))
        assert answers(panel.said) == ["ACK"]


async def test_an_unknown_account_is_told_so_and_kept_for_whoever_sets_up_panels(
    autojump_clock: MockClock,
) -> None:
    async with desk() as (panel, core, tally):
        assert not panel.send(frame(account="9999")).is_good
        assert answers(panel.said) == ["DUH"]
        assert [each["account"] for each in tally.unknown_accounts()] == ["9999"]
        assert await core.unheard() == []


async def test_nobody_is_unknown_before_the_core_has_said_who_is_known(
    autojump_clock: MockClock,
) -> None:
    async with linked() as (link, core):
        panel = Desk(Panels(link, Tally(), read_clock))
        assert panel.send(frame()) == Heard(is_good=False)
        await core.welcome(Kit())
        panel.send(frame())
        assert answers(panel.said) == ["DUH"]


async def test_a_panel_that_is_not_allowed_any_more_is_told_so(autojump_clock: MockClock) -> None:
    async with desk() as (panel, core, _):
        panel.send(frame())
        signal = await core.hear(Signal)
        code = ErrorCode.NOT_ALLOWED
        await core.say(Error(code=code, text=Text("", ""), ref=signal.signal_id))
        assert answers(panel.said) == ["DUH"]
        await core.say(Kit(removed=(PANEL,)))
        panel.send(frame(sequence=2))
        assert answers(panel.said) == ["DUH", "DUH"]


async def test_an_encrypted_message_of_another_time_is_told_ours(
    autojump_clock: MockClock,
) -> None:
    async with desk() as (panel, core, _):
        late_s = read_clock().wall_ms / 1000 - 3_600
        heard = panel.send(frame(account=SEALED_ACCOUNT, key=KEY, at_s=late_s))
        assert heard.is_good
        assert answers(panel.said) == ["NAK"]
        assert await core.unheard() == []


async def test_a_panel_whose_clock_stays_wrong_is_a_trouble_until_it_is_right(
    autojump_clock: MockClock,
) -> None:
    async with desk() as (panel, core, _):

        def send(sequence: int, late_s: float) -> None:
            at_s = read_clock().wall_ms / 1000 - late_s
            panel.send(frame("", sequence, account=SEALED_ACCOUNT, key=KEY, at_s=at_s))

        for sequence in range(1, UNTIMELY_MAX):
            send(sequence, 3_600)
        send(UNTIMELY_MAX, 0)  # told the time, it has set its clock
        assert [type(said) for said in await core.unheard()] in ([], [Contact])
        for sequence in range(10, 10 + 2 * UNTIMELY_MAX):
            send(sequence, 3_600)
        assert await core.hear(Condition) == Condition(
            device_id=SEALED, trouble=TroubleKind.FAULT, present=True
        )
        send(30, 0)
        assert not (await core.hear(Condition)).present


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n\r", frame().replace(b"PA", b"PB"), frame()[:-5] + b"\r", b"\n" + bytes(100)],
)
async def test_what_is_broken_gets_no_answer(raw: bytes, autojump_clock: MockClock) -> None:
    async with desk() as (panel, core, _):
        assert panel.send(raw) == Heard(is_good=False)
        assert await core.unheard() == []


async def test_position_and_time_come_along(autojump_clock: MockClock) -> None:
    async with desk() as (panel, core, _):
        data = sia_data(ACCOUNT, "Nri1/PA003")
        extended = (b"X075W30.0000000", b"Y10N24.0000000")
        at_s = 1_790_000_000
        panel.send(write_message(Header("SIA-DCS", 1, ACCOUNT), data, extended, at_s=at_s))
        signal = await core.hear(Signal)
        assert signal.pressed_at_ms == at_s * 1000
        assert signal.position is not None
        assert (signal.position.lat, signal.position.lon) == (10.4, -75.5)
