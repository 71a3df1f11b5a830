"""Keeping garbage collection from pausing the loop.

Reference counting frees what presses and connections leave behind; the collector is there for
cycles alone. It looks at each object once, while it is young: what survives stays, as nearly all of
it does (devices, connections, alerts), so it is put where the collector never looks again
(`gc.freeze`, which takes no time however much there is). So a collection takes as long as
`YOUNG_MAX` objects take, whether there are a thousand connections or twenty thousand; generations
as they are took 450 ms in a storm of 18,000.

What is in a cycle and older than that is never freed: whatever comes and goes by the thousand has
to break its own (`Connection.connection_lost`), and `tests/edge/test_collector.py` counts what is
left.
"""

import gc
from typing import Any

from websockets.protocol import Protocol

from dispatch.edge.bounds import YOUNG_MAX


def spare_the_old() -> None:
    """Begin: nothing that is there by now is looked at again, and nothing that survives."""
    gc.freeze()
    gc.set_threshold(YOUNG_MAX)
    if _keep_survivors not in gc.callbacks:
        gc.callbacks.append(_keep_survivors)
    gc.enable()


def cut_cycles(ws: Protocol) -> None:
    """Let go of what reads a connection: it is tied to itself."""
    ws.parser.close()  # a generator of its own method; its frame has the request
    if ws.handshake_exc is not None:
        ws.handshake_exc.__traceback__ = None  # the frames hold the request, and that holds it
    ws.handshake_exc = ws.parser_exc = None


def _keep_survivors(phase: str, _info: dict[str, Any]) -> None:
    if phase == "stop":
        gc.freeze()
