from dispatch.core import press as press_module
from dispatch.core.dispatcher import Dispatcher
from dispatch.core.effects import Record, Send
from dispatch.core.events import Connected, Received
from dispatch.core.facts import FactKind
from dispatch.core.moment import Moment
from dispatch.core.registry import Registry
from protocol.limits import REPORTS_SHOWN
from protocol.messages import Alert, Position, PositionReport, Receipt, Signal
from protocol.vocabulary import ErrorCode, FoundBy, Kind, Stage, Urgency
from tests.core.town import LOCATOR, MIDDLE, Town, fix, residents, signal_id

NOW = Moment(50.0, 1_795_190_400_000)


def test_a_press_goes_out_before_anything_else_is_done_about_it():
    dispatcher = Dispatcher(Registry(LOCATOR, residents()))
    dispatcher.handle(Connected(1, "patrol-1", on_duty=True), NOW)
    dispatcher.handle(Connected(2, "ana"), NOW)
    pressed = Signal(signal_id(1), Kind.PANIC, None, fix(MIDDLE))
    alert, receipt, signal, dispatched, _kept = dispatcher.handle(Received("ana", pressed, 1), NOW)
    assert isinstance(alert, Send)
    assert isinstance(alert.message, Alert)
    assert alert.devices == ("patrol-1",)
    assert alert.first_of == signal_id(1)
    assert isinstance(receipt, Send)
    assert isinstance(receipt.message, Receipt)
    assert receipt.message.stage is Stage.RECEIVED
    assert isinstance(signal, Record)
    assert isinstance(dispatched, Record)
    assert (signal.fact.reason, dispatched.fact.reason) == ("first", "on_duty")


def test_the_patrol_sees_where_who_and_what_is_around():
    town = Town()
    town.connect("patrol-1", "carla")
    alert = town.press("carla", at=(1_700, 1_700))
    (shown,) = town.alerts("patrol-1")
    assert (shown.alert_id, shown.version, shown.state) == (alert, 1, "dispatched")
    assert (shown.quadrant.code, shown.quadrant.cai) == ("B2", "CAI B2")
    assert shown.place.found_by is FoundBy.INSIDE
    assert (shown.sender.name, shown.sender.phone) == ("Carla Mora", "3003")
    assert (shown.front.name, shown.front.sirens, shown.front.cameras) == ("Frente El Prado", 1, 4)
    assert shown.escalation.next_at_ms == town.now.wall_ms + 10_000


def test_an_alert_without_any_place_goes_to_the_control_room():
    town = Town()
    town.connect("patrol-1", "operator", "ana")
    town.press("ana")
    (shown,) = town.alerts("operator")
    assert (shown.quadrant, shown.place.found_by) == (None, FoundBy.NONE)
    assert shown.told.control_room
    assert not town.alerts("patrol-1")


def test_an_app_that_names_a_device_behind_it_presses_for_itself():
    """The field is a gateway's; no field but the id and the kind may stop a press."""
    town = Town()
    town.connect("patrol-1", "ana")
    town.press("ana", at=MIDDLE, source="wall")
    assert town.alerts("patrol-1")[-1].sender.device_id == "ana"


def test_a_device_behind_a_gateway_is_answered_through_it_and_itself():
    town = Town()
    town.connect("patrol-1", "gateway")
    alert = town.press("gateway", source="panel")
    assert [receipt.signal_id for receipt in town.receipts("gateway")] == [alert]
    assert town.alerts("patrol-1")[-1].place.found_by is FoundBy.REGISTERED
    town.connect("panel")
    town.accept("patrol-1", alert)
    assert town.receipts("panel")[-1] == town.receipts("gateway")[-1]


