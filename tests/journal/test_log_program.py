"""The process of a log, as its core hears it: what it says, what it stores, and when it ends."""

import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from dispatch.core.entry import Entry
from dispatch.core.limits import CLOSED_ALERT_KEPT_S
from dispatch.journal.faults import Failure, Reason
from dispatch.journal.files import current_file
from dispatch.journal.inspect import verify
from dispatch.journal.log_child import start_log
from dispatch.journal.log_talk import (
    Answered,
    Append,
    Asked,
    Compact,
    Distrust,
    Drained,
    Lines,
    Opened,
    Refused,
    Stored,
    Told,
    pack,
)
from dispatch.journal.reader import Reader
from dispatch.journal.status import Condition
from tests.journal.samples import NOW_MS, PATIENCE_S, Owner, entry, overwrite

Of = TypeVar("Of")

BIG = b"\xc5\x0b\xb8" + b"s" * 3_000  # msgpack: 3,000 bytes


class Core:
    """A core as the log knows it: the other end of a socket."""

    def __init__(self, path: Path) -> None:
        child = start_log(path)
        self.process = child.process
        self.socket = child.ours
        self.socket.settimeout(PATIENCE_S)
        self._lines = Lines()
        self._heard: list[Answered] = []
        self._told: Told | None = None

    def ask(self, *asked: Asked) -> None:
        self.socket.sendall(b"".join(map(pack, asked)))

    def hear(self) -> Answered:
        while not self._heard:
            data = self.socket.recv(65_536)
            assert data, "it ended without an answer"
            self._heard = self._lines.feed(data)
        answered = self._heard.pop(0)
        if isinstance(answered, Told):
            self._told = answered
        return answered

    def hear_a(self, wanted: type[Of], *, is_it: Callable[[Of], bool] = lambda _: True) -> Of:
        """The next answer of a kind; what comes before is passed over."""
        while True:
            answered = self.hear()
            if isinstance(answered, wanted) and is_it(answered):
                return answered

    def store(self, first_seq: int, *entries: Entry) -> None:
        """Have these stored, as far as it says."""
        self.ask(Append(first_seq, entries))
        last_seq = first_seq + len(entries) - 1
        self.hear_a(Stored, is_it=lambda stored: stored.seq == last_seq)

    def until(self, is_so: Callable[[Told], bool]) -> None:
        """Hear what it says until the newest of how it is says so."""
        while self._told is None or not is_so(self._told):
            self.hear()

    def is_silent(self, for_s: float) -> bool:
        ready = select.poll()
        ready.register(self.socket, select.POLLIN)
        return not ready.poll(for_s * 1000)

    def wait_for_main(self) -> None:
        """Wait until it is past what Python does first: it minds no signals then."""
        is_there = f"/proc/{self.process.pid}/status"
        while not ignores(Path(is_there).read_text(), signal.SIGTERM):
            assert self.process.poll() is None
            self.is_silent(0.01)


def ignores(status: str, number: signal.Signals) -> bool:
    [mask] = [line.split()[1] for line in status.splitlines() if line.startswith("SigIgn:")]
    return bool(int(mask, 16) >> (number - 1) & 1)


@contextmanager
def connected(path: Path, *, exit_code: int = 0) -> Iterator[Core]:
    """A core and its log, which ends with the block."""
    core = Core(path)
    try:
        with core.socket:
            yield core
        assert core.process.wait(PATIENCE_S) == exit_code
    finally:
        core.process.kill()
        core.process.wait()


def stored(path: Path) -> dict[int, Entry]:
    """What is in the file, by number."""
    with closing(Reader(lambda: current_file(path))) as reader:
        return dict(reader.read_after(0, 10_000))


def test_first_it_says_that_it_is_open_and_how_it_is(path: Path) -> None:
    with connected(path) as core:
        opened = core.hear()
        assert isinstance(opened, Opened)
        assert opened.log_id
        assert opened.last_seq == 0
        told = core.hear()
        assert isinstance(told, Told)
        assert (told.file, told.drained_seq) == ("journal.sqlite", 0)
        assert (told.state.condition, told.state.reason) == (Condition.HEALTHY, None)


def test_the_next_one_knows_what_it_knew(path: Path) -> None:
    with connected(path) as core:
        log_id = core.hear_a(Opened).log_id
        core.store(1, entry(version=1), entry(version=2))
        core.ask(Drained(1))
        core.store(3, entry(version=3))
        core.until(lambda told: told.drained_seq == 1)
    with connected(path) as core:
        assert core.hear() == Opened(log_id, 3)
        assert core.hear_a(Told).drained_seq == 1


def test_what_is_stored_has_the_numbers_that_were_given(path: Path) -> None:
    entries = [entry(version=version) for version in range(1, 5)]
    with connected(path) as core:
        core.store(1, *entries[:2])
        core.store(10, *entries[2:])
    assert stored(path) == dict(zip((1, 2, 10, 11), entries, strict=True))


