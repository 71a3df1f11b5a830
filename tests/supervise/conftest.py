"""What the tests of supervision share: real children, a log to wait on, a place for data."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
import trio

from dispatch.supervise.child import ChildSpec
from dispatch.supervise.postgres import embedded_postgres
from tests.patience import PATIENCE_S

SOURCE_ROOT = Path(__file__).resolve().parents[2]

PRELUDE = """
import os, signal, subprocess, sys
from dispatch.supervise.ready import announce_ready
"""
STEADY = "announce_ready(); signal.pause()"
STUBBORN = (
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nannounce_ready()\nwhile True: signal.pause()"
)


@pytest.fixture
def make_child() -> Callable[..., ChildSpec]:
    """A spec that runs Python source text."""

    def make(name: str, source: str = STEADY, **fields: object) -> ChildSpec:
        argv = (sys.executable, "-c", PRELUDE + source)
        return ChildSpec(name=name, argv=argv, cwd=SOURCE_ROOT, **fields)

    return make


class EventLog(list):
    """Every log event as a dict, in order; a test can wait for one."""

    def __init__(self) -> None:
        super().__init__()
        self._news = trio.Event()

    def __call__(self, _logger: object, _level: str, event: dict) -> dict:
        self.append(event)
        self._news.set()
        self._news = trio.Event()
        raise structlog.DropEvent

    def having(self, event: str, **fields: object) -> list[dict]:
        wanted = {"event": event, **fields}.items()
        return [each for each in self if wanted <= each.items()]

    def children(self, event: str) -> list[str]:
        return [each["child"] for each in self.having(event)]

    async def until(self, event: str, *, count: int = 1, **fields: object) -> dict:
        with trio.fail_after(PATIENCE_S):
            while len(found := self.having(event, **fields)) < count:
                await self._news.wait()
        return found[count - 1]


@pytest.fixture
def events() -> Iterator[EventLog]:
    log = EventLog()
    structlog.configure(processors=[log], cache_logger_on_first_use=False)
    yield log
    structlog.reset_defaults()


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Not below pytest's own tmp_path: each new run of root's shuts that to other accounts."""
    with tempfile.TemporaryDirectory(prefix="cuadrante-test-") as directory:
        yield Path(directory, "postgres")


@pytest.fixture(scope="session")
def stopped_server() -> Iterator[Path]:
    """The data of a server that has run once: copying it is quicker than another initdb."""
    with tempfile.TemporaryDirectory(prefix="cuadrante-test-") as directory:
        data_dir = Path(directory, "postgres")
        with embedded_postgres(data_dir):
            pass
        yield data_dir


@pytest.fixture
def used_data_dir(data_dir: Path, stopped_server: Path) -> Path:
    """Data of a server that has run before and does not run now."""
    subprocess.run(["cp", "-a", str(stopped_server), str(data_dir)], check=True)
    return data_dir
