"""The rule beside nats-server: `python -m bench.peer_programs.nats_worker SCRIPT`.

Devices publish to `signal.DEVICE` and `delivered.DEVICE`; the worker publishes to `alert.QUADRANT`
and `receipt.DEVICE`. Core NATS, which is the least work: the receipts are the acknowledgement.
"""

import asyncio
import sys

import nats
import orjson
import uvloop
from nats.aio.msg import Msg

from bench.peer_programs.rule import PeerScript, Rule, read_script


async def work(script: PeerScript) -> None:
    """Answer until it is ended."""
    rule = Rule(script)
    client = await nats.connect(f"nats://127.0.0.1:{script.port}")

    async def pressed(said: Msg) -> None:
        device_id = said.subject.partition(".")[2]
        raised = rule.press(device_id, orjson.loads(said.data))
        if raised is not None:
            await client.publish(f"alert.{raised.quadrant}", orjson.dumps(raised.alert))
            await client.publish(f"receipt.{device_id}", orjson.dumps(raised.receipt))

    async def confirmed(said: Msg) -> None:
        sender, receipt = rule.delivered(orjson.loads(said.data))
        await client.publish(f"receipt.{sender}", orjson.dumps(receipt))

    await client.subscribe("signal.*", cb=pressed)
    await client.subscribe("delivered.*", cb=confirmed)
    await client.flush()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(work(read_script(sys.argv[1])))
