"""What the console says of itself is true, whatever it is asked.

Schemathesis makes up requests from the OpenAPI document, good ones and bad ones, and holds the
answers against it. Seeded and bounded: the same requests each time.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dispatch.console.access import gatekeeper
from dispatch.console.app import console_app
from dispatch.console.presses import core_link, hooks, signals
from dispatch.console.shelf import Shelf
from dispatch.store.account_role import AccountRole
from dispatch.store.pool import open_pool
from tests.console.samples import KEYS, enrol, logged_in, nowhere, raised, record
from tests.store.samples import EDITION_1, activate

EXAMPLES = 3
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ENDS_THE_SESSION = ("DELETE", "/v1/session")
UNLIMITED = 1e9


@contextmanager
def served(dsn: str, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The application on a port of its own thread; and the headers of an administrator."""
    ready: Queue[tuple[str, dict[str, str]]] = Queue()
    servers: list[uvicorn.Server] = []

    async def serve() -> None:
        async with open_pool(dsn) as pool:
            await enrol(pool)
            await activate(pool, EDITION_1)
            await record(pool, raised())
            headers = await logged_in(pool, AccountRole.ADMINISTRATOR)
            app = console_app(pool, Shelf(folder, 0), nowhere(), KEYS, has_tls=False)
            config = uvicorn.Config(
                app, port=0, lifespan="off", log_config=None, access_log=False, ws="none"
            )
            server = uvicorn.Server(config)
            servers.append(server)
            serving = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            ready.put((f"http://127.0.0.1:{port}", headers))
            await serving

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    try:
        yield ready.get(timeout=30)
    finally:
        servers[0].should_exit = True
        thread.join(30)


def test_answers_are_as_described(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, names in (
        (gatekeeper, ("CALLS_BURST", "STRANGERS_BURST")),
        (signals, ("PRESSES_BURST", "STRANGERS_BURST")),
        (hooks, ("PRESSES_BURST", "STRANGERS_BURST")),
    ):
        for name in names:
            monkeypatch.setattr(module, name, UNLIMITED)
    monkeypatch.setattr(core_link, "CORE_ANSWERS_WITHIN_S", 0.01)
    with served(dsn, tmp_path) as (url, headers):
        document = httpx.get(f"{url}/v1/openapi.json", trust_env=False).json()
        schema = schemathesis.openapi.from_dict(document)
        schema.config.update(base_url=url)
        asked = 0
        for found in schema.get_all_operations():
            operation = found.ok()
            if (operation.method.upper(), operation.path) == ENDS_THE_SESSION:
                continue
            for mode in GenerationMode:
                asked += hold_to_its_word(operation, mode, headers)
    assert asked > EXAMPLES * len(document["paths"])


def hold_to_its_word(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> int:
    """Ask one operation for what it describes, or for what it does not; how often."""
    asked = 0

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        nonlocal asked
        answer = case.call(headers=headers)
        asked += 1
        if answer.status_code != 503:  # there is no core behind it
            case.validate_response(answer, checks=CHECKS)

    with suppress(Unsatisfiable):  # where nothing is asked for, nothing wrong can be
        ask()
    assert asked or mode is GenerationMode.NEGATIVE, operation.label
    return asked
