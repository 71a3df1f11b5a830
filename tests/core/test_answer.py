import pytest

from dispatch.core.facts import FactKind
from dispatch.core.registry import Device
from protocol.messages import Assign, Close, Delivered, Welcome
from protocol.vocabulary import AlertState, ErrorCode, Kind, Outcome, Role, Stage
from tests.core.town import MIDDLE, Town


def raised(*connected: str) -> tuple[Town, str]:
    town = Town()
    town.connect(*(connected or ("patrol-1", "patrol-2", "patrol-east", "operator", "ana")))
    return town, town.press("ana", at=MIDDLE)


def accepted() -> tuple[Town, str]:
    town, alert = raised()
    town.accept("patrol-1", alert, eta_s=240)
    town.forget_frames()
    return town, alert


# --- delivered ------------------------------------------------------------------------------------


def test_the_sender_hears_how_many_handhelds_show_it():
    town, alert = raised()
    town.delivered("patrol-1", alert)
    town.delivered("patrol-2", alert)
    town.delivered("patrol-1", alert)
    _, one, two = town.receipts("ana")
    assert (one.stage, one.delivered_to, two.delivered_to) == (Stage.DELIVERED, 1, 2)
    assert one.version < two.version


def test_only_handhelds_count_as_delivered():
    town, alert = raised()
    town.delivered("operator", alert)
    assert len(town.receipts("ana")) == 1


def test_what_one_was_not_told_one_cannot_have_shown():
    town, alert = raised()
    town.delivered("patrol-east", alert)
    town.say("patrol-1", Delivered("01932f7a-5c00-7abc-8def-00000000ffff", 1))
    assert town.errors("patrol-east") == town.errors("patrol-1") == [ErrorCode.UNKNOWN_ALERT]
    assert town.reasons(FactKind.DENIED) == ["not_your_alert", "unknown_alert"]
    assert town.alert(alert).delivered == {}


def test_a_late_delivered_does_not_undo_an_acceptance():
    town, alert = accepted()
    town.delivered("patrol-2", alert)
    assert town.receipts("ana") == []
    town.close("patrol-1", alert)
    town.delivered("patrol-1", alert)
    assert [receipt.stage for receipt in town.receipts("ana")] == [Stage.CLOSED]


# --- accept ---------------------------------------------------------------------------------------


def test_whoever_accepts_is_the_one_owner_that_all_see():
    town, alert = raised()
    town.accept("patrol-1", alert, eta_s=240)
    for device in ("patrol-1", "patrol-2", "operator"):
        shown = town.alerts(device)[-1]
        assert shown.state is AlertState.ACCEPTED
        assert (shown.owner.device_id, shown.owner.eta_s) == ("patrol-1", 240)
    receipt = town.receipts("ana")[-1]
    assert (receipt.stage, receipt.patrol, receipt.eta_s) == (Stage.ACCEPTED, "Patrol-1", 240)
    assert "4 min" in receipt.text.es


def test_a_second_patrol_is_told_that_it_is_taken():
    town, alert = accepted()
    town.accept("patrol-2", alert)
    assert town.errors("patrol-2") == [ErrorCode.ALREADY_OWNED]
    assert town.alert(alert).owner.device_id == "patrol-1"
    assert town.alerts("patrol-2") == []


def test_an_overdue_owner_may_be_relieved_and_one_that_arrived_may_not():
    town, alert = accepted()
    town.after(360)
    town.accept("patrol-2", alert, eta_s=60)
    assert town.alert(alert).owner.device_id == "patrol-2"
    town.accept("patrol-1", alert)
    assert town.errors("patrol-1") == [ErrorCode.ALREADY_OWNED]
    town.after(120)
    assert town.alert(alert).owner.overdue
    town.arrive("patrol-2", alert)
    town.accept("patrol-1", alert)
    assert town.errors("patrol-1") == [ErrorCode.ALREADY_OWNED] * 2
    assert not town.alerts("patrol-1")[-1].owner.arrival_overdue


def test_a_widened_alert_may_be_accepted_by_a_neighbour():
    town, alert = raised()
    town.accept("patrol-east", alert)
    assert town.errors("patrol-east") == [ErrorCode.UNKNOWN_ALERT]
    town.after(20)
    town.accept("patrol-east", alert)
    assert town.alert(alert).owner.device_id == "patrol-east"
    assert town.receipts("ana")[-1].patrol == "Patrol-East"


def test_an_acceptance_that_is_sent_again_is_shown_to_its_sender_alone_once_on_the_scene():
    town, alert = accepted()
    town.arrive("patrol-1", alert)
    town.forget_frames()
    town.accept("patrol-1", alert)
    town.arrive("patrol-1", alert)
    assert [shown.state for shown in town.alerts("patrol-1")] == [AlertState.ON_SCENE] * 2
    assert town.alerts("patrol-2") == town.alerts("operator") == town.receipts("ana") == []


