"""A press from its sender to the handhelds and back, over real sockets and processes."""

import trio

from clients.app import App
from clients.patrol import Patrol
from protocol.codec import encode
from protocol.messages import (
    Accept,
    Alert,
    Arrive,
    Cancel,
    Close,
    Command,
    Delivered,
    Error,
    Receipt,
)
from protocol.vocabulary import (
    AlertState,
    ErrorCode,
    FoundBy,
    Kind,
    Outcome,
    Reach,
    Stage,
    Step,
    Urgency,
    Verdict,
)
from tests.live.devices import connected, credentials, device, on_duty, press
from tests.live.program import PATIENCE_S, Area, Program


async def test_a_press_is_received_and_then_stored(program: Program, area: Area) -> None:
    async with on_duty(program, area.patrols[0]), device(program, area.apps[0]) as ana:
        signal = press(area.spot())
        await ana.say(signal)
        first, then = await ana.hear_a(Receipt), await ana.hear_a(Receipt)
        assert (first.signal_id, first.stored, first.journaled) == (signal.signal_id, False, False)
        assert (then.signal_id, then.stored, then.journaled) == (signal.signal_id, True, True)
        assert then.version > first.version
        await ana.say(signal)
        again = await ana.hear_a(Receipt)
        assert (again.version, again.stored) == (then.version, True)


async def test_each_stage_is_told_truthfully(program: Program, area: Area) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        on_duty(program, area.patrols[1]) as other,
        device(program, area.apps[0]) as ana,
    ):
        signal = press(area.spot())
        await ana.say(signal)
        alert = await patrol.hear_of(signal.signal_id)
        assert alert.quadrant is not None
        assert alert.quadrant.code == area.quadrant
        assert alert.place.found_by is FoundBy.INSIDE
        assert alert.sender.device_id == area.apps[0]
        receipt = await ana.receipt(Stage.RECEIVED)
        assert (receipt.verdict, receipt.reach) == (Verdict.FIRST, Reach.ON_DUTY)
        assert (receipt.delivered_to, receipt.patrol) == (0, None)

        await patrol.say(Delivered(alert_id=alert.alert_id, version=alert.version))
        assert (await ana.receipt(Stage.DELIVERED)).delivered_to == 1
        await other.say(Delivered(alert_id=alert.alert_id, version=alert.version))
        # That it is stored meanwhile may be said in between.
        await ana.hear_a(Receipt, lambda each: each.delivered_to == 2)

        await patrol.say(Accept(alert_id=alert.alert_id, eta_s=240))
        accepted = await ana.receipt(Stage.ACCEPTED)
        assert (accepted.patrol, accepted.eta_s) == (area.patrols[0], 240)
        owned = await other.hear_a(Alert, lambda each: each.state is AlertState.ACCEPTED)
        assert owned.owner is not None
        assert owned.owner.device_id == area.patrols[0]
        await other.say(Accept(alert_id=alert.alert_id))
        assert (await other.hear_a(Error)).code is ErrorCode.ALREADY_OWNED

        await patrol.say(Arrive(alert_id=alert.alert_id))
        await ana.receipt(Stage.ON_SCENE)
        await patrol.say(Close(alert_id=alert.alert_id, outcome=Outcome.REAL, note="Atendida"))
        closed = await ana.receipt(Stage.CLOSED)
        assert closed.outcome is Outcome.REAL
        ended = await other.hear_a(Alert, lambda each: each.state is AlertState.CLOSED)
        stages = ended.stages
        times = [
            stages.received_at_ms,
            stages.sent_at_ms,
            stages.delivered_at_ms,
            stages.accepted_at_ms,
            stages.arrived_at_ms,
            stages.closed_at_ms,
        ]
        assert None not in times
        assert times == sorted(times)  # type: ignore[type-var]


