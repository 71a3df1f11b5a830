import os
from pathlib import Path

import pytest
import trio

from clients.errors import OutboxError
from clients.outbox import Kept, Outbox
from protocol.messages import Position
from protocol.vocabulary import Kind
from tests.clients.samples import an_id

PRESS = Kept(an_id(1), Kind.PANIC, 1_760_000_000_001, Position(4.65, -74.1, 12.0, 3.0))
CANCELLED = Kept(an_id(2), Kind.FIRE, 1_760_000_000_002, None, cancel=True)


async def test_what_is_saved_is_found_by_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "outbox.json"
    await Outbox(path, "app-1").save([PRESS, CANCELLED])
    assert Outbox(path, "app-1").load() == (PRESS, CANCELLED)


async def test_what_was_answered_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.json"
    outbox = Outbox(path, "app-1")
    await outbox.save([PRESS, CANCELLED])
    await outbox.save([])
    assert Outbox(path, "app-1").load() == ()
    assert an_id(1) not in path.read_text()


async def test_no_file_is_no_press_and_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "outbox.json"
    outbox = Outbox(path, "app-1")
    assert outbox.load() == ()
    await outbox.save([])
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b'{"device_id": "app-1", "pres', b"[]", b"\xff\x00"])
async def test_a_spoilt_file_is_put_aside_not_lost_and_not_in_the_way(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "outbox.json"
    path.write_bytes(content)
    outbox = Outbox(path, "app-1")
    assert outbox.load() == ()
    assert (tmp_path / "outbox.json.spoilt").read_bytes() == content
    await outbox.save([PRESS])
    assert Outbox(path, "app-1").load() == (PRESS,)


async def test_another_devices_presses_are_not_sent_in_our_name(tmp_path: Path) -> None:
    path = tmp_path / "outbox.json"
    await Outbox(path, "app-1").save([PRESS])
    with pytest.raises(OutboxError) as refused:
        Outbox(path, "app-2").load()
    assert refused.value.advice is not None
    assert Outbox(path, "app-1").load() == (PRESS,)


async def test_a_disk_that_fails_stops_no_press(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outbox.json"
    path.mkdir()
    outbox = Outbox(path, "app-1")
    await outbox.save([PRESS])
    assert "outbox could not be written" in caplog.text
    assert an_id(1) not in caplog.text
    path.rmdir()
    await outbox.save([PRESS])  # what failed is tried again
    assert Outbox(path, "app-1").load() == (PRESS,)


async def test_saves_do_not_overtake_one_another(tmp_path: Path) -> None:
    path = tmp_path / "outbox.json"
    outbox = Outbox(path, "app-1")
    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(outbox.save, [PRESS])
            await trio.lowlevel.checkpoint()
            nursery.start_soon(outbox.save, [PRESS, CANCELLED])
            await trio.lowlevel.checkpoint()
    assert Outbox(path, "app-1").load() == (PRESS, CANCELLED)
    assert os.listdir(tmp_path) == ["outbox.json"]
