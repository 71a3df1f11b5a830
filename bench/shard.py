"""One generator process: presses on a fixed schedule, and handhelds that confirm them.

Frames are made before they are due, and a message is looked at where it differs only. Open loop:
a press is due when the schedule says so, whether or not anything was answered.
"""

import time
from array import array
from collections.abc import Iterable, Sequence
from random import Random
from typing import Final

import numpy as np

from bench.calls import (
    ID_CHARS,
    KINDS,
    SERIES_BITS,
    SHOWN,
    Calls,
    Round,
    Traffic,
    number_of,
    sender_of,
    signal_id,
)
from bench.city import Member
from bench.dialects import Dialect
from bench.lines import PATIENCE_S, SENDS_A_TURN, Lines, Link, now_ns
from protocol.vocabulary import Role

READY_S: Final = 0.005
"""Before the first press is due, nothing else is done."""
ANSWERS_EVERY_S: Final = 0.1
"""A handheld accepts and closes one alert in so long: 20 frames a second, of 30 that it may."""
SURPRISES_KEPT: Final = 5

ALERT: Final = b'{"type":"alert","alert_id":"'
RECEIPT: Final = b'{"type":"receipt","signal_id":"'
VERSION: Final = b'","version":'
EXPECTED: Final = (b'{"type":"pong"', b'{"type":"welcome"', b'{"type":"notice","code":"synced"')


