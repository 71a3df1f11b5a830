from clients.done import ALERTS_REMEMBERED, Done
from protocol.messages import Accept, Arrive, Close
from protocol.vocabulary import AlertState, Outcome
from tests.clients.samples import alert, an_id, owner

ME = "patrol-1"
ACCEPT, ARRIVE = Accept(alert_id=an_id(), eta_s=240), Arrive(alert_id=an_id())
CLOSE = Close(alert_id=an_id(), outcome=Outcome.REAL)

OPEN = alert(version=1)
MINE = alert(version=2, state=AlertState.ACCEPTED, owned_by=owner())
HERE = alert(version=3, state=AlertState.ON_SCENE, owned_by=owner())
OVER = alert(version=4, state=AlertState.CLOSED, owned_by=owner(), outcome=Outcome.REAL)


def all_done() -> Done:
    done = Done()
    done.note(ACCEPT, MINE)
    done.note(ARRIVE, HERE)
    done.note(CLOSE, OVER)
    return done


def test_what_an_older_state_does_not_show_is_done_again_in_order() -> None:
    done = all_done()
    assert done.forgotten(OPEN, ME) == [ACCEPT, ARRIVE, CLOSE]
    assert done.forgotten(MINE, ME) == [ARRIVE, CLOSE]
    assert done.forgotten(HERE, ME) == [CLOSE]
    assert done.forgotten(OVER, ME) == []


def test_another_state_of_the_same_version_shows_that_it_was_forgotten() -> None:
    done = Done()
    done.note(ACCEPT, MINE)
    assert done.forgotten(alert(version=2), ME) == [ACCEPT]


def test_a_newer_state_has_undone_what_it_does_not_show() -> None:
    theirs = alert(version=9, state=AlertState.ACCEPTED, owned_by=owner("patrol-2"))
    assert all_done().forgotten(theirs, ME) == []
    assert all_done().forgotten(alert(an_id(2)), ME) == []


def test_an_action_done_again_counts_from_then() -> None:
    done = Done()
    done.note(ACCEPT, MINE)
    sooner = Accept(alert_id=an_id(), eta_s=60)
    done.note(sooner, HERE)
    assert done.forgotten(OPEN, ME) == [sooner]


def test_only_the_newest_are_remembered_and_none_off_duty() -> None:
    done = Done()
    for number in range(ALERTS_REMEMBERED + 1):
        done.note(Arrive(alert_id=an_id(number)), HERE)
    assert done.forgotten(alert(an_id(0)), ME) == []
    assert len(done.forgotten(alert(an_id(1)), ME)) == 1
    done.clear()
    assert done.forgotten(alert(an_id(1)), ME) == []
