"""The rule beside Mosquitto: `python -m bench.peer_programs.mqtt_worker SCRIPT`.

Devices publish to `signal/DEVICE` and `delivered/DEVICE`; the worker publishes to `alert/QUADRANT`
and `receipt/DEVICE`. QoS 0, which is the least work: the receipts are the acknowledgement.
"""

import sys

import aiomqtt
import orjson
import uvloop

from bench.peer_programs.rule import PeerScript, Rule, read_script

UNBOUNDED = 0


async def work(script: PeerScript) -> None:
    """Answer until it is ended."""
    rule = Rule(script)
    async with aiomqtt.Client(
        "127.0.0.1", script.port, max_queued_incoming_messages=UNBOUNDED
    ) as client:
        await client.subscribe([("signal/#", 0), ("delivered/#", 0)])
        print("ready", flush=True)
        async for said in client.messages:
            kind, _, device_id = str(said.topic).partition("/")
            message = orjson.loads(said.payload)
            if kind == "signal":
                raised = rule.press(device_id, message)
                if raised is not None:
                    await client.publish(f"alert/{raised.quadrant}", orjson.dumps(raised.alert))
                    await client.publish(f"receipt/{device_id}", orjson.dumps(raised.receipt))
            elif message["type"] == "delivered":
                sender, receipt = rule.delivered(message)
                await client.publish(f"receipt/{sender}", orjson.dumps(receipt))


if __name__ == "__main__":
    uvloop.run(work(read_script(sys.argv[1])))
