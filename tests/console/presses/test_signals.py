"""A press over HTTP is the frame of the WebSocket, in the name of whose token came with it."""

from pathlib import Path
from typing import Any

import pytest

from dispatch.console.presses import signals
from protocol.messages import Signal
from tests.console.presses.test_core_link import SIGNAL
from tests.console.presses.toy_core import toy_core
from tests.console.samples import TOKEN, console
from tests.store.on_asyncio import on_asyncio

ANA = {"Authorization": f"Bearer app-1:{TOKEN}"}
FRAME: dict[str, Any] = {"signal_id": SIGNAL.signal_id, "kind": "panic"}


@on_asyncio
async def test_it_goes_on_in_the_name_of_its_device(dsn: str, tmp_path: Path) -> None:
    async with toy_core() as (core, link), console(dsn, tmp_path, core=link) as (client, _):
        others = FRAME | {"type": "signal", "source_device_id": "app-2"}
        for frame in (FRAME, others):
            answer = await client.post("/v1/signals", json=frame, headers=ANA)
            assert (answer.status_code, answer.json()["stored"]) == (202, True)
        sent = [each for each in core.heard if isinstance(each, Signal)]
        assert [each.source_device_id for each in sent] == ["app-1", "app-1"]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"{}", "signal_id"),
        (b'{"signal_id": "7", "kind": "panic"}', "signal_id"),
        (b"[]", "body"),
        (b"{", "body"),
        (b"", "body"),
    ],
)
def test_what_is_no_press_is_named(dsn: str, tmp_path: Path, content: bytes, field: str) -> None:
    @on_asyncio
    async def asked() -> None:
        async with console(dsn, tmp_path) as (client, _):
            answer = await client.post("/v1/signals", content=content, headers=ANA)
            assert (answer.status_code, answer.json()["field"]) == (400, field)

    asked()


@on_asyncio
async def test_details_that_cannot_be_used_do_not_stop_it(dsn: str, tmp_path: Path) -> None:
    async with toy_core() as (core, link), console(dsn, tmp_path, core=link) as (client, _):
        frame = FRAME | {"position": {"lat": None, "lon": 4}, "pressed_at_ms": "now"}
        answer = await client.post("/v1/signals", json=frame, headers=ANA)
        assert answer.status_code == 202
        (sent,) = [each for each in core.heard if isinstance(each, Signal)]
        assert (sent.position, sent.pressed_at_ms) == (None, None)


def test_one_device_has_a_pace(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "PRESSES_BURST", 3)
    monkeypatch.setattr(signals, "PRESSES_PER_S", 1e-6)

    @on_asyncio
    async def pressed() -> None:
        async with toy_core() as (_, link), console(dsn, tmp_path, core=link) as (client, _):
            answers = [await client.post("/v1/signals", json=FRAME, headers=ANA) for _ in range(4)]
            assert [answer.status_code for answer in answers] == [202] * 3 + [429]

    pressed()
