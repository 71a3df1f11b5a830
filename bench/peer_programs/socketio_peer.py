"""python-socketio on uvicorn with uvloop: `python -m bench.peer_programs.socketio_peer SCRIPT`.

As its documentation says: the ASGI server on uvicorn, WebSocket only, a room for each quadrant.
"""

import sys
from typing import Any

import socketio

from bench.peer_programs.asgi import serve
from bench.peer_programs.rule import PeerScript, Rule, read_script


def application(script: PeerScript) -> Any:
    """The ASGI application."""
    server = socketio.AsyncServer(
        async_mode="asgi",
        transports=["websocket"],
        allow_upgrades=False,
        http_compression=False,
        cors_allowed_origins=[],
    )
    rule = Rule(script)
    device_of: dict[str, str] = {}
    sid_of: dict[str, str] = {}

    async def hello(sid: str, message: dict[str, Any]) -> None:
        device_id = message["device_id"]
        device_of[sid], sid_of[device_id] = device_id, sid
        if device_id in script.beats:
            await server.enter_room(sid, script.beats[device_id])
        await server.emit("m", {"type": "notice", "code": "synced"}, to=sid)

    async def take(sid: str, message: dict[str, Any]) -> None:
        if message["type"] == "signal":
            raised = rule.press(device_of[sid], message)
            if raised is not None:
                await server.emit("m", raised.alert, room=raised.quadrant)
                await server.emit("m", raised.receipt, to=sid)
        elif message["type"] == "delivered":
            sender, receipt = rule.delivered(message)
            await server.emit("m", receipt, to=sid_of[sender])

    server.on("hello", hello)
    server.on("m", take)
    return socketio.ASGIApp(server)


def main(path: str) -> None:
    """Serve."""
    script = read_script(path)
    serve(application(script), script.port)


if __name__ == "__main__":
    main(sys.argv[1])
