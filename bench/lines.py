"""Thousands of connections on one epoll: opening, greeting, reading, sending, losing.

No coroutine and no task: a generator must cost far less than what it measures on the same few
cores.
"""

import heapq
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Final

from bench.calls import Traffic
from bench.city import Member
from bench.dialects import Dialect, Greeting

READ_BYTES: Final = 16 * 1024
SENDS_A_TURN: Final = 16
"""Sends, at most, before what was answered is read."""
QUIET_S: Final = 0.3
"""Nothing was heard for so long: all is settled."""
PATIENCE_S: Final = 30.0
CONNECT_MAX_S: Final = 0.002
"""Patience for each connection of many, besides."""
PING_AFTER_S: Final = 20.0
PINGS_PER_S: Final = 2_500
"""The kernel probes handhelds that are silent (`dispatch/edge/half_open.py`). Those that fell
silent together are probed together, and of thousands of probes at one moment the loopback drops
most: it queues 1,000 packets (`net.core.netdev_max_backlog`). Real devices ping each at a time of
its own."""
COME_BACK_MAX_S: Final = 120.0
BACK_OFF_FIRST_S: Final = 0.5
BACK_OFF_MAX_S: Final = 15.0
"""Of reconnecting, as `protocol/README.md` says."""
RESET_ON_CLOSE: Final = b"\1\0\0\0\0\0\0\0"
"""SO_LINGER of no time: so that no port waits for a minute until it can be used again."""

now_ns = time.monotonic_ns


class Link:
    """One device and its connection."""

    __slots__ = ("answered", "greeting", "member", "opened_ns", "rest", "said_ns", "seen", "sock")

    def __init__(self, member: Member) -> None:
        self.member = member
        self.sock: socket.socket | None = None
        self.greeting: Greeting | None = None
        """Until it is greeted."""
        self.rest = b""
        self.opened_ns = self.said_ns = 0
        self.seen: dict[bytes, None] = {}
        """Handheld: the open alerts that it shows."""
        self.answered: set[bytes] = set()


