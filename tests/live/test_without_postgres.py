"""A server that has run before starts, dispatches and is answered with PostgreSQL gone."""

import http.client
import json
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import trio

from dispatch.core.registry import Device
from dispatch.store.registry_copy import load_copy
from dispatch.supervise.exit_codes import ExitCode
from dispatch.supervise.postgres import dsn, embedded_postgres
from link.enrolment import enrol
from link.errors import EnrolmentFailed
from tests.live.devices import credentials, device, on_duty, press_and_close
from tests.live.program import PATIENCE_S, Program


def spoil(data: Path) -> None:
    """Leave PostgreSQL data that it refuses to start on."""
    control = data / "cluster" / "global" / "pg_control"
    control.with_name("pg_control.sound").write_bytes(control.read_bytes())
    control.write_bytes(bytes(8192))


def mend(data: Path) -> None:
    control = data / "cluster" / "global" / "pg_control"
    control.write_bytes(control.with_name("pg_control.sound").read_bytes())


def take_away(data: Path) -> None:
    """Have PostgreSQL make itself anew, and empty."""
    (data / "cluster").rename(data / "cluster.away")


def bring_back(data: Path) -> None:
    (data / "cluster").rename(data / "cluster.anew")
    (data / "cluster.away").rename(data / "cluster")


async def in_thread(call: Callable[[], object]) -> None:
    await trio.to_thread.run_sync(call)


async def enrol_two(program: Program) -> None:
    """Return when the local copy knows their tokens."""
    device_ids = {program.areas[0].patrols[0], program.areas[0].apps[0]}
    for device_id in device_ids:
        await credentials(program, device_id)
    with trio.fail_after(PATIENCE_S):
        while not device_ids <= tokens_copied(program):  # noqa: ASYNC110 - no event tells of a file
            await trio.sleep(0.1)


def tokens_copied(program: Program) -> set[str]:
    copy = load_copy(program.home / "var" / "registry")
    things = [] if copy is None else copy.things
    return {each.device_id for each in things if isinstance(each, Device) and each.token_hash}


async def press_is_answered(program: Program) -> None:
    area = program.areas[0]
    async with (
        on_duty(program, area.patrols[0]) as patrol,
        device(program, area.apps[0]) as ana,
    ):
        seen = await press_and_close(ana, patrol, area.spot())
    assert seen.quadrant is not None
    assert seen.quadrant.code == area.quadrant


async def change_arrives(program: Program) -> None:
    """A device that is registered with a command can enrol."""
    code = await trio.to_thread.run_sync(lambda: program.enrol("new", "--role", "app"))
    with trio.fail_after(PATIENCE_S):
        while True:
            try:
                await enrol(program.url, code)
                return
            except EnrolmentFailed:
                await trio.lowlevel.checkpoint()  # the core has not heard of it yet


async def is_stale(program: Program, stale: bool = True) -> None:
    """Wait until health says that the registry may be old, or no more."""
    with trio.fail_after(PATIENCE_S):
        while ("registry_stale" in await trio.to_thread.run_sync(warnings_of, program)) != stale:
            await trio.lowlevel.checkpoint()


def warnings_of(program: Program) -> list[str]:
    connection = http.client.HTTPConnection("localhost", program.port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/healthz")
        return list(json.loads(connection.getresponse().read())["warnings"])
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("breaks", "comes_up", "mends"), [(spoil, False, mend), (take_away, True, bring_back)]
)
async def test_whatever_became_of_its_database_it_dispatches(
    breaks: Callable[[Path], None], comes_up: bool, mends: Callable[[Path], None]
) -> None:
    with Program() as program:
        data = program.home / "var" / "postgres"
        await in_thread(program.settle)
        await enrol_two(program)
        await in_thread(program.end)
        breaks(data)
        mark = program.mark()
        await in_thread(program.start)
        if comes_up:
            await in_thread(lambda: program.wait_ready("postgres", mark))
        await press_is_answered(program)
        await is_stale(program)
        assert await trio.to_thread.run_sync(program.end) == ExitCode.OK
        mends(data)
        mark = program.mark()
        await in_thread(program.start)
        await in_thread(lambda: program.wait_ready("postgres", mark))
        await press_is_answered(program)
        await change_arrives(program)


async def test_a_core_that_started_alone_takes_up_with_its_database_when_that_is_back() -> None:
    # Not under pytest's directory: PostgreSQL is another user's when the tests run as root.
    with tempfile.TemporaryDirectory(prefix="cuadrante-live-") as folder, ExitStack() as running:
        data = Path(folder, "postgres")
        program = Program(dsn=dsn(data))
        with embedded_postgres(data):
            running.enter_context(program)
            await in_thread(program.settle)
            await enrol_two(program)
            await in_thread(program.end)
        await in_thread(program.start)
        await press_is_answered(program)
        await is_stale(program)
        with embedded_postgres(data):
            await change_arrives(program)
            await is_stale(program, False)
            await press_is_answered(program)
