"""The embedded server from its users' side: blocks, the tree, and what a kill -9 leaves."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import trio

from dispatch.supervise.postgres import answers, dsn, embedded_postgres, postgres_child
from dispatch.supervise.postgres_layout import layout_of
from dispatch.supervise.restarts import RestartPolicy
from dispatch.supervise.tree import supervise

from .conftest import PATIENCE_S, SOURCE_ROOT
from .test_postgres_run import ask

ASYNCPG = """
import asyncio, asyncpg, sys
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    print(await connection.fetchval("SELECT current_database()"))
    await connection.close()
asyncio.run(main())
"""

BLOCK = """
import sys
from pathlib import Path
from dispatch.supervise.postgres import embedded_postgres
with embedded_postgres(Path(sys.argv[1])):
    print("up", flush=True)
    sys.stdin.read()
"""


def postmaster(data_dir: Path) -> psutil.Process:
    return psutil.Process(int(layout_of(data_dir).postmaster_pid.read_text().split()[0]))


@pytest.mark.parametrize("name", ["with a space & ñ", "a,b", "x" * 120])
def test_asyncpg_can_use_the_dsn(data_dir: Path, name: str) -> None:
    layout = layout_of(data_dir / name)
    with embedded_postgres(data_dir / name) as found:
        command = [sys.executable, "-c", ASYNCPG, found]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    if layout.socket_dir != layout.home:
        layout.socket_dir.rmdir()
    assert (done.stdout, done.stderr) == ("cuadrante\n", "")
    assert found == dsn(data_dir / name)


def test_a_block_stops_what_it_started_and_keeps_the_data(used_data_dir: Path) -> None:
    with embedded_postgres(used_data_dir) as found:
        ask(found, "CREATE TABLE kept AS SELECT 'ñandú' AS word")
        server = postmaster(used_data_dir)
    assert not server.is_running()
    assert not answers(used_data_dir)
    with embedded_postgres(used_data_dir) as found:
        assert ask(found, "TABLE kept") == "ñandú"


def test_a_block_uses_the_server_that_runs_and_leaves_it_running(used_data_dir: Path) -> None:
    with embedded_postgres(used_data_dir) as outer:
        server = postmaster(used_data_dir)
        with embedded_postgres(used_data_dir) as inner:
            assert inner == outer
            assert postmaster(used_data_dir) == server
        assert ask(outer, "SELECT 1") == "1"


def test_a_database_that_was_dropped_is_made_again(used_data_dir: Path) -> None:
    with embedded_postgres(used_data_dir) as found:
        ask(found.replace("@/cuadrante?", "@/postgres?"), "DROP DATABASE cuadrante")
        assert answers(used_data_dir)
        assert ask(found, "SELECT current_database()") == "cuadrante"


@pytest.mark.skipif(sys.platform != "linux", reason="adopting grandchildren needs Linux")
def test_a_block_that_is_killed_leaves_no_server(used_data_dir: Path) -> None:
    command = [sys.executable, "-c", BLOCK, str(used_data_dir)]
    with subprocess.Popen(
        command, cwd=SOURCE_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as block:
        assert block.stdout.readline() == b"up\n"
        descendants = psutil.Process(block.pid).children(recursive=True)
        assert postmaster(used_data_dir) in descendants
        block.kill()
    assert psutil.wait_procs(descendants, PATIENCE_S)[1] == []


@pytest.mark.parametrize("killed", ["server", "its leash"])
async def test_a_killed_server_comes_back_with_its_data(
    used_data_dir: Path, events, nursery: trio.Nursery, killed: str
) -> None:
    policy = RestartPolicy(first_delay_s=0.01)
    await nursery.start(
        lambda task_status: supervise(
            [postgres_child(used_data_dir)], policy=policy, task_status=task_status
        )
    )
    found = dsn(used_data_dir)
    await trio.to_thread.run_sync(ask, found, "CREATE TABLE kept AS SELECT 7 AS number")
    first = events.having("child_ready")[0]["pid"]
    server = postmaster(used_data_dir)
    assert first == server.pid
    os.kill(server.pid if killed == "server" else server.ppid(), signal.SIGKILL)
    second = await events.until("child_ready", child="postgres", count=2)
    assert second["pid"] == postmaster(used_data_dir).pid
    assert await trio.to_thread.run_sync(ask, found, "TABLE kept") == "7"
    assert len(events.having("child_restarting")) == 1, "the first restart succeeded"
    nursery.cancel_scope.cancel()
