"""FastAPI on uvicorn with uvloop: `python -m bench.peer_programs.fastapi_peer SCRIPT`.

As their documentation says for speed: uvloop, the `websockets` sans-IO protocol, no access log, no
compression; each message is encoded once for all its recipients.
"""

import sys
from collections import defaultdict
from contextlib import suppress

import orjson
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from bench.peer_programs.asgi import serve
from bench.peer_programs.rule import PeerScript, Rule, dumps, read_script

SYNCED = '{"type":"notice","code":"synced"}'


def application(script: PeerScript) -> FastAPI:
    """The application."""
    app = FastAPI()
    rule = Rule(script)
    senders: dict[str, WebSocket] = {}
    handhelds: dict[str, list[WebSocket]] = defaultdict(list)

    @app.websocket("/v1")
    async def talk(socket: WebSocket) -> None:
        await socket.accept(subprotocol="cuadrante.v1")
        device_id = orjson.loads(await socket.receive_text())["device_id"]
        if device_id in script.beats:
            handhelds[script.beats[device_id]].append(socket)
        senders[device_id] = socket
        await socket.send_text(SYNCED)
        with suppress(WebSocketDisconnect):
            while True:
                message = orjson.loads(await socket.receive_text())
                if message["type"] == "signal":
                    raised = rule.press(device_id, message)
                    if raised is not None:
                        text = dumps(raised.alert)
                        for handheld in handhelds[raised.quadrant]:
                            await handheld.send_text(text)
                        await socket.send_text(dumps(raised.receipt))
                elif message["type"] == "delivered":
                    sender, receipt = rule.delivered(message)
                    await senders[sender].send_text(dumps(receipt))

    return app


def main(path: str) -> None:
    """Serve."""
    script = read_script(path)
    serve(application(script), script.port)


if __name__ == "__main__":
    main(sys.argv[1])
