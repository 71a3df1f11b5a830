from pathlib import Path

import uvloop

from bench.journal import measure, recover, share


def test_a_short_run(tmp_path: Path):
    run = uvloop.run(measure(tmp_path, 200, 0.1))
    assert run.stored > 0
    assert 0 < run.stored_p50_ms <= run.stored_p99_ms <= run.stored_max_ms
    assert str(run.stored) in run.line()


def test_recovery(tmp_path: Path):
    opened, read = recover(tmp_path, 50)
    assert opened > 0
    assert read > 0


def test_quantiles():
    assert share([], 0.5) == 0.0
    assert share([0.003, 0.001, 0.002], 0.5) == 2.0
