import itertools
from typing import get_args

import pytest

from dispatch.core.authorise import MAY_SAY, TOLD_AS, Denial, may_say, may_touch
from dispatch.core.events import Stored
from dispatch.core.facts import FactKind
from dispatch.core.registry import SPEAK_FOR_OTHERS, Device
from protocol.messages import (
    Accept,
    AnyClientMessage,
    ApnsAddress,
    Arrive,
    Assign,
    Cancel,
    Close,
    Condition,
    Contact,
    Delivered,
    Duty,
    FcmAddress,
    MessageFront,
    MessageShown,
    Picture,
    PositionReport,
    PushAddress,
    PushGone,
    Signal,
    Silence,
    Sounded,
)
from protocol.session import ALLOWED, SessionState
from protocol.vocabulary import ErrorCode, Kind, Outcome, PushKind, Role, SirenState, TroubleKind
from tests.core.town import MIDDLE, Town, fix, residents, signal_id

ID = signal_id(1)
CONSOLE = Device("console", Role.CONSOLE, "HTTP")
ACTS = {
    Signal: Signal(ID, Kind.PANIC),
    Cancel: Cancel(ID),
    PositionReport: PositionReport(fix(MIDDLE)),
    Duty: Duty(True),
    Delivered: Delivered(ID, 1),
    Accept: Accept(ID),
    Arrive: Arrive(ID),
    Close: Close(ID, Outcome.REAL),
    Assign: Assign(ID, "patrol-1"),
    Silence: Silence(ID),
    MessageFront: MessageFront(ID, "frente-1", "Hola"),
    MessageShown: MessageShown(ID),
    Sounded: Sounded(ID, SirenState.SOUNDING),
    Picture: Picture(ID, "camera", ID, 1, 1),
    Contact: Contact(()),
    Condition: Condition(TroubleKind.TAMPER, present=True),
    ApnsAddress: ApnsAddress("0f" * 32),
    FcmAddress: FcmAddress("token:" + "a" * 32),
    PushAddress: PushAddress(PushKind.WEBPUSH, "https://push.example/1", "p" * 87, "a" * 22),
    PushGone: PushGone("patrol-1", "https://push.example/1"),
}


def test_the_table_has_a_row_for_every_role_and_names_only_what_a_session_lets_through():
    assert set(MAY_SAY) == set(Role)
    assert set(ACTS) == {each for each in ALLOWED[SessionState.GREETED] if each in ACTS}
    for row in MAY_SAY.values():
        assert row <= set(ACTS) <= set(get_args(AnyClientMessage))


def test_every_denial_has_its_word_on_the_wire():
    assert set(TOLD_AS) == set(Denial)


@pytest.mark.parametrize(("role", "act"), list(itertools.product(Role, ACTS)))
def test_a_role_says_what_its_row_allows_and_nothing_else(role, act):
    town = Town([Device("it", role, "It", quadrant="B2" if role is Role.PATROL else None)])
    town.connect("it")
    town.say("it", ACTS[act])
    if act in MAY_SAY[role]:
        assert may_say(town.city.registry.devices["it"], ACTS[act]) is None
        assert Denial.ROLE not in town.reasons(FactKind.DENIED) or role in SPEAK_FOR_OTHERS
    else:
        assert town.errors("it") == [ErrorCode.NOT_ALLOWED]
        assert town.reasons(FactKind.DENIED) == [Denial.ROLE]


def test_only_those_who_press_press_and_only_patrols_accept():
    assert {role for role in Role if Signal in MAY_SAY[role]} == {
        Role.APP,
        Role.BUTTON,
        Role.GATEWAY,
        Role.CONSOLE,
    }
    assert {role for role in Role if Accept in MAY_SAY[role]} == {Role.PATROL}


def test_outsiders_hear_that_an_alert_does_not_exist_and_the_record_says_the_truth():
    town = Town()
    town.connect("patrol-1", "patrol-far", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.accept("patrol-far", alert)
    town.accept("patrol-far", signal_id(77))
    assert town.errors("patrol-far") == [ErrorCode.UNKNOWN_ALERT] * 2
    assert town.reasons(FactKind.DENIED) == ["not_your_alert", "unknown_alert"]


@pytest.mark.parametrize("who", ["patrol-1", "operator"])
def test_off_duty_nobody_acts(who):
    town = Town()
    town.connect("patrol-1", "operator", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.duty(who, on_duty=False)
    town.close(who, alert)
    assert town.errors(who) == [ErrorCode.OFF_DUTY]
    assert town.alert(alert).is_open


def test_who_may_touch_an_alert_by_who_owns_it():
    town = Town()
    town.connect("patrol-1", "patrol-2", "ana")
    alert = town.alert(town.press("ana", at=MIDDLE))
    one, two = (town.city.registry.devices[name] for name in ("patrol-1", "patrol-2"))
    acts = (Accept(ID), Arrive(ID), Close(ID, Outcome.REAL), Silence(ID))

    def verdicts(device):
        return [may_touch(device, True, alert, act) for act in acts]

    assert verdicts(one) == [None, None, Denial.NOT_OWNER, Denial.NOT_OWNER]
    town.accept("patrol-1", alert.alert_id)
    assert verdicts(one) == [None, None, None, None]
    assert verdicts(two) == [Denial.ALREADY_OWNED, *[Denial.NOT_OWNER] * 3]
    town.after(600)
    assert verdicts(two) == [None, *[Denial.NOT_OWNER] * 3]
    town.close("patrol-1", alert.alert_id)
    assert verdicts(one) == [Denial.ALREADY_CLOSED] * 4


def test_a_gateway_speaks_only_for_what_is_behind_it():
    town = Town()
    town.connect("patrol-1", "gateway")
    town.press("gateway", source="panel")
    assert town.alerts("patrol-1")[-1].sender.device_id == "panel"
    for source in (None, "wall", "ana", "nobody"):
        town.press("gateway", source=source)
    assert town.errors("gateway") == [ErrorCode.NOT_ALLOWED] * 4
    assert town.reasons(FactKind.DENIED) == ["role"] + ["not_behind_gateway"] * 3


def test_the_console_speaks_for_any_device_but_its_own_kind_and_only_names_it():
    town = Town([*residents(), CONSOLE, Device("console-2", Role.CONSOLE, "HTTP 2")])
    town.connect("patrol-1", "console", on_duty=None)
    town.duty("patrol-1", on_duty=True)
    for source in ("panel", "ana"):
        pressed = town.press("console", source=source)
        assert town.alert(pressed).device_id == source
        assert town.receipts("console")[-1].signal_id == pressed
        town.handle(Stored(((pressed, pressed),)))
        assert town.receipts("console")[-1].stored, "told, as its sender is"
    assert not town.city.spoken_for
    for source in (None, "console", "console-2", "nobody"):
        town.press("console", source=source)
    assert town.reasons(FactKind.DENIED) == ["role"] + ["not_behind_gateway"] * 3


def test_the_console_acts_for_those_who_are_logged_in_and_is_never_called():
    town = Town([*residents(), CONSOLE])
    town.connect("patrol-1", "ana")
    town.connect("console", on_duty=None)
    alert = town.press("ana", at=MIDDLE)
    town.after(60)
    assert town.alerts("console") == []
    assert town.rings("console") == 0
    town.close("console", alert)
    assert not town.alert(alert).is_open
    town.close("console", alert)
    assert town.errors("console") == [ErrorCode.ALREADY_CLOSED]