class Shard:
    """Some of the devices. `call` is the measurement, the rest prepares and clears up."""

    def __init__(
        self, address: tuple[str, int], dialect: Dialect, members: Sequence[Member]
    ) -> None:
        self._dialect = dialect
        self.lines = Lines(address, dialect, members, self._take)
        links = self.lines.links.values()
        self._senders = [link for link in links if _presses(link)]
        self._handhelds = [link for link in links if _answers(link)]
        self._next_sender = 0
        self._samples: dict[str, bytes] = {}
        self._frames: list[tuple[Link, bytes]] = []
        """Of those who were cut off, what they press with."""
        self._begin(Round(0, 1, 0, 0, 0))

    # --- before -----------------------------------------------------------------------------------

    def connect(self, device_ids: Iterable[str], at_once: int) -> list[float]:
        """Connect and greet; returns the seconds that each took. Raises `ConnectionError`."""
        return self.lines.connect(device_ids, at_once)

    def drop(self, device_ids: Iterable[str]) -> None:
        """Lose connections at once, as a power cut does."""
        self.lines.drop(device_ids)

    def keep_alive(self, ping: bytes, after_s: float) -> int:
        """Let whoever said nothing for so long say something. Returns how many did."""
        return self.lines.keep_alive(ping, after_s)

    def close(self) -> None:
        """Let go of everything."""
        self.lines.close()

    # --- a round ----------------------------------------------------------------------------------

    def call(self, plan: Round) -> Calls:
        """Press as planned, confirm what handhelds are shown, and return what was seen."""
        frames = self._presses(plan)
        self._begin(plan)
        self.lines.settle(until_ns=plan.start_ns - int(READY_S * 1e9))
        cpu_ns = time.process_time_ns()
        at = 0
        while at < plan.count:
            due_ns = plan.start_ns + at * plan.every_ns
            in_turn = 0
            while at < plan.count and due_ns <= now_ns() and in_turn < SENDS_A_TURN:
                link, frame = frames[at]
                self.lines.send(link, frame)
                self._sent_ns[at] = now_ns()
                at += 1
                in_turn += 1
                due_ns += plan.every_ns
            self.lines.turn((due_ns - now_ns()) / 1e9 if at < plan.count else 0.0)
        self.lines.settle()
        return self._calls(plan, frames, time.process_time_ns() - cpu_ns)

    def come_back(self, device_ids: Sequence[str], presses: Round, seed: int) -> dict[str, float]:
        """Be cut off and come back; whoever of these presses does so once it is back.

        Returns the seconds that each was away. What became of the presses, `came_back` tells.
        """
        for each in device_ids:
            self.lines.links[each].seen.clear()
        frames = self._presses(presses)
        self._begin(presses)
        at_of = {link.member.device_id: at for at, (link, _) in enumerate(frames)}

        def press(link: Link) -> None:
            at = at_of.get(link.member.device_id)
            if at is not None:
                self.lines.send(link, frames[at][1])
                self._sent_ns[at] = now_ns()

        self._frames = frames
        return self.lines.come_back(device_ids, Random(seed), press)

    def came_back(self) -> Calls:
        """Return what became of those presses, once everybody is back, other processes' too: their
        presses are shown to handhelds of this one."""
        self.lines.settle()
        calls = self._calls(self._plan, self._frames, 0)
        calls.due_ns = calls.sent_ns  # a press that waits for a connection is its own time
        return calls

    def hold(self) -> None:
        """Accept every alert that is open, and keep it so."""
        self._answer_all(b'"eta_s":14400', closes=False)
        self.forget()

    def answer(self) -> int:
        """Accept and close every alert that is open, each by one of its two handhelds.

        Returns how many a handheld still shows: none, unless something is wrong.
        """
        self._answer_all(b'"eta_s":240', closes=True)
        left = sum(len(link.seen) for link in self._handhelds)
        self.forget()
        return left

    def _answer_all(self, eta: bytes, *, closes: bool) -> None:
        give_up_ns = now_ns() + int(PATIENCE_S * 1e9)
        apart_ns = int(ANSWERS_EVERY_S * 1e9) // max(1, len(self._handhelds))
        while now_ns() < give_up_ns:
            next_ns, answered = now_ns(), False
            for link in self._handhelds:  # each at a moment of its own, as people do
                answered |= self._answer_one(link, eta, closes)
                next_ns += apart_ns
                while (wait_ns := next_ns - now_ns()) > 0:
                    self.lines.turn(wait_ns / 1e9)
            if not answered and not (closes and any(link.seen for link in self._handhelds)):
                break
        self.lines.settle()

    def forget(self) -> None:
        """Show nothing any more."""
        for link in self._handhelds:
            link.seen.clear()
            link.answered.clear()

    def heard_samples(self) -> dict[str, bytes]:
        """Return a message of each kind, as it was heard."""
        return self._samples

    # --- within -----------------------------------------------------------------------------------

    def _presses(self, plan: Round) -> list[tuple[Link, bytes]]:
        """Make every frame of a round; each sender's presses are of kinds that never mix."""
        wall_ms = time.time_ns() // 1_000_000 - now_ns() // 1_000_000
        frames = []
        for at in range(plan.count):
            turn, which = divmod(self._next_sender, len(self._senders))
            self._next_sender += 1
            link = self._senders[which]
            due_ms = wall_ms + (plan.start_ns + at * plan.every_ns) // 1_000_000
            payload = press_payload(
                signal_id(due_ms, link.member.number, plan.first + at * plan.step),
                KINDS[turn % len(KINDS)],
                due_ms,
                link.member,
            )
            frames.append((link, self._dialect.wrap(link.member, payload)))
        return frames

    def _begin(self, plan: Round) -> None:
        self._plan = plan
        self._sent_ns, self._receipt_ns, self._stored_ns = (
            array("q", [0]) * plan.count for _ in range(3)
        )
        self._rows = {name: array("q") for name in SHOWN}
        # Whoever was hung up on since the round before counts too: it cannot press in this one.
        self.lines.traffic = Traffic(hung_up=self.lines.traffic.hung_up)
        self._surprises: list[str] = []

    def _calls(self, plan: Round, frames: list[tuple[Link, bytes]], cpu_ns: int) -> Calls:
        traffic, self.lines.traffic = self.lines.traffic, Traffic()
        order = np.arange(plan.count, dtype=np.int64)
        return Calls(
            numbers=plan.first + order * plan.step,
            senders=np.array([link.member.number for link, _ in frames], dtype=np.int64),
            due_ns=plan.start_ns + order * plan.every_ns,
            sent_ns=np.array(self._sent_ns, dtype=np.int64),
            receipt_ns=np.array(self._receipt_ns, dtype=np.int64),
            stored_ns=np.array(self._stored_ns, dtype=np.int64),
            **{name: np.array(row, dtype=np.int64) for name, row in self._rows.items()},
            traffic=traffic,
            cpu_ns=cpu_ns,
            surprises=self._surprises,
        )

    def _answer_one(self, link: Link, eta: bytes, closes: bool) -> bool:
        for alert_id in link.seen:
            is_mine = sender_of(alert_id) % 2 == link.member.number % 2
            if is_mine and alert_id not in link.answered:
                link.answered.add(alert_id)
                accept = b'{"type":"accept","alert_id":"%s",%s}' % (alert_id, eta)
                close = b'{"type":"close","alert_id":"%s","outcome":"real"}' % alert_id
                self.lines.say(link, *((accept, close) if closes else (accept,)))
                return True
        return False

    def _take(self, link: Link, message: bytes, at_ns: int) -> None:
        if message.startswith(ALERT):
            self.lines.traffic.alerts += 1
            self._shown(link, message, at_ns)
        elif message.startswith(RECEIPT):
            self.lines.traffic.receipts += 1
            number = number_of(_id_in(RECEIPT, message))
            at, rest = divmod(number - self._plan.first, self._plan.step)
            if rest or not 0 <= at < self._plan.count:
                return
            if not self._receipt_ns[at]:
                self._receipt_ns[at] = at_ns
                self._samples.setdefault("receipt", message)
            if not self._stored_ns[at] and b'"stored":true' in message:
                self._stored_ns[at] = at_ns
                self._samples.setdefault("stored", message)
        elif not message.startswith(EXPECTED):
            self.lines.traffic.others += 1
            if len(self._surprises) < SURPRISES_KEPT:
                self._surprises.append(message[:200].decode(errors="replace"))

    def _shown(self, link: Link, message: bytes, at_ns: int) -> None:
        alert_id = _id_in(ALERT, message)
        version_at = len(ALERT) + ID_CHARS + len(VERSION)
        version_end = message.index(b",", version_at)
        if message.startswith(b',"state":"closed"', version_end):
            link.seen.pop(alert_id, None)
            return
        version = message[version_at:version_end]
        number = number_of(alert_id)
        rows = self._rows
        rows["shown_numbers"].append(number)
        rows["shown_handhelds"].append(link.member.number)
        rows["shown_versions"].append(int(version))
        rows["shown_ns"].append(at_ns)
        if alert_id not in link.seen:
            if number >> SERIES_BITS == self._plan.first >> SERIES_BITS:
                link.seen[alert_id] = None
            self._samples.setdefault("alert", message)
            self.lines.say(
                link, b'{"type":"delivered","alert_id":"%s","version":%s}' % (alert_id, version)
            )


def press_payload(signal_id: bytes, kind: str, pressed_at_ms: int, member: Member) -> bytes:
    """One press, as a telephone with a good fix sends it."""
    return (
        b'{"type":"signal","signal_id":"%s","kind":"%s","pressed_at_ms":%d,'
        b'"position":{"lat":%.6f,"lon":%.6f,"accuracy_m":5,"age_s":1}}'
        % (signal_id, kind.encode(), pressed_at_ms, member.lat, member.lon)
    )


def _id_in(prefix: bytes, message: bytes) -> bytes:
    return message[len(prefix) : len(prefix) + ID_CHARS]


def _presses(link: Link) -> bool:
    return link.member.quadrant >= 0 and link.member.role is Role.APP


def _answers(link: Link) -> bool:
    return link.member.quadrant >= 0 and link.member.role is Role.PATROL
