"""Networks that delay, cut and keep, readers that do not read, and peers that are gone."""

import os
import select
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, Self

import msgspec

from protocol import PATH
from protocol.codec import encode
from protocol.messages import Hello
from tests.faults.audit import missing_in
from tests.faults.ledger import PATIENCE_S, now_s
from tests.faults.load import Handheld, Line
from tests.faults.rig import SLOW_READER, Rig
from tests.faults.trial import (
    FULL,
    CannotTry,
    Row,
    Scale,
    Trial,
    progress,
    three_phases,
    trial,
    unfelt_by_others,
)
from tests.live.program import free_port
from tests.live.test_faults import UPGRADE, masked

FOUND_WITHIN_S: Final = 10.0
WEATHER: Final = ("delay", "crumble", "cut", "reset", "black-hole", "black-hole-up")
WEATHER_IN_SHORT: Final = ("delay", "cut", "black-hole")
CUTTING: Final = frozenset({"cut", "reset", "black-hole", "black-hole-up"})
READS: Final = 12
"""A second each: beyond the time after which a reader is given up."""
READER_MAX_BYTES: Final = 80 * 2**20
"""What the core may grow by: each control room's unsent frames are bounded by 64 MiB."""


def bad_network(row: Row, rig: Rig, scale: Scale) -> None:
    """All that a network may do to a connection: every press arrives, and once."""

    def worsen(one: Trial) -> None:
        for _ in range(max(1, scale.rounds // 2)):
            for word in WEATHER if scale is FULL else WEATHER_IN_SHORT:
                downs = one.ledger.downs
                proxy.becomes(word)
                if word in CUTTING:
                    one.ledger.cut_off(downs)
                else:
                    one.ledger.more(stored=scale.phase // 6)
                proxy.becomes("well")
                one.ledger.everybody_is_up()
                one.ledger.more(stored=scale.phase // 6)
                progress(row.fault, word)

    with (
        rig.another_core("bad-network"),
        Proxy(rig.port) as proxy,
        trial(row, rig, scale, url=proxy.url) as one,
    ):
        three_phases(one, worsen)
        kept = one.audit()
        lost = missing_in(kept, one.ledger.pressed())
        one.expect(not lost, f"never arrived: {lost[:5]}")


class Proxy:
    """The proxy as a process of its own."""

    def __init__(self, target: int) -> None:
        port = free_port()
        self.url = f"ws://localhost:{port}{PATH}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.proxy", str(port), str(target)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Proxy":
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def becomes(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()


def slow_reader(row: Row, rig: Rig, scale: Scale) -> None:
    """A control room that reads one byte a second: it costs little, and others do not feel it."""
    grown: list[int] = []

    def read_slowly(one: Trial) -> None:
        before, mark = rig.core_bytes, rig.mark()
        with a_byte_a_second(rig, SLOW_READER):
            for _ in range(10):
                one.ledger.more(stored=scale.phase // 10)
                grown.append(rig.core_bytes - before)
        lines = rig.lines[mark:]
        closed = sum('"disconnected"' in line and SLOW_READER in line for line in lines)
        one.note(f"the core grew by {max(grown) / 2**20:.1f} MiB; given up {closed} times")

    with rig.another_core("slow-reader"), trial(row, rig, scale) as one:
        three_phases(one, read_slowly)
        unfelt_by_others(one, lambda: a_byte_a_second(rig, SLOW_READER))
        one.audit()
        one.unfelt()
        one.expect(max(grown) < READER_MAX_BYTES, f"the core grew by {max(grown)} bytes")


@contextmanager
def a_byte_a_second(rig: Rig, device_id: str) -> Iterator[None]:
    """Have a device greet and then read so; it comes again, for it may not hear of its end."""
    hello = masked(encode(Hello(device_id=device_id, token=rig.tokens[device_id], on_duty=True)))
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            with suppress(OSError), socket.socket() as link:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                link.settimeout(PATIENCE_S)
                link.connect(("127.0.0.1", rig.port))
                link.sendall(UPGRADE + hello)
                for _ in range(READS):
                    if not link.recv(1) or over.wait(1.0):
                        break

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        over.set()
        reader.join(PATIENCE_S)


def half_open(row: Row, rig: Rig, scale: Scale) -> None:
    """A handheld's network is gone without a word: both ends find out."""
    patrol = rig.free_area.patrols[0]

    def lose_the_network(one: Trial) -> None:
        with Lonely(streets, rig.port, patrol, rig.tokens[patrol]) as lonely:
            for _ in range(min(scale.rounds, 2)):
                lonely.wait("up")
                mark = rig.mark()
                cut_s = now_s()
                streets.passes(False)
                there_s = lonely.wait("down") - cut_s
                rig.wait_logged(
                    lambda said: said["event"] == "disconnected" and said.get("device") == patrol,
                    mark,
                )
                here_s = max(now_s() - cut_s, 0.0)
                streets.passes(True)
                for end, took_s in (("device", there_s), ("server", here_s)):
                    one.note(f"the {end} knew after {took_s:.1f} s")
                    one.expect(took_s < FOUND_WITHIN_S, f"the {end} knew only after {took_s:.1f} s")

    with Streets() as streets:
        environment = {"CUADRANTE_HOST": "0.0.0.0", "CUADRANTE_ALLOW_PLAIN": "1"}  # noqa: S104
        inside = streets.inside("server")
        with (
            rig.another_core("half-open", environment, inside=inside),
            trial(row, rig, scale, inside=inside) as one,
        ):
            three_phases(one, lose_the_network)
            one.audit()


class Streets:
    """Three network namespaces in a row; the middle one passes packets on, or drops them.

    Nothing leaves them. Raises `CannotTry`.
    """

    def __init__(self) -> None:
        self._mark = f"cua{os.getpid()}"
        self._made: list[str] = []

    def __enter__(self) -> Self:
        if shutil.which("ip") is None:
            raise CannotTry("ip is missing: apt-get install iproute2")
        try:
            for name in ("server", "middle", "device"):
                self._ip("netns", "add", f"{self._mark}-{name}")
                self._made.append(name)
                self._ip("-n", f"{self._mark}-{name}", "link", "set", "lo", "up")
            self._lay("server", 1)
            self._lay("device", 2)
            self.passes(True)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._made:
            subprocess.run(["ip", "netns", "del", f"{self._mark}-{name}"], check=False)

    def inside(self, name: str) -> tuple[str, ...]:
        """Return what to put before a command for it to run there."""
        return ("ip", "netns", "exec", f"{self._mark}-{name}")

    def passes(self, is_open: bool) -> None:
        """Let packets through, or lose them without a word."""
        set_it = f"net.ipv4.ip_forward={int(is_open)}"
        subprocess.run([*self.inside("middle"), "sysctl", "-qw", set_it], check=True)

    def _lay(self, end: str, number: int) -> None:
        here, middle = f"{self._mark}-{end}", f"{self._mark}-middle"
        street = f"10.98.{number}"
        self._ip(
            "-n", here, "link", "add", "v0", "type", "veth", "peer", f"v{number}", "netns", middle
        )
        for place, device, host in ((here, "v0", 1), (middle, f"v{number}", 2)):
            self._ip("-n", place, "addr", "add", f"{street}.{host}/24", "dev", device)
            self._ip("-n", place, "link", "set", device, "up")
        self._ip("-n", here, "route", "add", "default", "via", f"{street}.2")

    def _ip(self, *arguments: str) -> None:
        done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CannotTry(f"ip {arguments[0]}: {done.stderr.strip()} (this needs root)")


class Lonely:
    """A handheld at the far end of the streets."""

    def __init__(self, streets: Streets, port: int, device_id: str, token: str) -> None:
        self._process = subprocess.Popen(
            [*streets.inside("device"), sys.executable, "-m", "tests.faults.lonely", str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._hello = msgspec.json.encode(Handheld(device_id, token))

    def __enter__(self) -> Self:
        assert self._process.stdin is not None
        self._process.stdin.write(self._hello + b"\n")
        self._process.stdin.flush()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def wait(self, what: str) -> float:
        """Wait until its link is up or down. Returns when that was. Raises `TimeoutError`."""
        assert self._process.stdout is not None
        give_up_s = now_s() + PATIENCE_S
        while (left_s := give_up_s - now_s()) > 0:
            heard, _, _ = select.select([self._process.stdout], [], [], left_s)
            if not heard:
                break
            line = msgspec.json.decode(self._process.stdout.readline(), type=Line)
            if line.what == what:
                return line.at_s
        raise TimeoutError(f"the handheld beyond the streets is not {what}")