async def test_the_sdk_does_the_same(program: Program, area: Area) -> None:
    async with (
        Patrol(program.url, await credentials(program, area.patrols[0])) as patrol,
        App(program.url, await credentials(program, area.apps[0])) as app,
    ):
        await patrol.synced()
        with trio.fail_after(PATIENCE_S):
            pressed = await app.press(Kind.PANIC, position=area.spot())
            await pressed.until(Stage.DELIVERED)
            await patrol.accept(pressed.signal_id, eta_s=60)
            assert (await pressed.until(Stage.ACCEPTED)).patrol == area.patrols[0]
            await patrol.arrive(pressed.signal_id)
            await patrol.close(pressed.signal_id, Outcome.REAL)
            assert (await pressed.until(Stage.CLOSED)).outcome is Outcome.REAL


async def test_a_silent_press_is_discreet(program: Program, area: Area) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.apps[0]) as ana,
    ):
        signal = press(area.spot(), Kind.SILENT)
        await ana.say(signal)
        assert (await patrol.hear_of(signal.signal_id)).kind is Kind.SILENT
        assert (await ana.receipt(Stage.RECEIVED)).discreet


async def test_a_panic_with_an_unusable_position_goes_out_and_names_the_field(
    program: Program, area: Area
) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.button) as button,
    ):
        signal = press(area.spot())
        frame = encode(signal).replace(b'"lat":', b'"lat":9')
        await button.socket.send(frame, text=True)
        alert = await patrol.hear_of(signal.signal_id)
        assert alert.place.found_by is FoundBy.REGISTERED
        assert alert.place.address == "Calle 1 # 2-3"
        await button.receipt(Stage.RECEIVED)
        error = await button.hear_a(Error)
        assert (error.code, error.field) == (ErrorCode.BAD_FIELD, "position.lat")


async def test_a_press_from_nowhere_reaches_the_control_room(program: Program, area: Area) -> None:
    async with on_duty(program, "operator") as operator, device(program, area.apps[0]) as ana:
        signal = press(None)
        await ana.say(signal)
        alert = await operator.hear_of(signal.signal_id)
        assert (alert.told.reach, alert.quadrant) == (Reach.NO_QUADRANT, None)
        assert (await ana.receipt(Stage.RECEIVED)).reach is Reach.NO_QUADRANT
        await operator.say(Close(alert_id=alert.alert_id, outcome=Outcome.UNFOUNDED))
        await ana.receipt(Stage.CLOSED)


async def test_a_retry_after_a_cut_connection_gives_one_alert(program: Program, area: Area) -> None:
    signal = press(area.spot())
    async with on_duty(program, area.patrols[0]) as patrol:
        async with device(program, area.apps[0]) as ana:
            await ana.say(signal)
            await patrol.hear_of(signal.signal_id)
            await ana.socket.stream.aclose()  # cut, without a word
        async with device(program, area.apps[0]) as ana:
            (known,) = await ana.synced()
            assert isinstance(known, Receipt)
            assert known.signal_id == signal.signal_id
            await ana.say(signal)
            again = await ana.hear_a(Receipt)
            assert (again.alert_id, again.stage) == (signal.signal_id, Stage.RECEIVED)
        assert not [each for each in await patrol.is_served() if isinstance(each, Alert)]


async def test_an_id_that_is_anothers_is_a_conflict_and_no_merge(
    program: Program, area: Area
) -> None:
    signal = press(area.spot())
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.apps[0]) as ana,
        device(program, area.apps[1]) as beto,
    ):
        await ana.say(signal)
        await patrol.hear_of(signal.signal_id)
        await beto.say(signal)
        assert (await beto.hear_a(Error)).code is ErrorCode.SIGNAL_ID_CONFLICT
        assert not [each for each in await patrol.is_served() if isinstance(each, Alert)]


async def test_a_neighbour_who_presses_too_corroborates(program: Program, area: Area) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.apps[0]) as ana,
        device(program, area.apps[1]) as beto,
    ):
        first, second = press(area.spot()), press(area.spot())
        await ana.say(first)
        await patrol.hear_of(first.signal_id)
        await beto.say(second)
        assert (await beto.receipt(Stage.RECEIVED)).verdict is Verdict.CORROBORATION
        alert = await patrol.hear_of(second.signal_id)
        assert alert.alert_id == first.signal_id
        assert alert.urgency is Urgency.CRITICAL
        (report,) = alert.reports
        assert report.sender.device_id == area.apps[1]
        assert alert.signals_total == 2


