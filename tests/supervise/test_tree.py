"""The tree with real children. Signals go to this very process, which is their supervisor."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import trio

from dispatch.supervise.exit_codes import ExitCode
from dispatch.supervise.restarts import GaveUpError, RestartPolicy
from dispatch.supervise.tree import supervise

from .conftest import PATIENCE_S, SOURCE_ROOT, STUBBORN

QUICK = RestartPolicy(first_delay_s=0.01, max_failures=3)
NEVER_READY = "signal.pause()"


async def test_children_start_in_order_and_are_drained_in_reverse(
    make_child, events, nursery
) -> None:
    specs = [make_child(name) for name in "abc"]
    told = await nursery.start(supervise, specs)
    assert list(told) == ["a", "b", "c"]
    os.kill(os.getpid(), signal.SIGTERM)
    await events.until("child_ended", child="a")
    said = [(each["event"], each.get("child")) for each in events]
    up = [(event, name) for name in "abc" for event in ("child_started", "child_ready")]
    down = [("child_ended", name) for name in "cba"]
    assert said == [*up, ("draining", None), *down]


async def test_what_children_announce_is_handed_on(make_child, nursery) -> None:
    spec = make_child("core", 'announce_ready({"port": 7}); signal.pause()')
    assert await nursery.start(supervise, [spec]) == {"core": {"port": 7}}
    nursery.cancel_scope.cancel()


async def test_a_dead_child_is_restarted_and_the_others_go_on(make_child, events, nursery) -> None:
    await nursery.start(supervise, [make_child(name) for name in "abc"])
    os.kill(events.having("child_ready", child="b")[0]["pid"], signal.SIGKILL)
    again = await events.until("child_ready", child="b", count=2)
    assert again["pid"] != events.having("child_ready", child="b")[0]["pid"]
    assert [each["reason"] for each in events.having("child_restarting")] == ["killed by SIGKILL"]
    assert events.children("child_ended") == ["b"]
    nursery.cancel_scope.cancel()


async def test_the_delay_grows_with_each_failure_in_a_row(make_child, events) -> None:
    policy = RestartPolicy(first_delay_s=0.01, max_failures=4)
    with pytest.raises(GaveUpError):
        await supervise([make_child("a", "sys.exit(4)")], policy=policy, jitter=lambda: 0.0)
    assert [each["delay_s"] for each in events.having("child_restarting")] == [0.01, 0.02, 0.04]


async def test_it_gives_up_loudly_and_drains_the_rest(make_child, events) -> None:
    specs = [make_child("steady"), make_child("broken", "sys.exit(4)")]
    with pytest.raises(GaveUpError) as caught:
        await supervise(specs, policy=QUICK)
    gave_up = caught.value
    assert gave_up.child == "broken"
    assert [each.reason for each in gave_up.failures] == ["exit code 4 (database)"] * 3
    assert gave_up.exit_code is ExitCode.GAVE_UP
    assert "Read what 'broken' wrote above" in str(gave_up)
    assert events.children("gave_up") == ["broken"]
    assert events.children("child_ended") == ["broken"] * 3 + ["steady"]


async def test_a_configuration_error_is_not_tried_again(make_child, events) -> None:
    with pytest.raises(GaveUpError, match="no restart cures this"):
        await supervise([make_child("a", "sys.exit(3)")], policy=QUICK)
    assert len(events.having("child_started")) == 1


async def test_a_child_that_is_not_ready_in_time_is_restarted_for_it(make_child, events) -> None:
    with pytest.raises(GaveUpError):
        await supervise([make_child("a", NEVER_READY, ready_deadline_s=0.3)], policy=QUICK)
    reasons = {each["reason"] for each in events.having("child_restarting")}
    assert reasons == {"not ready within 0.3 s"}


async def test_one_that_is_not_essential_holds_nobody_up_once_it_fails(
    make_child, events, nursery
) -> None:
    specs = [make_child("a", "sys.exit(4)", essential=False), make_child("b")]
    patient = RestartPolicy(first_delay_s=3000.0, max_delay_s=3000.0, window_s=1e6)
    told = await nursery.start(
        lambda task_status: supervise(specs, policy=patient, task_status=task_status)
    )
    assert told == {"a": {}, "b": {}}
    nursery.cancel_scope.cancel()


async def test_one_that_is_not_essential_is_waited_for_a_moment(
    make_child, events, nursery
) -> None:
    """And drained after those that started after it, whenever it became ready."""
    specs = [make_child("slow", NEVER_READY, essential=False), make_child("b")]
    await nursery.start(supervise, specs)
    assert events.children("child_ready") == ["b"]
    os.kill(os.getpid(), signal.SIGTERM)
    await events.until("child_ended", child="slow")
    assert events.children("child_ended") == ["b", "slow"]


async def test_one_that_comes_up_as_usual_is_ready_before_the_next(
    make_child, events, nursery
) -> None:
    specs = [make_child("a", essential=False), make_child("b")]
    await nursery.start(supervise, specs)
    assert events.children("child_ready") == ["a", "b"]
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize(("code", "failures"), [(4, 3), (3, 1)])
async def test_one_that_is_not_essential_is_tried_for_ever_and_loudly(
    code: int, failures: int, make_child, events, nursery
) -> None:
    policy = RestartPolicy(first_delay_s=0.01, max_failures=3, hopeless_delay_s=0.02)
    specs = [make_child("a", f"sys.exit({code})", essential=False), make_child("b")]
    nursery.start_soon(lambda: supervise(specs, policy=policy))
    down = await events.until("child_down", count=2, child="a")
    assert down["delay_s"] == policy.hopeless_delay_s
    await events.until("child_started", child="a", count=failures + 2)
    assert len(events.having("child_restarting", child="a")) == failures - 1
    assert events.children("child_ready") == ["b"]
    assert events.having("gave_up") == []
    nursery.cancel_scope.cancel()


async def test_a_signal_while_starting_drains_what_is_up(make_child, events, nursery) -> None:
    specs = [make_child("a"), make_child("b", NEVER_READY), make_child("c")]
    nursery.start_soon(supervise, specs)
    await events.until("child_started", child="b")
    os.kill(os.getpid(), signal.SIGINT)
    await events.until("child_ended", child="a")
    assert events.children("child_ended") == ["b", "a"]
    assert "c" not in events.children("child_started")


async def test_a_signal_during_the_back_off_ends_it(make_child, events, nursery) -> None:
    async def interrupt() -> None:
        await events.until("child_restarting")
        os.kill(os.getpid(), signal.SIGTERM)

    patient = RestartPolicy(first_delay_s=3000.0, max_delay_s=3000.0, window_s=1e6)
    nursery.start_soon(interrupt)
    with trio.fail_after(PATIENCE_S):
        await supervise([make_child("a", "sys.exit(4)")], policy=patient)
    assert len(events.having("child_started")) == 1


async def test_a_stubborn_child_does_not_hold_up_the_others(make_child, events, nursery) -> None:
    specs = [make_child("a"), make_child("stubborn", STUBBORN, drain_deadline_s=0.1)]
    await nursery.start(supervise, specs)
    os.kill(os.getpid(), signal.SIGTERM)
    await events.until("child_ended", child="a")
    ends = [(each["child"], each["reason"]) for each in events.having("child_ended")]
    assert ends == [
        ("stubborn", "killed by SIGKILL after ignoring SIGTERM for 0.1 s"),
        ("a", "killed by SIGTERM"),
    ]


async def test_a_second_signal_ends_at_once(make_child, events, nursery) -> None:
    specs = [make_child(name, STUBBORN, drain_deadline_s=3600.0) for name in "ab"]
    await nursery.start(
        lambda task_status: supervise(specs, drain_deadline_s=3600.0, task_status=task_status)
    )
    os.kill(os.getpid(), signal.SIGTERM)
    await events.until("draining")
    os.kill(os.getpid(), signal.SIGTERM)
    assert (await events.until("drain_cut_short"))["reason"] == "second signal"
    await events.until("child_ended", count=2)


async def test_the_whole_drain_has_a_deadline(make_child, events, nursery) -> None:
    specs = [make_child(name, STUBBORN, drain_deadline_s=3600.0) for name in "ab"]
    await nursery.start(
        lambda task_status: supervise(specs, drain_deadline_s=0.1, task_status=task_status)
    )
    os.kill(os.getpid(), signal.SIGTERM)
    assert (await events.until("drain_cut_short"))["reason"] == "not drained within 0.1 s"
    await events.until("child_ended", count=2)


async def test_cancelling_drains_in_reverse_order_too(make_child, events) -> None:
    async with trio.open_nursery() as nursery:
        await nursery.start(supervise, [make_child(name) for name in "abc"])
        nursery.cancel_scope.cancel()
    assert events.children("child_ended") == ["c", "b", "a"]


SUPERVISOR = """
import structlog, sys, trio
from pathlib import Path
from dispatch.supervise.child import ChildSpec
from dispatch.supervise.postgres import postgres_child
from dispatch.supervise.tree import supervise

