"""A decision's line has the fields of every other line."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.patience import PATIENCE_S

ROOT = Path(__file__).parent.parent.parent
NOON_MS = 1_795_190_400_007

PROGRAM = f"""
import structlog
from dispatch.core.facts import Fact, FactKind
from dispatch.edge.decision_log import DecisionLog
from dispatch.logs import configure_logs

writer = configure_logs("core")
decisions = DecisionLog(writer)
structlog.get_logger().info("signal", reason="first", device="app-ana", alert="a-1")
decisions.write(Fact(FactKind.SIGNAL, {NOON_MS}, "first", "app-ana", "a-1", "ana-ruiz", 7))
decisions.write(Fact(FactKind.DUTY, {NOON_MS} + 999))
writer.flush()
"""


def test_it_is_a_line_like_all_others_without_who_somebody_is() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        timeout=PATIENCE_S,
        check=True,
    )
    usual, signal, duty = [json.loads(line) for line in done.stderr.splitlines()]
    assert signal == usual | {"timestamp": signal["timestamp"]}
    assert duty.keys() == {"event", "level", "timestamp", "process"}
    at = [datetime.fromisoformat(line["timestamp"]) for line in (signal, duty)]
    assert at == [datetime.fromtimestamp(ms / 1000, UTC) for ms in (NOON_MS, NOON_MS + 999)]
    assert "ana-ruiz" not in done.stderr.decode()
