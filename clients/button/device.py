"""What a hardware button does, without input, output or clock: for MicroPython and CPython alike.

Copy this one file to the device. It keeps to what both have, so it speaks the button datagram
(`protocol/button.md`) on its own, from the specification.

    device = Device("button-17", key, boot, salt, save_boot, now_ms)
    device.press(PANIC, now_ms)
    while (datagram := device.due(now_ms)) is not None: ...   # send it
    device.hear(answer, now_ms)                               # whenever something came
    device.lamp()                                             # what to show, until device.wake_ms()

`now_ms` is any count of milliseconds that only grows, such as those since the start.
"""

import hashlib
import struct

try:  # noqa: SIM105 - MicroPython has neither this nor contextlib
    from collections.abc import Callable
except ImportError:
    pass

PANIC, SILENT, MEDICAL, FIRE, INTRUSION, TEST = KINDS = (1, 2, 3, 4, 5, 6)
NOWHERE = (-(2**31), -(2**31), 0xFFFF)
"""In the place of (latitude · 10⁷, longitude · 10⁷, accuracy in metres)."""
NO_BATTERY = 255

# --- what the lamp can say, from the least that is known to the most ------------------------------
IDLE = "idle"
OFFLINE = "offline"
"""The gateway has not answered for a while."""
SENDING = "sending"
"""Pressed, and nobody is known to have heard it."""
WAITING = "waiting"
"""The gateway has heard it; the server has not said so."""
RECEIVED = "received"
"""It went out to the patrol, and is being written down."""
STORED = "stored"
"""It went out to the patrol, and survives whatever happens to the server."""
DELIVERED = "delivered"
ACCEPTED = "accepted"
ON_SCENE = "on_scene"
CLOSED = "closed"
REFUSED = "refused"
LAMPS = (SENDING, WAITING, RECEIVED, STORED, DELIVERED, ACCEPTED, ON_SCENE, CLOSED, REFUSED)
"""Of a press, in the order in which they come. Any may be passed over."""
_SHOWN = (SENDING, WAITING, RECEIVED, DELIVERED, ACCEPTED, ON_SCENE, CLOSED, REFUSED)

# --- when to send ---------------------------------------------------------------------------------
RETRY_MS = (250, 500, 1_000, 2_000, 4_000, 8_000, 15_000)
"""After each attempt of a press that is not stored; the last again and again."""
FOLLOW_MS = 2_000
"""A stored press asks how far it has got; so often in the minute after it was made,"""
FOLLOW_LATER_MS = 10_000
"""and so often after that,"""
FOLLOW_SOON_MS = 60_000
FOLLOW_FOR_MS = 3_600_000
"""until it has ended, or for so long."""
HEARTBEAT_MS = 60_000
HEARTBEAT_RETRY_MS = (5_000, 10_000, 20_000, 60_000)
"""After each heartbeat without an answer."""
OFFLINE_AFTER = 3
"""So many messages without an answer."""
ENDED_SHOWN_MS = 60_000
"""The lamp shows for so long that a press was closed, or refused."""
CHALLENGES_EVERY_MS = 1_000
"""A challenge that comes sooner after another is not obeyed: each costs a write to the flash."""
PRESSES_MAX = 8
QUESTIONS_MAX = 8
"""The newest messages, whose answers may still come."""

_PRESS, _CANCEL, _HEARTBEAT = 1, 2, 3
_VERSION = 0xB1
_CHALLENGE = 0x80
_MESSAGE = ">BB8sIIIQBB6siiH"
_ANSWER = ">BBIBBQ"
_MAC_BYTES = 16


class Press:
    """One call for help, from the moment it was made until its alert has ended."""

    def __init__(self, kind: int, unix_ms: int, place: tuple[int, int, int], now_ms: int) -> None:
        self.kind = kind
        self.pressed_at_ms = unix_ms
        self.place = place
        self.number = 0
        """The counter of its first message. 0: it was not sent yet."""
        self.progress = 0
        """As in `protocol/button.md`. 0: nobody is known to have heard it."""
        self.stored = False
        self.cancelling = False
        self.cancel_answered = False
        self.eta_min = NO_BATTERY
        self.made_ms = self.due_ms = now_ms
        self.attempts = 0
        self.heard = 0
        """The sequence of the newest message that was answered."""

    def shown(self) -> str:
        """Say in a lamp's word how far it has got."""
        word = _SHOWN[self.progress]
        return STORED if word == RECEIVED and self.stored else word

    def ended(self) -> bool:
        """Whether nothing can come of it any more."""
        return self.shown() in (CLOSED, REFUSED)

    def unsettled(self) -> bool:
        """Whether it must be sent again until the answer says what it should."""
        if self.ended():
            return False
        return not self.stored or (self.cancelling and not self.cancel_answered)


