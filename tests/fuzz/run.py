"""Runs one target: seeds in, progress out, and the input at fault if there is one."""

import importlib
import re
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INPUT_BYTES_MAX = 512
"""Longer ones are tried more slowly, and say nothing new; a target may make more of them."""
MEMORY_MAX_MB = 400
"""Of a whole process, of which Python and the libraries take about 100."""
INPUT_DEADLINE_S = 10
"""One input takes well under a millisecond."""
PROGRESS_EVERY_S = 5.0
_PULSE = re.compile(r"^#(?P<inputs>\d+)\s.*exec/s: (?P<rate>\d+) rss: (?P<mb>\d+)Mb")


@dataclass(frozen=True)
class Outcome:
    """What became of one run."""

    inputs: int
    took_s: float
    peak_mb: int
    offending: bytes | None = None
    """The input that something was wrong with."""
    said: str = ""
    """What the target said about it."""
    failed: bool = False

    @property
    def text(self) -> str:
        rate = self.inputs / self.took_s
        figures = (
            f"{self.inputs:,} inputs in {self.took_s:.0f} s ({rate:,.0f}/s), {self.peak_mb} MB"
        )
        return f"{figures}, {'FAILED' if self.failed else 'nothing found'}"


def run(module: str, inputs: int, seed: int, tell: Callable[[str], None]) -> Outcome:
    """Try so many inputs. The same seed tries the same ones."""
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        corpus, found = Path(folder, "corpus"), Path(folder, "found")
        corpus.mkdir()
        found.mkdir()
        for number, data in enumerate(importlib.import_module(module).SEEDS):
            (corpus / str(number)).write_bytes(data)
        child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.fuzz.child",
                module,
                f"-runs={inputs}",
                f"-seed={seed}",
                f"-max_len={INPUT_BYTES_MAX}",
                f"-rss_limit_mb={MEMORY_MAX_MB}",
                f"-timeout={INPUT_DEADLINE_S}",
                f"-artifact_prefix={found}/",
                str(corpus),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        tried, peak_mb, said = _follow(child, tell)
        offending = [path.read_bytes() for path in found.iterdir()]
    return Outcome(
        tried,
        time.monotonic() - started_s,
        peak_mb,
        offending[0] if offending else None,
        said,
        failed=child.returncode != 0,
    )


def _follow(child: subprocess.Popen[str], tell: Callable[[str], None]) -> tuple[int, int, str]:
    tried = peak_mb = 0
    told_s = time.monotonic()
    last: deque[str] = deque(maxlen=40)
    assert child.stdout is not None
    with child:
        for line in child.stdout:
            pulse = _PULSE.match(line)
            if pulse is None:
                if not line.startswith(("INFO:", "WARNING:")):
                    last.append(line)
                continue
            tried, peak_mb = int(pulse["inputs"]), max(peak_mb, int(pulse["mb"]))
            if time.monotonic() - told_s >= PROGRESS_EVERY_S:
                told_s = time.monotonic()
                tell(f"{tried:,} inputs, {int(pulse['rate']):,}/s, {pulse['mb']} MB")
    return tried, peak_mb, "".join(last)