prelude = "import os, signal, subprocess, sys; from dispatch.supervise.ready import announce_ready;"
wait = "announce_ready(); signal.pause()"
ignore = "signal.signal(15, signal.SIG_IGN);"
family = "subprocess.Popen(['sleep', '3600'], start_new_session=True);"

def child(name, source):
    return ChildSpec(name, (sys.executable, "-c", prelude + source + wait), drain_deadline_s=0.5)

async def main():
    specs = [postgres_child(Path(sys.argv[1])), child("steady", ""), child("stubborn", ignore),
             child("parent", family)]
    async with trio.open_nursery() as nursery:
        await nursery.start(supervise, specs)
        print("up", flush=True)

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
trio.run(main)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="adopting grandchildren needs Linux")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_whatever_ends_the_supervisor_leaves_no_process_behind(
    used_data_dir: Path, number: int, capfd: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-c", SUPERVISOR, str(used_data_dir)]
    with subprocess.Popen(command, cwd=SOURCE_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "up\n", capfd.readouterr().err
        descendants = psutil.Process(process.pid).children(recursive=True)
        names = {each.name() for each in descendants}
        assert {"postgres", "sleep"} <= names
        process.send_signal(number)
    assert process.returncode == (-9 if number == signal.SIGKILL else 0)
    assert psutil.wait_procs(descendants, PATIENCE_S)[1] == []
