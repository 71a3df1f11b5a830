import os
from pathlib import Path

import pytest
import trio

from dispatch.supervise.child import ChildError, running
from dispatch.supervise.exit_codes import Ending

from .conftest import PATIENCE_S, STUBBORN


async def test_ready_brings_the_pid_and_what_the_child_said(make_child) -> None:
    spec = make_child("a", 'announce_ready({"pid": os.getpid(), "port": 7}); signal.pause()')
    async with running(spec) as child:
        await child.wait_ready()
        assert child.details == {"pid": child.pid, "port": 7}


async def test_what_it_needs_from_the_environment_is_added(make_child) -> None:
    spec = make_child("a", "announce_ready(dict(os.environ)); signal.pause()", env={"ADDED": "1"})
    async with running(spec) as child:
        await child.wait_ready()
        assert child.details["ADDED"] == "1"
        assert child.details["PATH"] == os.environ["PATH"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("signal.pause()", "not ready within 0.5 s"),
        ("os.close(int(os.environ['CUADRANTE_READY_FD'])); signal.pause()", "not ready within"),
        ("raise SystemExit(4)", "exit code 4 (database)"),
        ("os.abort()", "killed by SIGABRT"),
        ("os.write(int(os.environ['CUADRANTE_READY_FD']), b'hola\\n'); signal.pause()", "'hola'"),
        (
            "os.write(int(os.environ['CUADRANTE_READY_FD']), b'ready {\\n'); signal.pause()",
            "'ready'",
        ),
        (
            "os.write(int(os.environ['CUADRANTE_READY_FD']), b'x' * 9000); signal.pause()",
            "too much",
        ),
    ],
)
async def test_a_child_that_does_not_come_up_says_why(make_child, source: str, reason: str) -> None:
    deadline_s = 0.5 if "not ready" in reason else PATIENCE_S
    async with running(make_child("a", source, ready_deadline_s=deadline_s)) as child:
        with pytest.raises(ChildError) as caught:
            await child.wait_ready()
    assert reason in caught.value.ending.reason


async def test_a_directory_that_is_missing_is_not_curable(make_child, tmp_path: Path) -> None:
    spec = make_child("a")
    gone = type(spec)(spec.name, spec.argv, cwd=tmp_path / "gone")
    with pytest.raises(
        ChildError, match=r"cannot start: No such file or directory: .*gone"
    ) as caught:
        async with running(gone):
            pass
    assert not caught.value.ending.curable


async def test_a_probed_child_is_ready_when_the_probe_says_so(make_child, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    spec = make_child("a", f"open({str(sign)!r}, 'w'); signal.pause()", probe=sign.exists)
    async with running(spec) as child:
        await child.wait_ready()
        assert sign.exists()


async def test_its_end_is_noticed_and_named(make_child) -> None:
    async with running(make_child("a")) as child:
        await child.wait_ready()
        os.kill(child.pid, 9)
        assert await child.wait() == Ending("killed by SIGKILL")


async def test_leaving_the_block_drains(make_child, events) -> None:
    source = "signal.signal(15, lambda *_: sys.exit(0)); announce_ready(); signal.pause()"
    async with running(make_child("a", source)) as child:
        await child.wait_ready()
    assert events.having("child_ended")[0]["reason"] == "exit code 0 (ok)"


async def test_a_drain_has_its_deadline(make_child, events) -> None:
    async with running(make_child("a", STUBBORN, drain_deadline_s=0.1)) as child:
        await child.wait_ready()
    (ended,) = events.having("child_ended")
    assert ended["reason"] == "killed by SIGKILL after ignoring SIGTERM for 0.1 s"


async def test_a_cancelled_block_drains_just_the_same(make_child, events) -> None:
    with trio.CancelScope() as scope:
        async with running(make_child("a")) as child:
            await child.wait_ready()
            scope.cancel()
            await trio.sleep_forever()
    assert events.having("child_ended")[0]["reason"] == "killed by SIGTERM"


async def test_kill_ends_at_once_and_says_so(make_child, events) -> None:
    async with running(make_child("a", STUBBORN, drain_deadline_s=3600.0)) as child:
        await child.wait_ready()
        child.kill()
    assert events.having("child_ended")[0]["reason"] == "killed by SIGKILL"


async def test_what_it_prints_reaches_the_standard_error(make_child, events, capfd) -> None:
    source = "print('out', flush=True); print('err', file=sys.stderr, flush=True); announce_ready()"
    async with running(make_child("a", source)) as child:
        await child.wait_ready()
    assert capfd.readouterr() == ("", "out\nerr\n")