class Question:
    """A message that was sent, for whose answers the device still listens."""

    def __init__(self, sequence: int, mac: bytes, press: "Press | None") -> None:
        self.sequence = sequence
        self.mac = mac
        self.press = press
        self.answered = False


class Device:
    """A button with any number of presses under way, at most one unstored of each kind."""

    def __init__(
        self,
        device_id: str,
        key: bytes,
        boot: int,
        salt: int,
        save_boot: "Callable[[int], None]",
        now_ms: int,
    ) -> None:
        """`boot` is what `save_boot` kept last; 0: nothing is kept. `salt`: four random bytes."""
        self.battery_percent = NO_BATTERY
        self.presses: list[Press] = []
        self._tag = hashlib.sha256(b"tag" + device_id.encode()).digest()[:8]
        self._key = key
        self._salt = salt
        self._save_boot = save_boot
        self._questions: list[Question] = []
        self._unanswered = 0
        self._heartbeat_ms = now_ms
        self._challenged_ms = now_ms - CHALLENGES_EVERY_MS
        self._unix_ms = 0
        """Unix time when `now_ms` was 0. 0: nobody has told."""
        self.boot = 0
        self._sequence = 0
        if boot:
            self._begin(boot + 1)

    # --- for whoever holds it ---------------------------------------------------------------------

    def press(self, kind: int, now_ms: int, place: tuple[int, int, int] = NOWHERE) -> Press:
        """Call for help. Pressed again before it is stored, it is sent again at once."""
        if kind not in KINDS:
            raise ValueError("kind must be 1 to 6")
        for press in self.presses:
            if press.kind == kind and not press.stored and not press.ended():
                press.due_ms = now_ms
                return press
        if len(self.presses) >= PRESSES_MAX:
            self.presses.remove(next(each for each in self.presses if each.stored or each.ended()))
        press = Press(kind, self._unix_ms and self._unix_ms + now_ms, place, now_ms)
        self.presses.append(press)
        return press

    def cancel(self, press: Press, now_ms: int) -> None:
        """Take a press back once it is stored. The patrol is told and decides: it may be duress."""
        press.cancelling = True
        press.attempts = 0
        press.due_ms = now_ms

    def hurry(self, now_ms: int) -> None:
        """There is a new way to the gateway: what went the old one may be lost."""
        for press in self.presses:
            if press.unsettled():
                press.due_ms = now_ms

    def lamp(self) -> str:
        """What to show: the newest press but a silent one, or whether help could be called."""
        for press in reversed(self.presses):
            if press.kind != SILENT:
                return press.shown()
        return OFFLINE if self._unanswered >= OFFLINE_AFTER else IDLE

    # --- for the network --------------------------------------------------------------------------

    def due(self, now_ms: int) -> bytes | None:
        """Return the next datagram to send now; None: nothing until `wake_ms`."""
        for press in list(self.presses):
            if press.due_ms > now_ms:
                continue
            if press.ended() or (not press.unsettled() and self._is_old(press, now_ms)):
                self.presses.remove(press)
                continue
            cancels = press.cancelling and press.stored and not press.cancel_answered
            datagram = self._say(_CANCEL if cancels else _PRESS, press)
            press.due_ms = now_ms + _stretched(self._wait_ms(press, now_ms), datagram[-1])
            press.attempts += 1
            return datagram
        if self._heartbeat_ms <= now_ms:
            datagram = self._say(_HEARTBEAT, None)
            self._put_off(HEARTBEAT_RETRY_MS[min(self._unanswered, 4) - 1], datagram, now_ms)
            return datagram
        return None

    def wake_ms(self) -> int:
        """When `due` or `lamp` may have something new, if nothing comes before."""
        return min([self._heartbeat_ms] + [press.due_ms for press in self.presses])

    def hear(self, datagram: bytes, now_ms: int) -> bool:
        """Take what came from the network. False: it is no answer to anything that was asked."""
        if len(datagram) != 32 or datagram[0] != _VERSION:
            return False
        said, mac = datagram[:-_MAC_BYTES], datagram[-_MAC_BYTES:]
        _, code, sequence, _, _, value = struct.unpack(_ANSWER, said)
        question = self._question(sequence)
        if question is None or not _is_same(mac, self._mac(b"down" + question.mac + said)):
            return False
        self._unanswered = 0
        self._put_off(HEARTBEAT_MS, datagram, now_ms)
        if code == _CHALLENGE:
            if not question.answered:
                self._go_on_from(value, now_ms)
        elif code < len(_SHOWN):
            question.answered = True
            self._unix_ms = value - now_ms
            press = question.press
            if press is not None and press.heard <= sequence:
                press.heard = sequence
                self._learn(press, datagram, now_ms)
        return True

    # --- counting ---------------------------------------------------------------------------------

    def _begin(self, boot: int) -> None:
        self.boot = boot
        self._sequence = 0
        self._questions = []
        self._save_boot(boot)

    def _go_on_from(self, boot: int, now_ms: int) -> None:
        """The gateway does not believe our counter: it will believe this one, so say all again."""
        if not self.boot < boot < 2**32 or now_ms - self._challenged_ms < CHALLENGES_EVERY_MS:
            return
        self._challenged_ms = self._heartbeat_ms = now_ms
        for press in self.presses:
            if not press.number >> 32:
                press.number = 0  # of a device that had lost its count, and might use it again
            press.heard = 0
            if press.unsettled():
                press.due_ms = now_ms
        self._begin(boot)

    def _question(self, sequence: int) -> Question | None:
        for question in self._questions:
            if question.sequence == sequence:
                return question
        return None

    def _say(self, code: int, press: Press | None) -> bytes:
        self._sequence += 1
        counter = self.boot << 32 | self._sequence
        number, kind, pressed_at_ms, place = 0, 0, 0, NOWHERE
        if press is not None:
            press.number = press.number or counter
            number, kind = press.number, press.kind
            pressed_at_ms, place = press.pressed_at_ms, press.place
        said = struct.pack(
            _MESSAGE,
            _VERSION,
            code,
            self._tag,
            self.boot,
            self._sequence,
            self._salt,
            number,
            kind,
            self.battery_percent,
            pressed_at_ms.to_bytes(6, "big"),
            *place,
        )
        mac = self._mac(b"up" + said)
        self._questions = self._questions[1 - QUESTIONS_MAX :]
        self._questions.append(Question(self._sequence, mac, press))
        self._unanswered += 1
        return said + mac

    # --- waiting ----------------------------------------------------------------------------------

    def _learn(self, press: Press, answer: bytes, now_ms: int) -> None:
        was_stored = press.stored
        press.progress, flags, press.eta_min = answer[1], answer[6], answer[7]
        press.stored = bool(flags & 1)
        press.cancel_answered = press.cancel_answered or bool(flags & 2)
        if press.ended():
            press.due_ms = now_ms + ENDED_SHOWN_MS
        elif press.unsettled() and press.stored != was_stored:
            press.attempts = 0  # the server has lost it, or can be told now that it is taken back
            press.due_ms = now_ms
        elif not press.unsettled():
            press.due_ms = now_ms + _stretched(self._wait_ms(press, now_ms), answer[-1])

    def _wait_ms(self, press: Press, now_ms: int) -> int:
        if press.unsettled():
            return RETRY_MS[min(press.attempts, len(RETRY_MS) - 1)]
        return FOLLOW_MS if now_ms - press.made_ms < FOLLOW_SOON_MS else FOLLOW_LATER_MS

    def _is_old(self, press: Press, now_ms: int) -> bool:
        return now_ms - press.made_ms >= FOLLOW_FOR_MS

    def _put_off(self, wait_ms: int, said: bytes, now_ms: int) -> None:
        self._heartbeat_ms = now_ms + _stretched(wait_ms, said[-1])

    def _mac(self, said: bytes) -> bytes:
        """HMAC-SHA-256 (RFC 2104), the first half of it. MicroPython's firmware has no `hmac`."""
        key = self._key + bytes(64 - len(self._key))
        inner = hashlib.sha256(bytes(each ^ 0x36 for each in key) + said).digest()
        return hashlib.sha256(bytes(each ^ 0x5C for each in key) + inner).digest()[:_MAC_BYTES]


def _stretched(wait_ms: int, die: int) -> int:
    """By up to a quarter, so that many buttons keep no step. A MAC's byte is as good as a die."""
    return wait_ms + wait_ms * die // 1024


def _is_same(one: bytes, other: bytes) -> bool:
    """Compare without telling by the time it takes where they differ."""
    difference = 0
    for at in range(_MAC_BYTES):
        difference |= one[at] ^ other[at]
    return not difference
