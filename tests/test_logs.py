"""Lines that never hold anyone up, in the shape that their reader wants."""

import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatch.logs import LINES_KEPT_MAX, BackgroundWriter
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parent.parent

PROGRAM = """
import structlog
from dispatch.logs import configure_logs

writer = configure_logs("core")
log = structlog.get_logger()
log.debug("unheard")
log.info("signal", reason="first", device="app-ana")
try:
    token = "a-secret-token"
    raise RuntimeError("it broke")
except RuntimeError:
    log.exception("bug", where="session")
log.info("last")
writer.flush()
"""


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def read_exactly(fd: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += os.read(fd, size - len(data))
    return data


def test_lines_arrive_whole_and_in_order(pipe: tuple[int, int]) -> None:
    read_end, write_end = pipe
    writer = BackgroundWriter(write_end)
    expected = "".join(f"línea {number}\n" for number in range(1_000)).encode()
    for number in range(1_000):
        writer.msg(f"línea {number}")
    assert read_exactly(read_end, len(expected)) == expected
    writer.flush()
    assert writer.lost == 0


def test_a_reader_that_hangs_holds_nobody_up_and_what_is_lost_is_counted(
    pipe: tuple[int, int],
) -> None:
    read_end, write_end = pipe
    writer = BackgroundWriter(write_end)
    line = "x" * 99
    for _ in range(2 * LINES_KEPT_MAX):
        writer.msg(line)
    assert 0 < writer.lost < 2 * LINES_KEPT_MAX
    kept = 2 * LINES_KEPT_MAX - writer.lost
    assert read_exactly(read_end, kept * 100) == (line.encode() + b"\n") * kept
    writer.flush(PATIENCE_S)


def test_flushing_to_a_reader_that_hangs_has_an_end(pipe: tuple[int, int]) -> None:
    read_end, write_end = pipe
    writer = BackgroundWriter(write_end)
    for _ in range(2_000):
        writer.msg("x" * 99)
    writer.flush(deadline_s=0.05)
    read_exactly(read_end, 2_000 * 100)
    writer.flush(PATIENCE_S)


def test_every_line_of_a_batch_that_cannot_be_written_is_counted() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    writer = BackgroundWriter(write_end)
    for number in range(100):
        writer.msg(f"{number}")
    writer.flush(PATIENCE_S)
    assert writer.lost == 100
    os.close(write_end)


def test_what_was_said_before_a_flush_is_written_by_its_end(pipe: tuple[int, int]) -> None:
    read_end, write_end = pipe
    writer = BackgroundWriter(write_end)
    for number in range(2_000):
        writer.msg(f"{number:06}")
        writer.flush(PATIENCE_S)
        assert os.read(read_end, 100) == f"{number:06}\n".encode()


def test_many_threads_may_say_things_at_once(pipe: tuple[int, int]) -> None:
    read_end, write_end = pipe
    writer = BackgroundWriter(write_end)
    threads = [
        threading.Thread(target=lambda: [writer.msg("x" * 9) for _ in range(500)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    assert read_exactly(read_end, 4 * 500 * 10) == b"xxxxxxxxx\n" * 2_000
    for thread in threads:
        thread.join()


def test_elsewhere_than_on_a_terminal_each_line_is_json() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        timeout=PATIENCE_S,
        check=True,
    )
    said = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in said] == ["signal", "bug", "last"]
    assert {line["process"] for line in said} == {"core"}
    assert said[0] | {"reason": "first", "device": "app-ana", "level": "info"} == said[0]
    assert said[0]["timestamp"].endswith("Z")
    assert "RuntimeError: it broke" in said[1]["exception"]
    assert b"a-secret-token" not in done.stderr


def test_on_a_terminal_people_can_read_it_and_no_variable_is_shown() -> None:
    terminal, programs_end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM], cwd=ROOT, stderr=programs_end
    )
    os.close(programs_end)
    said = b""
    try:
        while part := os.read(terminal, 65_536):
            said += part
    except OSError:
        pass  # Linux: the other end is closed
    os.close(terminal)
    assert process.wait(PATIENCE_S) == 0
    assert b"signal" in said
    assert b"RuntimeError: it broke" in said
    assert b"secret" not in said.replace(b'token = "a-secret-token"', b"")
    assert b"{" not in said
