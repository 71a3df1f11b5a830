"""The console as a process: it opens its port or says why not, and ends when it is told."""

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import trustme

from dispatch.console.presses.core_link import CoreAddress
from dispatch.console.serve import ConsoleOptions, run_console
from dispatch.edge.exposure import ListenError
from dispatch.settings import PREFIX
from dispatch.supervise.ready import READY_FD
from tests.console.samples import KEYS
from tests.patience import PATIENCE_S

PROGRAM = Path(__file__).resolve().parents[2] / "server.py"
SECRET = "s" * 40
CORE = CoreAddress("ws://127.0.0.1:1/v1", "console", "token")


@contextmanager
def console(
    dsn: str, folder: Path, **settings: object
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    said, ready = os.pipe()
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(PREFIX)},
        f"{PREFIX}DSN": dsn,
        f"{PREFIX}DATA_DIR": str(folder),
        f"{PREFIX}SECRET": SECRET,
        f"{PREFIX}CONSOLE_PORT": "0",
        READY_FD: str(ready),
        **{PREFIX + name.upper(): str(value) for name, value in settings.items()},
    }
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), "console"],
        cwd=folder,
        env=environment,
        pass_fds=(ready,),
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(ready)
    try:
        with open(said) as pipe:
            word, _, details = pipe.readline().partition(" ")
        assert word == "ready", process.stderr.read() if process.stderr else ""
        yield process, int(details.split(":")[1].strip(" }\n"))
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_ends_in_order(dsn: str, tmp_path: Path, number: signal.Signals) -> None:
    with console(dsn, tmp_path) as (process, port):
        answer = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        assert answer.json()["status"] in ("green", "red")
        assert "server" not in answer.headers
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 0


def test_it_speaks_tls(dsn: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    certificate.private_key_pem.write_to_path(key)
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(chain, append=True)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with console(dsn, tmp_path, tls_certificate=chain, tls_key=key) as (_, port):
        answer = httpx.get(f"https://localhost:{port}/healthz", verify=context, trust_env=False)
        assert answer.status_code in (200, 503)
        assert "Strict-Transport-Security" in answer.headers


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = ConsoleOptions("postgresql://x@127.0.0.1:1/x", tmp_path, CORE, KEYS, port=port)
        with pytest.raises(ListenError, match=rf"port {port}: .*console_port"):
            run_console(options, lambda _: None)


def test_clear_text_stays_on_this_machine(tmp_path: Path) -> None:
    options = ConsoleOptions("postgresql://x@127.0.0.1:1/x", tmp_path, CORE, KEYS, host="0.0.0.0")  # noqa: S104
    with pytest.raises(ListenError, match="TLS"):
        run_console(options, lambda _: None)