def test_when_the_board_is_full_the_sender_is_told_to_call_and_retransmissions_are_answered(
    monkeypatch,
):
    monkeypatch.setattr(press_module, "OPEN_ALERTS_MAX", 1)
    town = Town()
    town.connect("patrol-1", "ana", "beto")
    alert = town.press("ana", at=MIDDLE)
    town.press("beto", at=(2_900, 2_900))
    assert town.errors("beto") == [ErrorCode.OVERLOADED]
    town.press("beto", at=MIDDLE)
    town.press("ana", again=alert)
    assert [receipt.alert_id for receipt in town.receipts("beto")] == [alert]
    assert len(town.receipts("ana")) == 3 - 1
    town.accept("patrol-1", alert)
    town.close("patrol-1", alert)
    town.press("beto", at=(2_900, 2_900))
    assert town.city.board.open_count == 1


def test_urgency_rises_from_one_voice_to_several_and_never_for_a_drill():
    town = Town()
    town.connect("patrol-1", "ana", "beto")
    alert = town.press("ana", at=MIDDLE)
    assert town.alert(alert).urgency is Urgency.NORMAL
    town.press("ana", at=MIDDLE)
    assert town.alert(alert).urgency is Urgency.HIGH
    town.press("beto", at=MIDDLE)
    assert town.alert(alert).urgency is Urgency.CRITICAL
    town.press("ana", at=MIDDLE)
    assert town.alert(alert).urgency is Urgency.CRITICAL
    drill = town.press("ana", at=MIDDLE, kind=Kind.TEST)
    town.press("beto", at=MIDDLE, kind=Kind.TEST)
    assert town.alert(drill).urgency is Urgency.LOW


def test_the_newest_reports_are_shown_and_all_are_counted():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.press("ana", at=MIDDLE)
    pressed = [town.press("ana", at=MIDDLE) for _ in range(REPORTS_SHOWN + 4)]
    town.after(1)
    shown = town.alerts("patrol-1")[-1]
    assert [report.signal_id for report in shown.reports] == pressed[-REPORTS_SHOWN:]
    assert (shown.alert_id, shown.signals_total) == (alert, REPORTS_SHOWN + 5)


# --- where ----------------------------------------------------------------------------------------


def test_a_position_moves_the_alert_that_its_device_raised_and_no_other():
    town = Town()
    town.connect("patrol-1", "ana", "beto")
    alert = town.press("ana", at=MIDDLE)
    town.press("beto", at=MIDDLE)
    town.after(2)
    before = town.alert(alert).place
    town.move("beto", to=(1_700, 1_500))
    assert town.alert(alert).place == before
    town.move("ana", to=(1_700, 1_500))
    assert town.alert(alert).place != before
    town.after(1)
    assert town.alerts("patrol-1")[-1].place.lon > before.lon


def test_a_repeated_press_from_another_quadrant_is_told_to_all_who_called():
    town = Town()
    town.connect("patrol-1", "ana", "beto")
    town.press("ana", at=(1_980, 1_500))
    town.press("beto", at=(1_980, 1_500))
    town.press("ana", at=(2_040, 1_500))
    for device in ("ana", "beto"):
        assert town.receipts(device)[-1].quadrant.code == "C2"
        versions = [receipt.version for receipt in town.receipts(device)]
        assert versions == sorted(set(versions)), "each says more than the one before"


def test_the_receipt_of_a_repeated_press_is_newer_than_the_one_before():
    town = Town()
    town.connect("patrol-1", "ana")
    town.press("ana", at=MIDDLE)
    town.press("ana", at=MIDDLE)
    assert [receipt.version for receipt in town.receipts("ana")] == [1, 2]


def test_a_press_without_a_fix_waits_for_none_and_moves_when_there_is_one():
    town = Town()
    town.connect("patrol-1", "operator", "ana")
    alert = town.press("ana")
    assert not town.alerts("patrol-1")
    town.after(4)
    town.move("ana", to=MIDDLE)
    assert [shown.alert_id for shown in town.alerts("patrol-1")] == [alert]
    assert town.receipts("ana")[-1].quadrant.code == "B2"