def test_an_entry_that_cannot_be_written_fails_alone(path: Path) -> None:
    bad = entry(took_ms=2**63)
    with connected(path) as core:
        core.ask(Append(1, (entry(),)), Append(2, (bad, bad)), Append(4, (entry(),)))
        failed = core.hear_a(Failure)
        assert (failed.reason, failed.first_seq, failed.last_seq) == (Reason.BAD_ENTRY, 2, 3)
        core.hear_a(Stored, is_it=lambda told: told.seq == 4)
    assert set(stored(path)) == {1, 4}


def test_what_was_heard_of_a_core_that_died_is_stored(path: Path) -> None:
    entries = {seq: entry(f"a{seq}", seq, state=BIG) for seq in range(1, 501)}
    with connected(path) as core:
        core.ask(*[Append(seq, (each,)) for seq, each in entries.items()])
        core.socket.close()  # with answers that nobody has read
    assert stored(path) == entries
    assert verify(path) == []


def test_half_of_what_a_core_was_saying_when_it_died_is_nothing(path: Path) -> None:
    with connected(path) as core:
        core.store(1, entry())
        core.socket.sendall(pack(Append(2, (entry(),)))[:-1])
    assert set(stored(path)) == {1}


def test_a_log_that_is_in_use_is_refused(path: Path) -> None:
    with Owner(path) as owner, connected(path) as core:
        refused = core.hear()
        assert isinstance(refused, Refused)
        assert "open in another process" in refused.text
        assert core.socket.recv(1) == b""
        assert owner.store(entry()) == 1


def test_a_log_that_is_let_go_of_meanwhile_is_opened(path: Path) -> None:
    owner = Owner(path)
    owner.store(entry())
    with connected(path) as core:
        core.wait_for_main()
        assert core.is_silent(0.2)  # neither open nor refused: it waits
        assert owner.log.close(PATIENCE_S)
        assert core.hear() == Opened(owner.log.log_id, 1)
        core.store(2, entry())


def test_it_minds_no_signals_meant_for_its_core(path: Path) -> None:
    with connected(path) as core:
        core.hear_a(Opened)
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(core.process.pid, number)
        core.store(1, entry())


def test_a_damaged_file_is_followed_by_another(path: Path) -> None:
    with connected(path) as core:
        core.store(1, *[entry(f"a{number}", number, state=BIG) for number in range(9)])
    overwrite(path, path.read_bytes().index(BIG) + 100, b"t")
    with connected(path) as core:
        file = core.hear_a(Told).file
        core.ask(Distrust(file, Reason.CORRUPT))
        lost = core.hear_a(Failure)
        assert (lost.reason, lost.first_seq) == (Reason.LOST, lost.last_seq)
        core.until(lambda told: told.file == "journal-1.sqlite")
        core.ask(Distrust(file, Reason.CORRUPT))  # another reader noticed it later
        core.store(10, entry())
    assert set(stored(path)) == set(range(1, 11)) - {lost.first_seq}
    assert current_file(path).name == "journal-1.sqlite"


def test_without_a_disk_it_says_so_and_opens_the_log_once_there_is_one(path: Path) -> None:
    path.parent.touch()
    with connected(path) as core:
        told = core.hear()
        assert isinstance(told, Told)
        assert (told.state.condition, told.state.reason) == (Condition.FAILING, Reason.NO_ACCESS)
        core.ask(Append(1, (entry(), entry())))
        failed = core.hear_a(Failure)
        assert (failed.reason, failed.first_seq, failed.last_seq) == (Reason.NOT_OPEN, 1, 2)
        core.ask(Compact(NOW_MS))
        path.parent.unlink()
        assert core.hear_a(Opened).last_seq == 0
        core.store(3, entry())
        core.until(lambda told: told.state.condition is Condition.HEALTHY)
    assert set(stored(path)) == {3}


def test_what_nobody_needs_any_more_is_dropped(path: Path) -> None:
    with connected(path) as core:
        core.store(1, entry("closed", is_open=False), entry("open"))
        core.ask(Drained(2))
        core.store(3, entry("new"))
        core.ask(Compact(NOW_MS + int(CLOSED_ALERT_KEPT_S * 1000) + 2))
        while 1 in stored(path):
            assert core.is_silent(0.01) or core.hear()
    assert set(stored(path)) == {2, 3}


def test_a_core_that_talks_nonsense_loses_nothing_that_was_stored(path: Path) -> None:
    with connected(path, exit_code=1) as core:
        core.store(1, entry())
        core.socket.sendall(b"\x01\0\0\0\xc1")
        while core.socket.recv(4096):
            pass
    assert set(stored(path)) == {1}
