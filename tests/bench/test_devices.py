"""In a process of its own: gevent patches what it is imported into."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.target import Target
from protocol import PATH

ROOT = Path(__file__).resolve().parents[2]
ENDS_WITHIN_S = 60.0
PLAY = """
from gevent import monkey; monkey.patch_all()
import sys, gevent
from collections import Counter
from bench.devices import Handheld, Ledger, Neighbour
from tests.bench.conftest import CITY
from protocol.messages import Accept
ledger, noted = Ledger(), Counter()
def note(act, name, took_s, failure=""):
    noted[name, failure] += 1
class LosesItsConnection(Handheld):
    # Just as it says that it comes, once: nothing has read yet that the connection is gone.
    is_whole = True
    def say(self, message):
        if isinstance(message, Accept) and self.is_whole:
            self.is_whole = False
            self.cut()
        return super().say(message)
sender = CITY.senders[0]
patrols = [LosesItsConnection(sys.argv[1], each, note, ledger)
           for each in CITY.handhelds if each.quadrant == sender.quadrant]
for each in patrols:
    each.think = lambda: 0.0
    assert each.wait_synced()
app = Neighbour(sys.argv[1], sender, note, ledger)
app.press()
assert not ledger.not_shown
app.cut()
gevent.sleep(0)
app.press()
assert noted["press → stored", ""] == 2, noted
assert noted["press → handheld", ""] == 4, noted
assert noted["on_scene → confirmed", ""] == 2, noted
assert noted["lost → back", ""] == 5, noted
assert not [failure for _, failure in noted if failure], noted
for each in (*patrols, app):
    each.leave()
"""


def test_a_press_is_answered_to_the_end_across_a_cut(server: Target) -> None:
    pytest.importorskip("gevent", reason="locust is missing: install the extra `bench`")
    pytest.importorskip("websocket", reason="websocket-client is missing: the extra `bench`")
    host, port = server.address
    done = subprocess.run(
        [sys.executable, "-c", PLAY, f"ws://{host}:{port}{PATH}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=ENDS_WITHIN_S,
    )
    assert done.returncode == 0, done.stderr