def test_indoors_a_vaguer_fix_does_not_drag_the_alert_away():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.press("ana", at=(1_900, 1_500))
    town.move("ana", to=(2_400, 1_500), accuracy_m=1_200)
    town.press("ana", at=(2_400, 1_500), accuracy_m=1_200)
    assert town.alert(alert).quadrant == "B2"
    town.move("ana", to=(2_400, 1_500), accuracy_m=300)
    assert town.alert(alert).quadrant == "C2", "its circle leaves out where it was"


def test_an_unusable_fix_moves_nothing():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.press("ana", at=MIDDLE)
    before = town.alert(alert).place
    nowhere, vague = Position(0.0, 0.0), fix((2_500, 500), accuracy_m=6_000)
    for position in (nowhere, vague):
        town.say("ana", PositionReport(position))
        town.say("ana", Signal(signal_id(500 + id(position) % 100), Kind.PANIC, None, position))
    assert town.alert(alert).place == before
    assert town.city.last_known["ana"].position.lat != 0


def test_a_late_retransmission_does_not_say_where_its_sender_is_now():
    town = Town()
    town.connect("patrol-1", "ana")
    old = town.press("ana", at=MIDDLE)
    town.accept("patrol-1", old)
    town.close("patrol-1", old)
    town.after(1_800)
    town.press("ana", at=MIDDLE, again=old)
    later = town.press("ana")
    assert town.alert(later).place.location.found_by is FoundBy.NONE


# --- cancel ---------------------------------------------------------------------------------------


def test_a_cancel_is_shown_and_changes_nothing():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.after(2)
    town.cancel("ana", alert)
    shown = town.alerts("patrol-1")[-1]
    assert shown.cancel_requested_at_ms == town.now.wall_ms
    assert (shown.state, shown.outcome) == ("dispatched", None)
    assert town.receipts("ana")[-1].cancel_requested
    town.after(8)
    assert town.rings("patrol-1") == 1, "it still escalates"


def test_a_cancel_that_is_sent_again_is_answered_and_not_told_again():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.cancel("ana", alert)
    town.forget_frames()
    town.cancel("ana", alert)
    assert [receipt.cancel_requested for receipt in town.receipts("ana")] == [True]
    assert not town.alerts("patrol-1")
    assert len(town.reasons(FactKind.CANCEL_ASKED)) == 1


def test_any_of_its_presses_may_be_cancelled_and_a_new_press_takes_it_back():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.press("ana", at=MIDDLE)
    second = town.press("ana", at=MIDDLE)
    town.cancel("ana", second)
    assert town.alert(alert).cancel_requested_at_ms is not None
    town.after(2)
    town.press("ana", at=MIDDLE)
    assert town.alerts("patrol-1")[-1].cancel_requested_at_ms is None
    assert not town.receipts("ana")[-1].cancel_requested


def test_whoever_joined_takes_back_nothing_of_anothers_alert():
    town = Town()
    town.connect("patrol-1", "ana", "beto")
    alert = town.press("ana", at=MIDDLE)
    joined = town.press("beto", at=MIDDLE)
    town.cancel("beto", joined)
    assert town.alert(alert).cancel_requested_at_ms is None
    assert town.receipts("beto")[-1].signal_id == joined
    town.cancel("beto", alert)
    town.cancel("beto", signal_id(999))
    assert town.errors("beto") == [ErrorCode.UNKNOWN_ALERT] * 2
    assert town.reasons(FactKind.DENIED) == ["not_your_alert", "unknown_alert"]


def test_a_gateway_cancels_for_what_is_behind_it_and_a_closed_alert_stays_closed():
    town = Town()
    town.connect("patrol-1", "gateway")
    alert = town.press("gateway", source="panel")
    town.cancel("gateway", alert)
    assert town.receipts("gateway")[-1].cancel_requested
    town.accept("patrol-1", alert)
    town.close("patrol-1", alert)
    town.cancel("gateway", alert)
    assert town.receipts("gateway")[-1].stage is Stage.CLOSED