def test_an_alert_that_reached_nobody_may_be_accepted_before_its_frame_goes_out():
    """It moves to where a patrol is, and the update waits for its second."""
    town = Town()
    town.connect("patrol-far", "ana")
    alert = town.press("ana", at=(500, 2_500))
    town.move("ana", to=(2_500, 500))
    assert town.alert(alert).state is AlertState.RAISED
    town.accept("patrol-far", alert)
    assert town.alert(alert).state is AlertState.ACCEPTED


# --- assign ---------------------------------------------------------------------------------------


def test_the_control_room_gives_an_alert_to_a_patrol_which_rings():
    town, alert = raised()
    town.say("operator", Assign(alert, "patrol-2", 240))
    shown = town.alerts("operator")[-1]
    assert (shown.state, shown.owner.device_id) == (AlertState.ACCEPTED, "patrol-2")
    assert town.rings("patrol-2") == 1
    assert town.rings("patrol-1") == 0
    receipt = town.receipts("ana")[-1]
    assert (receipt.stage, receipt.eta_s) == (Stage.ACCEPTED, 240)
    assert "assigned" in town.reasons(FactKind.ACCEPTED)
    assert town.reasons(FactKind.ASSIGNED) == [""]
    town.arrive("patrol-2", alert)
    assert town.alert(alert).state is AlertState.ON_SCENE


def test_a_patrol_of_another_quadrant_sees_what_it_is_given_and_its_former_owner_loses_it():
    town, alert = accepted()
    town.say("operator", Assign(alert, "patrol-east"))
    assert town.alerts("patrol-east")[-1].owner.device_id == "patrol-east"
    town.arrive("patrol-1", alert)
    assert town.errors("patrol-1") == [ErrorCode.NOT_OWNER]
    town.say("operator", Assign(alert, "patrol-2"))
    session = town.city.presence.session_of["patrol-east"]
    assert town.got(f"session {session}", Welcome)[-1].open_alerts == 0


@pytest.mark.parametrize("away", ["patrol-far", "ana", "nobody"])
def test_an_alert_is_given_to_nobody_who_cannot_be_called(away):
    town, alert = raised()
    town.say("operator", Assign(alert, away))
    assert town.errors("operator") == [ErrorCode.NOT_ON_CALL]
    assert town.alert(alert).owner is None


def test_off_duty_a_patrol_is_given_nothing_and_on_the_scene_it_is_left_alone():
    town, alert = raised()
    town.duty("patrol-2", on_duty=False)
    town.say("operator", Assign(alert, "patrol-2"))
    town.arrive("patrol-1", alert)
    town.say("operator", Assign(alert, "patrol-east"))
    assert town.errors("operator") == [ErrorCode.NOT_ON_CALL, ErrorCode.ALREADY_OWNED]
    assert town.alert(alert).owner.device_id == "patrol-1"


# --- arrive ---------------------------------------------------------------------------------------


def test_the_owner_arrives_and_the_sender_hears_it():
    town, alert = accepted()
    town.arrive("patrol-1", alert)
    assert town.alerts("operator")[-1].state is AlertState.ON_SCENE
    assert town.receipts("ana")[-1].stage is Stage.ON_SCENE


def test_whoever_arrives_without_having_accepted_owns_it():
    town, alert = raised()
    town.arrive("patrol-2", alert)
    assert town.alert(alert).owner.device_id == "patrol-2"
    assert town.alert(alert).state is AlertState.ON_SCENE
    stages = town.alerts("ana") or town.alerts("patrol-1")[-1].stages
    assert stages.accepted_at_ms == stages.arrived_at_ms == town.now.wall_ms


def test_only_the_owner_arrives_and_closes():
    town, alert = accepted()
    town.arrive("patrol-2", alert)
    town.close("patrol-2", alert)
    assert town.errors("patrol-2") == [ErrorCode.NOT_OWNER] * 2
    assert town.alert(alert).state is AlertState.ACCEPTED


# --- close ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["patrol-1", "operator"])
@pytest.mark.parametrize("outcome", Outcome)
def test_the_owner_or_the_control_room_closes_and_says_what_it_was(who, outcome):
    town, alert = accepted()
    town.say(who, Close(alert, outcome, "Ya pasó"))
    for device in ("patrol-1", "patrol-2", "operator"):
        shown = town.alerts(device)[-1]
        assert (shown.state, shown.outcome, shown.note) == ("closed", outcome, "Ya pasó")
        assert shown.escalation.next_at_ms is None
    receipt = town.receipts("ana")[-1]
    assert (receipt.stage, receipt.outcome) == (Stage.CLOSED, outcome)
    assert town.reasons(FactKind.CLOSED) == [outcome]


def test_nobody_closes_what_nobody_has_accepted_but_the_control_room():
    town, alert = raised()
    town.close("patrol-1", alert)
    assert town.errors("patrol-1") == [ErrorCode.NOT_OWNER]
    town.close("operator", alert, Outcome.UNFOUNDED)
    assert not town.alert(alert).is_open