class Lines:
    """The connections of some devices. `take` is given each message, and when it was read."""

    def __init__(
        self,
        address: tuple[str, int],
        dialect: Dialect,
        members: Sequence[Member],
        take: Callable[[Link, bytes, int], None],
    ) -> None:
        self.links = {each.device_id: Link(each) for each in members}
        self.traffic = Traffic()
        self._address = address
        self._dialect = dialect
        self._take = take
        self._by_fd: dict[int, Link] = {}
        self._epoll = select.epoll()
        self._opening = self._turned_away = 0
        self._refusal = ""
        self._greeted_s: list[float] = []
        self._heard_ns = now_ns()

    def fileno(self) -> int:
        """Return what to wait for beside other things."""
        return self._epoll.fileno()

    def connect(self, device_ids: Iterable[str], at_once: int) -> list[float]:
        """Connect and greet; returns the seconds that each took. Raises `ConnectionError`."""
        waiting = deque(self.links[each] for each in device_ids)
        self._greeted_s = []
        self._turned_away = 0
        give_up_ns = now_ns() + int((PATIENCE_S + len(waiting) * CONNECT_MAX_S) * 1e9)
        while waiting or self._opening:
            while waiting and self._opening < at_once:
                self._open(waiting.popleft())
            self.turn(0.05)
            if now_ns() > give_up_ns:
                raise ConnectionError(f"{len(waiting) + self._opening} devices are not greeted")
        if self._turned_away:
            raise ConnectionError(
                f"{self._turned_away} devices were refused or cut off {self._refusal}"
            )
        return self._greeted_s

    def drop(self, device_ids: Iterable[str]) -> None:
        """Lose connections at once, as a power cut does."""
        for each in device_ids:
            link = self.links[each]
            if link.sock is not None:
                link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                self._hang_up(link)

    def close(self) -> None:
        """Let go of everything."""
        self.drop(list(self.links))
        self._epoll.close()

    def come_back(
        self, device_ids: Sequence[str], chance: Random, on_greeted: Callable[[Link], None]
    ) -> dict[str, float]:
        """Lose these connections at one moment and let each come back as the protocol says.

        Returns the seconds until each was greeted again. Raises `ConnectionError`.
        """
        self.drop(device_ids)
        lost_ns = now_ns()
        waiting = [(_wait_ns(chance, 0), 0, each) for each in device_ids]
        heapq.heapify(waiting)
        trying: dict[str, int] = {}
        back_s: dict[str, float] = {}
        while len(back_s) < len(device_ids):
            since_ns = now_ns() - lost_ns
            while waiting and waiting[0][0] <= since_ns:
                _, attempt, device_id = heapq.heappop(waiting)
                trying[device_id] = attempt
                self._open(self.links[device_id])
            self.turn(0.001)
            for device_id, attempt in list(trying.items()):
                link = self.links[device_id]
                if link.greeting is not None:
                    continue
                del trying[device_id]
                since_ns = now_ns() - lost_ns
                if link.sock is not None:
                    back_s[device_id] = since_ns / 1e9
                    on_greeted(link)
                else:
                    due_ns = since_ns + _wait_ns(chance, attempt + 1)
                    heapq.heappush(waiting, (due_ns, attempt + 1, device_id))
            if since_ns > COME_BACK_MAX_S * 1e9:
                raise ConnectionError(f"{len(device_ids) - len(back_s)} devices do not come back")
        return back_s

    def keep_alive(self, ping: bytes, after_s: float = PING_AFTER_S) -> int:
        """Let whoever said nothing for a while say something. Returns how many did."""
        began_ns = now_ns()
        before_ns = began_ns - int(after_s * 1e9)
        quiet = [link for link in self.links.values() if link.sock and link.said_ns < before_ns]
        for at, link in enumerate(quiet):
            self.say(link, ping)
            while (early_s := at / PINGS_PER_S - (now_ns() - began_ns) / 1e9) > 0:
                self.turn(early_s)
        self.settle()
        return len(quiet)

    def settle(self, until_ns: int = 0) -> None:
        """Read on until nothing comes any more; or until a time, if one is given."""
        give_up_ns = until_ns or now_ns() + int(PATIENCE_S * 1e9)
        self._heard_ns = max(self._heard_ns, now_ns())
        while (left_ns := give_up_ns - now_ns()) > 0:
            if not until_ns and now_ns() - self._heard_ns > QUIET_S * 1e9:
                return
            self.turn(min(0.01, left_ns / 1e9))

    def turn(self, wait_s: float) -> None:
        """Wait for at most so long, and read what came.

        epoll waits in whole milliseconds; select does not, and it can wait for an epoll.
        """
        if wait_s > 0:
            select.select((self._epoll,), (), (), wait_s)
        for descriptor, events in self._epoll.poll(0):
            link = self._by_fd.get(descriptor)
            if link is None:
                continue
            if events & select.EPOLLOUT:
                self._opened(link)
            if events & ~select.EPOLLOUT:
                self._read(link)

    def say(self, link: Link, *payloads: bytes) -> None:
        """Send messages, written at once."""
        self.send(link, b"".join(self._dialect.wrap(link.member, each) for each in payloads))

    def send(self, link: Link, framed: bytes) -> None:
        """Send bytes as they are. Raises `ConnectionError` if the other end does not read."""
        if not framed or link.sock is None:
            return
        link.said_ns = now_ns()
        self.traffic.said += 1
        try:
            sent = link.sock.send(framed)
        except OSError:
            return  # what is not answered counts as lost
        if sent < len(framed):
            raise ConnectionError("what is measured does not read")

    def _open(self, link: Link) -> None:
        self._opening += 1
        link.opened_ns = now_ns()
        link.greeting = self._dialect.greeting(link.member)
        link.sock = sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect_ex(self._address)
        self._by_fd[sock.fileno()] = link
        self._epoll.register(sock, select.EPOLLIN | select.EPOLLOUT)

    def _opened(self, link: Link) -> None:
        if link.sock is None or link.greeting is None:
            return
        self._epoll.modify(link.sock, select.EPOLLIN)
        self.send(link, next(link.greeting))

    def _read(self, link: Link) -> None:
        sock = link.sock
        if sock is None:
            return
        try:
            data = sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        at_ns = self._heard_ns = now_ns()
        self.traffic.reads += 1
        if not data:
            self._hang_up(link)
            return
        if link.greeting is not None:
            self._greet(link, link.greeting, data)
            return
        heard = self._dialect.hear(link.rest + data if link.rest else data)
        link.rest = heard.rest
        if heard.reply:
            self.send(link, heard.reply)
        for message in heard.messages:
            self._take(link, message, at_ns)

    def _greet(self, link: Link, greeting: Greeting, data: bytes) -> None:
        try:
            self.send(link, greeting.send(data))
        except StopIteration as done:
            heard = done.value
            link.greeting = None
            link.rest = heard.rest
            self._opening -= 1
            self._greeted_s.append((self._heard_ns - link.opened_ns) / 1e9)
            self.send(link, heard.reply)
            for message in heard.messages:  # the state: what it did not show yet is new to it
                self._take(link, message, self._heard_ns)
        except ConnectionError as refusal:
            self._refusal = f"({refusal})"
            self._hang_up(link)

    def _hang_up(self, link: Link) -> None:
        assert link.sock is not None  # noqa: S101 - asked before
        del self._by_fd[link.sock.fileno()]
        self._epoll.unregister(link.sock)
        link.sock.close()
        link.sock, link.rest = None, b""
        self.traffic.hung_up += 1
        if link.greeting is not None:
            link.greeting = None
            self._opening -= 1
            self._turned_away += 1


def _wait_ns(chance: Random, attempt: int) -> int:
    return int(chance.uniform(0.0, min(BACK_OFF_MAX_S, BACK_OFF_FIRST_S * 2**attempt)) * 1e9)
