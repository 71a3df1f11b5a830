"""Two peers stand on it, and are tried in tests/bench/test_peers.py; here, how it is set up."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cuadrante import free_port
from bench.target import end, listens

ROOT = Path(__file__).resolve().parents[3]
HELLO = """
import sys
from bench.peer_programs.asgi import serve
async def hello(scope, receive, send):
    if scope["type"] == "http":
        import asyncio
        body = type(asyncio.get_running_loop()).__module__.encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})
serve(hello, int(sys.argv[1]))
"""


def test_it_runs_on_uvloop_and_says_nothing() -> None:
    pytest.importorskip("uvicorn", reason="uvicorn is missing: install the extra `bench`")
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", HELLO, str(port)], cwd=ROOT, stderr=subprocess.PIPE
    ) as process:
        assert listens(("127.0.0.1", port), 20.0)
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            with link.makefile("rb") as answer:
                assert b"uvloop" in answer.read()
        end(process)
        assert process.stderr is not None
        assert b"GET /" not in process.stderr.read()
