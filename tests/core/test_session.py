import json
from dataclasses import replace

import pytest

from dispatch.core import credentials
from dispatch.core.effects import CloseSession, Effect, IssueToken
from dispatch.core.events import TokenKept
from dispatch.core.facts import FactKind
from dispatch.core.moment import Moment
from dispatch.core.registry import CaughtUp, Device
from dispatch.core.session import Session
from protocol.close_codes import CloseCode
from protocol.limits import (
    ENROLMENTS_PER_SESSION,
    FAULTS_PER_SESSION,
    FRAMES_BURST,
    FRAMES_PER_S,
    GATEWAY_FRAMES_BURST,
    HELLO_DEADLINE_S,
    QUIET_DEADLINE_S,
)
from protocol.messages import Error, Notice, Pong, Welcome
from protocol.session import SessionState
from protocol.vocabulary import ErrorCode, NoticeCode, Role, Verdict
from tests.core.town import MIDDLE, NOON_MS, Town, degrees, residents, signal_id

TOKEN = "correct horse battery staple"
CODE = "K7QM-2TXR-9VWA"


def enrolled(thing: object) -> object:
    if not isinstance(thing, Device):
        return thing
    return replace(thing, token_hash=credentials.digest(TOKEN))


class Line:
    """One connection to a town, spoken to in frames."""

    def __init__(self, town: Town, number: int = 500) -> None:
        self.town = town
        self.session = Session(number, town.dispatcher, town.now)
        self.name = f"session {number}"

    def say(self, frame: object) -> list[Effect]:
        text = frame if isinstance(frame, str | bytes) else json.dumps(frame)
        return self.applied(self.session.receive(text, self.town.now.wall_ms, self.town.now))

    def hello(self, device: str, token: str = TOKEN, **more: object) -> list[Effect]:
        return self.say({"type": "hello", "device_id": device, "token": token, **more})

    def press(self, number: int, **more: object) -> list[Effect]:
        lat, lon = degrees(MIDDLE)
        signal = {"type": "signal", "signal_id": signal_id(number), "kind": "panic"}
        return self.say(signal | {"position": {"lat": lat, "lon": lon}} | more)

    def wait(self, seconds: float) -> list[Effect]:
        self.town.mono_s += seconds
        return self.applied(self.session.check(self.town.now))

    def applied(self, effects: list[Effect]) -> list[Effect]:
        """As the edge does: a session that is closed hears and says no more."""
        self.town.apply(effects)
        mine = [
            each for each in effects if getattr(each, "session_id", 0) == self.session.session_id
        ]
        assert not any(isinstance(each, CloseSession) for each in mine[:-1])
        return effects

    @property
    def closed_with(self) -> CloseCode | None:
        return self.town.closed.get(self.session.session_id)

    def errors(self) -> list[tuple[str, str | None]]:
        return [(error.code, error.field) for error in self.town.got(self.name, Error)]


def town() -> Town:
    return Town([enrolled(thing) for thing in residents()])


def line(device: str | None = None, **hello: object) -> Line:
    it = Line(town())
    if device is not None:
        it.hello(device, **hello)
    return it


# --- greeting -------------------------------------------------------------------------------------


def test_a_device_that_proves_who_it_is_is_welcomed():
    it = line("patrol-1", on_duty=True)
    (welcome,) = it.town.got(it.name, Welcome)
    assert (welcome.device_id, welcome.on_duty) == ("patrol-1", True)
    assert it.session.state is SessionState.GREETED
    assert it.town.reasons(FactKind.GREETED) == ["patrol"]


@pytest.mark.parametrize(
    ("device", "token"), [("ana", "wrong"), ("nobody", TOKEN), ("never-enrolled", TOKEN)]
)
def test_whoever_does_not_is_closed_for_good_and_not_told_why(device, token):
    it = line()
    it.town.city.registry.apply(Device("never-enrolled", Role.APP, "App"))
    it.hello(device, token)
    assert it.closed_with is CloseCode.BAD_CREDENTIALS
    assert it.town.got(it.name, Welcome) == []
    assert it.town.reasons(FactKind.REFUSED) == ["bad_credentials"]


def test_whom_a_copy_of_the_registry_does_not_know_may_come_again():
    """It may have been enrolled in the last second before the server was killed."""
    it = line()
    it.town.city.registry.is_behind = True
    it.hello("nobody")
    assert it.closed_with is CloseCode.REGISTRY_BEHIND
    again = Line(it.town, 501)
    again.say({"type": "enrol", "code": "WRONG"})
    assert again.errors() == [("unavailable", None)]
    it.town.handle(CaughtUp())
    again.hello("nobody")
    assert again.closed_with is CloseCode.BAD_CREDENTIALS


def test_a_revoked_device_with_its_old_token_is_told_that():
    it = line()
    ana = it.town.city.registry.devices["ana"]
    it.town.city.registry.apply(replace(ana, revoked=True))
    it.hello("ana")
    assert it.closed_with is CloseCode.REVOKED