async def test_another_emergency_is_another_alert(program: Program, area: Area) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.apps[0]) as ana,
        device(program, area.apps[1]) as beto,
        device(program, area.apps[2]) as caro,
    ):
        here, there, fire = press(area.spot()), press(area.spot(7)), press(area.spot(), Kind.FIRE)
        for sender, signal in ((ana, here), (beto, there), (caro, fire)):
            await sender.say(signal)
            assert (await patrol.hear_of(signal.signal_id)).alert_id == signal.signal_id


async def test_a_flood_of_presses_is_one_alert_and_each_is_answered(
    program: Program, area: Area
) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.apps[0]) as ana,
    ):
        signals = [press(area.spot()) for _ in range(40)]
        await ana.say(*signals)
        first = await patrol.hear_of(signals[0].signal_id)
        answered = set()
        while answered != {signal.signal_id for signal in signals}:
            receipt = await ana.hear_a(Receipt)
            assert receipt.alert_id == first.alert_id
            answered.add(receipt.signal_id)
        last = await patrol.hear_a(Alert, lambda each: each.signals_total == len(signals))
        assert last.alert_id == first.alert_id
        assert last.version < 6, "updates are told at a pace"


async def test_a_cancel_is_shown_and_the_patrol_decides(program: Program, area: Area) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.apps[0]) as ana,
    ):
        signal = press(area.spot())
        await ana.say(signal, Cancel(signal_id=signal.signal_id))
        alert = await patrol.hear_a(Alert, lambda each: each.cancel_requested_at_ms is not None)
        assert alert.state is AlertState.DISPATCHED
        assert (await ana.hear_a(Receipt, lambda each: each.cancel_requested)).stage is (
            Stage.RECEIVED
        )


async def test_nobody_accepts_and_they_are_called_again(program: Program, area: Area) -> None:
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.apps[0]) as ana,
    ):
        signal = press(area.spot())
        await ana.say(signal)
        await patrol.hear_of(signal.signal_id)
        again = await patrol.hear_a(Alert, lambda each: each.escalation.step is Step.REPEATED)
        assert again.alert_id == signal.signal_id
        assert (await patrol.hear_a(Command)).alert_id == signal.signal_id
        await patrol.say(Accept(alert_id=signal.signal_id))
        await ana.receipt(Stage.ACCEPTED)


async def test_where_nobody_is_on_duty_the_neighbours_are_told_at_once(
    program: Program, area: Area
) -> None:
    async with (
        on_duty(program, area.stranger) as neighbour,
        device(program, area.patrols[0], on_duty=False) as off_duty,
        device(program, area.apps[0]) as ana,
    ):
        signal = press(area.spot())
        await ana.say(signal)
        alert = await neighbour.hear_of(signal.signal_id)
        assert alert.told.reach is Reach.NONE_CONNECTED
        assert alert.told.neighbours == (area.neighbour,)
        assert (await ana.receipt(Stage.RECEIVED)).reach is Reach.NONE_CONNECTED
        assert not [each for each in await off_duty.is_served() if isinstance(each, Alert)]


async def test_whoever_reconnects_gets_every_open_alert_then_synced(
    program: Program, area: Area
) -> None:
    async with (
        device(program, area.apps[0]) as ana,
        device(program, area.apps[1]) as beto,
    ):
        async with on_duty(program, area.patrols[0]) as patrol:
            signals = [press(area.spot(0)), press(area.spot(7))]
            await ana.say(signals[0])
            await beto.say(signals[1])
            versions = {}
            for signal in signals:
                versions[signal.signal_id] = (await patrol.hear_of(signal.signal_id)).version
        async with connected(program) as patrol:
            await patrol.greet(area.patrols[0], program.tokens[area.patrols[0]])
            assert patrol.welcome is not None
            assert patrol.welcome.on_duty, "duty outlives a connection"
            open_alerts = await patrol.synced()
        assert {each.alert_id: each.version for each in open_alerts} == versions  # type: ignore[union-attr]
        assert patrol.welcome.open_alerts == len(open_alerts)
