"""One connection, without the network: frames in, effects out.

It knows who speaks, and shields the dispatcher from whoever does not, or speaks too much or badly.
"""

from dataclasses import replace

from dispatch.core import credentials
from dispatch.core.authorise import MAY_SAY
from dispatch.core.dispatcher import Dispatcher
from dispatch.core.effects import CloseSession, Effect, IssueToken, Record, Reply
from dispatch.core.events import Connected, Disconnected, Received
from dispatch.core.facts import Fact, FactKind
from dispatch.core.moment import Moment
from dispatch.core.registry import SPEAK_FOR_OTHERS, Device
from dispatch.core.words import ERROR, NOTICE
from protocol.close_codes import CloseCode
from protocol.codec import Fault, decode_client
from protocol.limits import (
    ENROLMENTS_PER_SESSION,
    FAULTS_PER_SESSION,
    FRAMES_BURST,
    FRAMES_PER_S,
    GATEWAY_FRAMES_BURST,
    GATEWAY_FRAMES_PER_S,
    HELLO_DEADLINE_S,
    QUIET_DEADLINE_S,
)
from protocol.messages import (
    AnyClientMessage,
    Enrol,
    Error,
    Hello,
    Notice,
    Ping,
    Pong,
    Signal,
    Text,
)
from protocol.session import ALLOWED, SessionEvent, SessionState, advance
from protocol.vocabulary import ErrorCode, NoticeCode, Role

_MAY_PRESS = frozenset(role for role, said in MAY_SAY.items() if Signal in said)
_TOLD_MUCH = frozenset({Role.OPERATOR, Role.SUPERVISOR}) | SPEAK_FOR_OTHERS