def test_what_is_said_before_hello_is_not_heard():
    it = line()
    it.press(1)
    it.say({"type": "accept", "alert_id": signal_id(1), "ref": "r1"})
    assert it.errors() == [("not_greeted", None)] * 2
    assert it.town.got(it.name, Error)[-1].ref == "r1"
    assert it.town.city.board.alerts == {}


def test_hello_and_enrol_come_once():
    it = line("ana")
    it.hello("ana")
    it.say({"type": "enrol", "code": CODE})
    assert [code for code, _ in it.errors()] == ["already_greeted"] * 2
    assert it.closed_with is None


# --- deadlines ------------------------------------------------------------------------------------


def test_whoever_does_not_greet_in_time_is_closed():
    it = line()
    it.say({"type": "ping"})
    it.wait(HELLO_DEADLINE_S - 0.01)
    assert it.closed_with is None
    it.say({"type": "ping"})
    it.wait(0.01)
    assert it.closed_with is CloseCode.HELLO_TIMEOUT, "a ping does not keep the door open"
    assert len(it.town.got(it.name, Pong)) == 2


def test_an_enrolment_gives_time_to_greet_with_its_token():
    it = line()
    it.wait(HELLO_DEADLINE_S - 0.5)
    it.say({"type": "enrol", "code": "wrong"})
    it.wait(HELLO_DEADLINE_S - 0.5)
    assert it.closed_with is None
    it.wait(0.5)
    assert it.closed_with is CloseCode.HELLO_TIMEOUT


def test_a_greeted_device_that_goes_quiet_is_closed_and_one_that_pings_is_not():
    it = line("ana")
    for _ in range(3):
        it.wait(QUIET_DEADLINE_S - 1)
        it.say({"type": "ping"})
    assert it.closed_with is None
    it.wait(QUIET_DEADLINE_S - 1)
    it.say("rubbish")
    it.wait(1)
    assert it.closed_with is CloseCode.GONE_QUIET, "rubbish is no sign of life"


# --- bounds ---------------------------------------------------------------------------------------


def test_a_flood_is_closed_and_its_first_press_is_out():
    it = line("ana")
    it.town.connect("patrol-1")
    for number in range(1, int(FRAMES_BURST) + 50):
        it.press(number)
    assert it.closed_with is CloseCode.FLOODING
    assert it.town.alerts("patrol-1")[0].alert_id == signal_id(1)
    assert len(it.town.receipts("ana")) == FRAMES_BURST - 1, "one of the burst was its hello"


def test_an_even_stream_at_the_rate_is_no_flood():
    it = line("ana")
    for _ in range(1_000):
        it.wait(1 / FRAMES_PER_S)
        it.say({"type": "ping"})
    assert it.closed_with is None


def test_a_gateway_may_bring_thousands_at_once():
    it = line("gateway")
    for number in range(3_000):
        it.press(number % 1_000 + 1, source_device_id="panel")
    assert it.closed_with is None
    for _ in range(int(GATEWAY_FRAMES_BURST)):
        it.say({"type": "ping"})
    assert it.closed_with is CloseCode.FLOODING


def test_faults_are_bounded():
    it = line("ana")
    for _ in range(FAULTS_PER_SESSION - 1):
        it.say("{not json")
    assert it.closed_with is None
    it.say({"type": "sing"})
    assert it.closed_with is CloseCode.TOO_MANY_ERRORS
    assert it.say({"type": "ping"}) == []
    assert len(it.errors()) == FAULTS_PER_SESSION


def test_a_frame_with_two_faults_at_the_bound_closes_once():
    """A press before hello, with an unusable detail, is a fault on both counts."""
    it = line()
    for _ in range(FAULTS_PER_SESSION - 1):
        it.say("rubbish")
    it.session.receive(
        json.dumps({"type": "signal", "signal_id": signal_id(1), "kind": "panic", "position": 7}),
        NOON_MS,
        it.town.now,
    )
    assert it.session.state is SessionState.CLOSED


def test_a_closed_session_says_and_does_nothing_more():
    it = line("ana")
    assert it.applied(it.session.refuse_binary(it.town.now))
    assert it.closed_with is CloseCode.TEXT_ONLY
    assert it.session.refuse_binary(it.town.now) == []
    assert it.press(1) == it.wait(1_000) == it.session.drain() == []
    it.session.gone(it.town.now)
    it.session.gone(it.town.now)
    assert it.town.city.presence.session_of == {}


