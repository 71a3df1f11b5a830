from dispatch.core.authorise import Denial
from dispatch.core.facts import FactKind
from dispatch.core.moment import Moment
from dispatch.core.tell import deny
from protocol.messages import Accept, Error
from protocol.vocabulary import AlertState, Kind, Stage
from tests.core.town import MIDDLE, Town, signal_id


def test_every_telling_is_a_new_version():
    town = Town()
    town.connect("patrol-1", "operator", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.after(45)
    town.accept("patrol-1", alert)
    town.arrive("patrol-1", alert)
    town.close("patrol-1", alert)
    versions = [shown.version for shown in town.alerts("patrol-1")]
    assert versions == list(range(1, len(versions) + 1))
    assert town.alerts("operator") == town.alerts("patrol-1")


def test_receipts_are_true_at_each_stage():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.delivered("patrol-1", alert)
    town.accept("patrol-1", alert, eta_s=120)
    town.arrive("patrol-1", alert)
    town.close("patrol-1", alert)
    receipts = town.receipts("ana")
    assert [receipt.stage for receipt in receipts] == list(Stage)
    assert [receipt.version for receipt in receipts] == [1, 2, 3, 4, 5]
    assert {receipt.quadrant.code for receipt in receipts} == {"B2"}


def test_a_sender_that_nobody_hears_is_told_so_until_somebody_does():
    town = Town()
    town.connect("ana")
    alert = town.press("ana", at=MIDDLE)
    (receipt,) = town.receipts("ana")
    assert "123" in receipt.text.es
    assert "nadie está conectado" in receipt.text.es
    assert town.alert(alert).state is AlertState.RAISED
    town.after(15)
    town.connect("operator")
    assert town.alert(alert).state is AlertState.DISPATCHED
    assert "nadie está conectado" not in town.receipts("ana")[-1].text.es
    assert town.alert(alert).stages.sent_at_ms == town.now.wall_ms


def test_an_update_that_is_the_first_to_reach_somebody_says_so_too():
    town = Town()
    town.connect("patrol-far", "ana")
    alert = town.press("ana", at=(500, 2_500))
    assert town.alert(alert).state is AlertState.RAISED
    town.move("ana", to=(2_500, 500))
    town.after(1)
    assert town.alert(alert).state is AlertState.DISPATCHED
    assert town.alert(alert).stages.sent_at_ms is not None
    assert "nadie está conectado" not in town.receipts("ana")[-1].text.es


def test_a_silent_press_is_discreet_and_so_is_none_of_those_who_joined_it():
    town = Town()
    town.connect("patrol-1", "ana", "beto")
    alert = town.press("ana", at=MIDDLE, kind=Kind.SILENT)
    town.press("beto", at=MIDDLE, kind=Kind.PANIC)
    town.accept("patrol-1", alert)
    assert {receipt.discreet for receipt in town.receipts("ana")} == {True}
    assert {receipt.discreet for receipt in town.receipts("beto")} == {False}


def test_a_silent_press_that_joins_a_panic_is_discreet_all_the_same():
    town = Town()
    town.connect("patrol-1", "ana", "beto")
    alert = town.press("ana", at=MIDDLE, kind=Kind.PANIC)
    town.press("beto", at=MIDDLE, kind=Kind.SILENT)
    town.press("ana", at=MIDDLE, kind=Kind.SILENT)
    town.accept("patrol-1", alert)
    assert {receipt.discreet for receipt in town.receipts("beto")} == {True}
    assert [receipt.discreet for receipt in town.receipts("ana")] == [False, True, True]


def test_a_sender_that_is_gone_is_told_when_it_is_back():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.disconnect("ana")
    town.accept("patrol-1", alert)
    assert len(town.receipts("ana")) == 1
    town.connect("ana")
    assert town.receipts("ana")[-1].stage is Stage.ACCEPTED


def test_a_denial_names_the_frame_and_is_on_record():
    town = Town()
    town.connect("patrol-1")
    alert = signal_id(5)
    effects = deny("patrol-1", Accept(alert, ref="r7"), Denial.OFF_DUTY, Moment(1.0, 2), alert)
    town.apply(effects)
    (error,) = town.got("patrol-1", Error)
    assert (error.about, error.ref, error.alert_id) == ("accept", "r7", alert)
    assert error.code == "off_duty"
    (fact,) = [fact for fact in town.facts if fact.kind is FactKind.DENIED]
    assert (fact.reason, fact.device_id, fact.alert_id) == ("off_duty", "patrol-1", alert)
