import pytest
from msgspec.structs import replace

from clients.action import Action, Deed, shows
from clients.errors import ActionRefused
from protocol.messages import Accept, Alert, Arrive, Assign, Close, Silence, SirenView
from protocol.vocabulary import AlertState, ErrorCode, Outcome, SirenState
from tests.clients.samples import alert, an_id, error, owner

ME, OTHER = owner("patrol-1"), owner("patrol-2")
ACCEPT, ARRIVE = Accept(alert_id=an_id()), Arrive(alert_id=an_id())
ASSIGN = Assign(alert_id=an_id(), device_id="patrol-2")
SILENCE = Silence(alert_id=an_id())
CLOSE = Close(alert_id=an_id(), outcome=Outcome.REAL)

OPEN = alert()
MINE = alert(state=AlertState.ACCEPTED, owned_by=ME)
THEIRS = alert(state=AlertState.ACCEPTED, owned_by=OTHER)
HERE = alert(state=AlertState.ON_SCENE, owned_by=ME)
REAL = alert(state=AlertState.CLOSED, owned_by=ME, outcome=Outcome.REAL)
FALSE = alert(state=AlertState.CLOSED, owned_by=ME, outcome=Outcome.FALSE_ALARM)


@pytest.mark.parametrize(
    ("message", "shown_by"),
    [
        (ACCEPT, [MINE, HERE]),
        (ARRIVE, [HERE]),
        (ASSIGN, [THEIRS]),
        (CLOSE, [REAL]),
        (SILENCE, [OPEN, MINE, THEIRS, HERE, REAL, FALSE]),
    ],
)
def test_an_action_is_shown_by_the_states_that_it_leads_to(
    message: Deed, shown_by: list[Alert]
) -> None:
    states = [OPEN, MINE, THEIRS, HERE, REAL, FALSE]
    assert [state for state in states if shows(state, message, "patrol-1")] == shown_by


@pytest.mark.parametrize(
    ("states", "is_silent"),
    [
        ((), True),
        ((SirenState.SILENT, SirenState.FAILED, SirenState.UNREACHABLE), True),
        ((SirenState.SILENT, SirenState.SOUNDING), False),
        ((SirenState.ASKED,), False),
    ],
)
def test_silence_is_when_nothing_is_heard(states: tuple[SirenState, ...], is_silent: bool) -> None:
    sirens = tuple(SirenView("siren-1", "Sirena", state, None) for state in states)
    assert shows(replace(OPEN, sirens=sirens), SILENCE, "patrol-1") is is_silent
    assert shows(replace(REAL, sirens=sirens), SILENCE, "patrol-1")


async def test_another_alerts_state_answers_nothing() -> None:
    action = Action(Accept(alert_id=an_id(9)))
    action.see(MINE, "patrol-1")
    assert not action.answer.came


async def test_an_error_is_raised_with_its_code() -> None:
    action = Action(ACCEPT)
    action.refuse(error(ErrorCode.ALREADY_OWNED, "accept-1"))
    with pytest.raises(ActionRefused) as refused:
        await action.answer.wait()
    assert refused.value.code is ErrorCode.ALREADY_OWNED


@pytest.mark.parametrize("code", [ErrorCode.ALREADY_CLOSED, ErrorCode.UNKNOWN_ALERT])
async def test_a_close_that_was_sent_twice_was_applied_the_first_time(code: ErrorCode) -> None:
    action = Action(CLOSE)
    action.sent = 2
    action.refuse(error(code, "close-1"))
    assert await action.answer.wait() is None


@pytest.mark.parametrize(
    ("message", "sent", "code"),
    [
        (CLOSE, 1, ErrorCode.ALREADY_CLOSED),
        (CLOSE, 2, ErrorCode.NOT_OWNER),
        (ARRIVE, 2, ErrorCode.ALREADY_CLOSED),
    ],
)
async def test_any_other_error_is_the_callers(
    message: Arrive | Close, sent: int, code: ErrorCode
) -> None:
    action = Action(message)
    action.sent = sent
    action.refuse(error(code, None))
    with pytest.raises(ActionRefused):
        await action.answer.wait()