@pytest.mark.parametrize(
    ("frame", "code", "field"),
    [
        ("[1, 2]", "bad_json", None),
        (b"\xff\xfe", "bad_json", None),
        ({"type": "sing"}, "unknown_type", "type"),
        ({"type": "cancel"}, "bad_field", "signal_id"),
        ({"type": "signal", "signal_id": signal_id(1), "kind": "boredom"}, "bad_field", "kind"),
        ({"type": "position", "position": {"lat": 91, "lon": 0}}, "bad_field", "position.lat"),
        ('{"type": "position", "position": {"lat": NaN, "lon": 0}}', "bad_field", "position.lat"),
    ],
)
def test_what_cannot_be_used_is_answered_by_name_and_the_connection_lives(frame, code, field):
    it = line("ana")
    it.say(frame)
    assert it.errors() == [(code, field)]
    assert it.closed_with is None
    assert it.town.reasons(FactKind.FAULT) == [code]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ('"position": {"lat": NaN, "lon": -74.1}', "position.lat"),
        ('"position": {"lat": 95, "lon": -74.1}', "position.lat"),
        ('"position": "here"', "position"),
        ('"pressed_at_ms": "yesterday"', "pressed_at_ms"),
        ('"ref": 7', "ref"),
    ],
)
def test_a_press_with_unusable_details_is_a_press_and_the_error_names_the_detail(more, field):
    it = line("ana")
    it.town.connect("operator")
    it.say(f'{{"type": "signal", "signal_id": "{signal_id(1)}", "kind": "panic", {more}}}')
    assert [shown.alert_id for shown in it.town.alerts("operator")] == [signal_id(1)]
    assert [receipt.verdict for receipt in it.town.receipts("ana")] == [Verdict.FIRST]
    assert it.errors() == [("bad_field", field)]


# --- enrolment ------------------------------------------------------------------------------------


def enrolling(**changed: object) -> Line:
    it = line()
    device = Device("new", Role.APP, "Nuevo", code_hash=credentials.code_digest(CODE))
    ahead = it.town.now.wall_ms + 60_000
    it.town.city.registry.apply(replace(device, **{"code_expires_at_ms": ahead} | changed))
    return it


def test_a_code_is_traded_for_a_token_and_spent_by_the_hello_that_uses_it():
    it = enrolling()
    assert it.say({"type": "enrol", "code": CODE.lower()}) == [IssueToken(500, "new")]
    assert it.town.reasons(FactKind.CODE_SPENT) == []
    it.town.handle(TokenKept("new", credentials.digest("new token")))
    it.hello("new", "new token")
    assert it.session.device_id == "new"
    assert [fact.device_id for fact in it.town.facts if fact.kind == "code_spent"] == ["new"]


def test_a_code_whose_answer_was_lost_works_again():
    it = enrolling()
    assert it.say({"type": "enrol", "code": CODE}) == [IssueToken(500, "new")]
    again = Line(it.town, 501)
    assert again.say({"type": "enrol", "code": CODE}) == [IssueToken(501, "new")]


@pytest.mark.parametrize(
    "changed", [{"code_expires_at_ms": NOON_MS}, {"revoked": True}, {"code_hash": None}]
)
def test_a_code_that_is_spent_expired_or_withdrawn_is_refused(changed):
    it = enrolling(**changed)
    it.say({"type": "enrol", "code": CODE, "ref": "r9"})
    (error,) = it.town.got(it.name, Error)
    assert (error.code, error.about, error.ref) == (ErrorCode.ENROLMENT_REFUSED, "enrol", "r9")
    assert it.closed_with is None


def test_codes_cannot_be_tried_at_leisure():
    it = enrolling()
    for _ in range(ENROLMENTS_PER_SESSION):
        it.say({"type": "enrol", "code": "WRONG"})
    assert it.closed_with is None
    assert not any(isinstance(each, IssueToken) for each in it.say({"type": "enrol", "code": CODE}))
    assert it.closed_with is CloseCode.TOO_MANY_ERRORS


# --- endings --------------------------------------------------------------------------------------


def test_a_drain_is_announced_once_and_what_is_under_way_is_answered():
    it = line("ana")
    it.town.connect("patrol-1")
    it.applied(it.session.drain())
    it.applied(it.session.drain())
    notices = it.town.got(it.name, Notice)
    assert [notice.code for notice in notices] == [NoticeCode.DRAINING]
    it.press(1)
    assert it.town.alerts("patrol-1")
    it.hello("ana")
    assert [code for code, _ in it.errors()] == ["already_greeted"]


def test_a_stranger_is_closed_when_the_server_drains_and_may_come_back():
    it = line()
    it.applied(it.session.drain())
    assert it.closed_with is CloseCode.DRAINING
    assert it.hello("ana") == []


def test_a_device_that_connects_again_replaces_itself():
    older = line("ana")
    newer = Line(older.town, 501)
    newer.hello("ana")
    assert older.closed_with is CloseCode.REPLACED
    older.town.apply(older.session.gone(older.town.now))
    assert older.town.city.presence.session_of == {"ana": 501}


def test_a_session_that_never_greeted_leaves_nothing_behind():
    it = line()
    assert it.session.gone(it.town.now) == []
    assert it.session.gone(it.town.now) == []


def test_a_lost_connection_is_a_departure():
    it = line("patrol-1", on_duty=True)
    it.town.apply(it.session.gone(Moment(it.town.mono_s, it.town.now.wall_ms)))
    assert it.town.city.presence.session_of == {}
    assert it.town.reasons(FactKind.DISCONNECTED) == ["patrol"]


@pytest.mark.parametrize(
    ("device", "is_told_much"),
    [("operator", True), ("supervisor", True), ("gateway", True), ("patrol-1", False)],
)
def test_whoever_is_told_much_at_once_is_known_by_its_role(device, is_told_much):
    assert line(device).session.is_told_much() is is_told_much
    assert not line().session.is_told_much()
