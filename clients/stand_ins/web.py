"""A small HTTP server in threads, for one stand-in. Never for more than a few clients."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Protocol

from clients.stand_ins.digest import Digest

HOST: Final = "127.0.0.1"
BODY_MAX_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    target: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: after a while, and perhaps without an end."""

    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    after_s: float = 0.0
    endless: bool = False
    """Repeat the body for as long as the client takes it."""


class StandIn(Protocol):
    """Something that hangs on a wall."""

    @property
    def digest(self) -> Digest | None:
        """Who may ask; None: everybody."""

    def answer(self, asked: Asked) -> Reply:
        """Say what is answered to whoever may ask. Called in threads."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, stand_in: StandIn, port: int) -> None:
        self.stand_in = stand_in
        self.over = threading.Event()
        super().__init__((HOST, port), _Conversation)


class _Conversation(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Say nothing: a demo's terminal is for its view."""

    def _serve(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), BODY_MAX_BYTES)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, self.rfile.read(length), headers)
        with suppress(OSError):  # whoever asked has gone
            self._reply(self._answer(asked))

    def _answer(self, asked: Asked) -> Reply:
        digest = self.server.stand_in.digest
        if digest is None or digest.admits(asked.method, asked.headers.get("authorization")):
            return self.server.stand_in.answer(asked)
        return Reply(b"who are you?", status=401, headers={"WWW-Authenticate": digest.challenge()})

    def _reply(self, reply: Reply) -> None:
        if self.server.over.wait(reply.after_s):
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.endless:
            self.close_connection = True
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        while reply.endless and not self.server.over.is_set():
            self.wfile.write(reply.body)


@contextmanager
def served(stand_in: StandIn, port: int = 0) -> Iterator[str]:
    """Serve until the block ends; yields the address, such as `http://127.0.0.1:8081`."""
    server = _Server(stand_in, port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}"
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