def test_what_is_closed_stays_closed():
    town, alert = accepted()
    town.close("patrol-1", alert, Outcome.REAL)
    town.close("operator", alert, Outcome.FALSE_ALARM)
    town.accept("patrol-2", alert)
    town.arrive("patrol-1", alert)
    for device in ("operator", "patrol-2", "patrol-1"):
        assert town.errors(device) == [ErrorCode.ALREADY_CLOSED]
    assert town.alert(alert).outcome is Outcome.REAL
    assert town.reasons(FactKind.FALSE_ALARM) == []


def test_a_late_retransmission_gets_the_receipt_of_the_closed_alert():
    town, alert = accepted()
    town.close("patrol-1", alert, Outcome.UNFOUNDED)
    town.after(1_800)
    town.forget_frames()
    town.press("ana", at=MIDDLE, again=alert)
    (receipt,) = town.receipts("ana")
    assert (receipt.stage, receipt.outcome) == (Stage.CLOSED, Outcome.UNFOUNDED)
    assert not any(town.alerts(device) for device in ("patrol-1", "operator"))


# --- false alarms ---------------------------------------------------------------------------------


def false_alarm(town: Town, device: str) -> None:
    alert = town.press(device, at=MIDDLE)
    town.accept("patrol-1", alert)
    town.close("patrol-1", alert, Outcome.FALSE_ALARM)


def test_false_alarms_mark_the_person_on_whatever_device_and_never_silence():
    town = Town()
    town.handle(Device("ana-2", Role.APP, "Tableta de Ana", person_id="ana"))
    town.connect("patrol-1", "ana", "ana-2")
    for _ in range(3):
        false_alarm(town, "ana")
    alert = town.press("ana-2", at=MIDDLE)
    shown = town.alerts("patrol-1")[-1]
    assert (shown.alert_id, shown.sender.false_alarms, shown.sender.doubtful) == (alert, 3, True)
    assert shown.urgency == "normal"
    assert [fact.person_id for fact in town.facts if fact.kind == "false_alarm"] == ["ana"] * 3


def test_a_device_that_is_nobodys_is_marked_itself():
    town = Town()
    town.connect("patrol-1", "wall")
    false_alarm(town, "wall")
    town.press("wall")
    sender = town.alerts("patrol-1")[-1].sender
    assert (sender.name, sender.false_alarms, sender.doubtful) == ("Botón", 1, False)


def test_whoever_only_joined_is_not_marked():
    town, alert = raised("patrol-1", "ana", "beto")
    town.press("beto", at=MIDDLE)
    town.accept("patrol-1", alert)
    town.close("patrol-1", alert, Outcome.FALSE_ALARM)
    assert town.city.registry.people["beto"].false_alarms == 0


# --- the owner is lost ----------------------------------------------------------------------------


def test_a_lost_owner_leaves_the_alert_to_everyone_and_it_escalates_again():
    town, alert = accepted()
    town.delivered("patrol-2", alert)
    town.after(100)
    town.forget_frames()
    town.duty("patrol-1", on_duty=False)
    shown = town.alerts("patrol-2")[-1]
    assert (shown.state, shown.owner) == (AlertState.DISPATCHED, None)
    assert shown.stages.accepted_at_ms is None
    assert town.rings("patrol-2") == 1
    assert town.alerts("patrol-1") == []
    assert town.receipts("ana")[-1].stage is Stage.DELIVERED
    town.after(10)
    assert town.rings("patrol-2") == 2
    town.accept("patrol-2", alert)
    assert town.receipts("ana")[-1].patrol == "Patrol-2"
    (late,) = town.alerts("patrol-2")[-1].late
    assert (late.stage, late.took_ms) == ("accepted", 110_000)


def test_where_nobody_else_is_the_neighbours_and_the_control_room_are_called_at_once():
    town, alert = raised("patrol-1", "patrol-east", "operator", "ana")
    town.accept("patrol-1", alert)
    town.forget_frames()
    town.duty("patrol-1", on_duty=False)
    assert town.alerts("patrol-east")[-1].told.reach == "none_connected"
    assert town.rings("patrol-east") == town.rings("operator") == 1


def test_an_owner_that_is_lost_on_the_scene_is_lost_too():
    town, alert = accepted()
    town.arrive("patrol-1", alert)
    town.duty("patrol-1", on_duty=False)
    assert town.alert(alert).state is AlertState.DISPATCHED
    assert town.alert(alert).stages.arrived_at_ms is None


def test_a_drill_whose_owner_is_lost_still_ends():
    town = Town()
    town.connect("patrol-1", "ana")
    drill = town.press("ana", at=MIDDLE, kind=Kind.TEST)
    town.accept("patrol-1", drill)
    town.duty("patrol-1", on_duty=False)
    town.after(60)
    assert not town.alert(drill).is_open