class Session:
    """Its `device_id` is None until the device has proved who it is."""

    __slots__ = (
        "_dispatcher",
        "_enrolments",
        "_faults",
        "_frames",
        "_frames_at_s",
        "_frames_burst",
        "_frames_per_s",
        "_heard_at_s",
        "device_id",
        "session_id",
        "state",
    )

    def __init__(self, session_id: int, dispatcher: Dispatcher, now: Moment) -> None:
        self.session_id = session_id
        self.device_id: str | None = None
        self.state = SessionState.OPENED
        self._dispatcher = dispatcher
        self._heard_at_s = now.mono_s
        self._faults = 0
        self._enrolments = 0
        self._frames_burst, self._frames_per_s = FRAMES_BURST, FRAMES_PER_S
        self._frames = float(FRAMES_BURST)
        self._frames_at_s = now.mono_s

    def receive(
        self, frame: bytes | bytearray | str, received_at_ms: int, now: Moment
    ) -> list[Effect]:
        """Take one text frame."""
        if self.state is SessionState.CLOSED:
            return []
        if not self._is_within_rate(now.mono_s):
            return self._end(CloseCode.FLOODING, now)
        decoded = decode_client(frame)
        effects: list[Effect] = []
        if decoded.message is not None:
            effects += self._take(decoded.message, received_at_ms, now)
        if decoded.fault is not None:
            effects += self._faulty(decoded.fault, now)
        return effects

    def is_awaited(self) -> bool:
        """Say whether it matters within seconds that the device is still there.

        It does for whatever is called or stands on a wall, and for a telephone with a press open.
        """
        city = self._dispatcher.city
        device = city.registry.devices.get(self.device_id or "")
        if device is None:
            return False
        return device.role is not Role.APP or bool(city.board.open_of_device(device.device_id))

    def may_press(self) -> bool:
        """Say whether what it says may be a press, which waits for nothing."""
        device = self._dispatcher.city.registry.devices.get(self.device_id or "")
        return device is not None and device.role in _MAY_PRESS

    def is_told_much(self) -> bool:
        """Say whether thousands of frames come at once: a city's alerts, or a gateway's devices."""
        device = self._dispatcher.city.registry.devices.get(self.device_id or "")
        return device is not None and device.role in _TOLD_MUCH

    def refuse_binary(self, now: Moment) -> list[Effect]:
        """The protocol is text."""
        return self._end(CloseCode.TEXT_ONLY, now)

    def drain(self) -> list[Effect]:
        """Announce that the server restarts. What is under way is still answered.

        Whoever has not greeted has nothing under way, and does better to come back.
        """
        if self.state is SessionState.OPENED:
            self.state = advance(self.state, SessionEvent.CLOSE)
            return [CloseSession(self.session_id, CloseCode.DRAINING)]
        if self.state is not SessionState.GREETED:
            return []
        self.state = advance(self.state, SessionEvent.DRAIN)
        code = NoticeCode.DRAINING
        return [Reply(self.session_id, Notice(code=code, text=NOTICE[code]))]

    def gone(self, now: Moment) -> list[Effect]:
        """The connection ended, whoever ended it."""
        if self.state is not SessionState.CLOSED:
            self.state = advance(self.state, SessionEvent.CLOSE)
        if self.device_id is None:
            return []
        return self._dispatcher.handle(Disconnected(self.session_id, self.device_id), now)

    def next_check_s(self) -> float:
        """Return the monotonic time at which to call `check` again."""
        if self.state is SessionState.OPENED:
            return self._heard_at_s + HELLO_DEADLINE_S
        return self._heard_at_s + QUIET_DEADLINE_S

    def check(self, now: Moment) -> list[Effect]:
        """Close a connection that did not greet in time, or has gone quiet."""
        if self.state is SessionState.CLOSED or now.mono_s < self.next_check_s():
            return []
        greeted = self.state is not SessionState.OPENED
        return self._end(CloseCode.GONE_QUIET if greeted else CloseCode.HELLO_TIMEOUT, now)

    def _take(self, message: AnyClientMessage, received_at_ms: int, now: Moment) -> list[Effect]:
        if type(message) not in ALLOWED[self.state]:
            opened = self.state is SessionState.OPENED
            code = ErrorCode.NOT_GREETED if opened else ErrorCode.ALREADY_GREETED
            about = str(message.__struct_config__.tag)
            return self._faulty(Fault(code, "", about=about, ref=message.ref), now)
        match message:
            case Ping():
                self._heard(now)
                return [Reply(self.session_id, Pong(now_ms=now.wall_ms, ref=message.ref))]
            case Hello():
                return self._greet(message, now)
            case Enrol():
                return self._enrol(message, now)
        self._heard(now)
        assert self.device_id is not None, "only a greeted device acts"  # noqa: S101
        return self._dispatcher.handle(Received(self.device_id, message, received_at_ms), now)

    def _greet(self, hello: Hello, now: Moment) -> list[Effect]:
        registry = self._dispatcher.city.registry
        device = registry.devices.get(hello.device_id)
        proven = credentials.matches(hello.token, device.token_hash if device else None)
        if device is None or not proven:
            if registry.is_behind:
                return self._end(CloseCode.REGISTRY_BEHIND, now)
            return self._end(CloseCode.BAD_CREDENTIALS, now)
        if device.revoked:
            return self._end(CloseCode.REVOKED, now, device.device_id)
        self.state = advance(self.state, SessionEvent.GREET)
        self.device_id = device.device_id
        self._heard_at_s = now.mono_s
        if device.role in SPEAK_FOR_OTHERS:
            self._frames_burst, self._frames_per_s = GATEWAY_FRAMES_BURST, GATEWAY_FRAMES_PER_S
            self._frames = float(GATEWAY_FRAMES_BURST)
        effects = self._spend_code(device, now)
        event = Connected(self.session_id, device.device_id, hello.on_duty)
        return self._dispatcher.handle(event, now) + effects

    def _spend_code(self, device: Device, now: Moment) -> list[Effect]:
        """The token has arrived: the code that was traded for it is worth nothing from now on.

        The store knows whether the code was traded, or is a newer one that was not used yet; until
        it has been told, nobody trades the same code here once more.
        """
        if device.code_hash is None:
            return []
        city = self._dispatcher.city
        if city.traded.pop(device.device_id, None) == device.code_hash:
            city.registry.apply(replace(device, code_hash=None))
        return [Record(Fact(FactKind.CODE_SPENT, now.wall_ms, device_id=device.device_id))]

    def _enrol(self, enrol: Enrol, now: Moment) -> list[Effect]:
        self._enrolments += 1
        if self._enrolments > ENROLMENTS_PER_SESSION:
            return self._end(CloseCode.TOO_MANY_ERRORS, now)
        self._heard_at_s = now.mono_s  # time to store the token, and to greet with it
        registry = self._dispatcher.city.registry
        device = registry.by_code_hash(credentials.code_digest(enrol.code))
        if device is None or device.revoked or now.wall_ms >= device.code_expires_at_ms:
            refused = Fault(ErrorCode.ENROLMENT_REFUSED, "", "code", about="enrol", ref=enrol.ref)
            unsure = Fault(ErrorCode.UNAVAILABLE, "", about="enrol", ref=enrol.ref)
            return self._faulty(unsure if registry.is_behind else refused, now)
        return [IssueToken(self.session_id, device.device_id)]

    def _faulty(self, fault: Fault, now: Moment) -> list[Effect]:
        self._faults += 1
        text = ERROR[fault.code]
        if fault.reason:
            text = Text(text.es, f"{text.en} ({fault.reason})")
        error = Error(
            code=fault.code, text=text, field=fault.field, about=fault.about, ref=fault.ref
        )
        effects: list[Effect] = [
            Reply(self.session_id, error),
            Record(Fact(FactKind.FAULT, now.wall_ms, fault.code, device_id=self.device_id)),
        ]
        if self._faults >= FAULTS_PER_SESSION:
            effects += self._end(CloseCode.TOO_MANY_ERRORS, now)
        return effects

    def _end(self, code: CloseCode, now: Moment, device_id: str | None = None) -> list[Effect]:
        if self.state is SessionState.CLOSED:
            return []
        self.state = advance(self.state, SessionEvent.CLOSE)
        fact = Fact(
            FactKind.REFUSED, now.wall_ms, code.name.lower(), device_id=device_id or self.device_id
        )
        return [CloseSession(self.session_id, code), Record(fact)]

    def _heard(self, now: Moment) -> None:
        # Before the greeting only `hello` and `enrol` buy time, or a ping would keep a door open.
        if self.state is not SessionState.OPENED:
            self._heard_at_s = now.mono_s

    def _is_within_rate(self, now_s: float) -> bool:
        """A token bucket: a burst at once, then a steady rate."""
        earned = (now_s - self._frames_at_s) * self._frames_per_s
        self._frames = min(self._frames_burst, self._frames + earned) - 1.0
        self._frames_at_s = now_s
        return self._frames >= 0.0
