from dataclasses import replace

import trio
from hypothesis import given
from hypothesis import strategies as st

from link.outbound import (
    A_DEVICES_ROOM,
    MAX_ROUTINE,
    MAX_URGENT,
    ROUTINE_BURST,
    ROUTINE_PER_S,
    Allowance,
    Outbound,
)
from protocol.limits import FRAMES_BURST, FRAMES_PER_S


async def test_urgent_frames_pass_routine_ones() -> None:
    outbound = Outbound()
    outbound.put(b"delivered", routine=True)
    outbound.put(b"accept")
    outbound.put(b"arrive")
    assert [await outbound.get() for _ in range(3)] == [b"accept", b"arrive", b"delivered"]


async def test_routine_frames_keep_to_their_pace(autojump_clock: trio.testing.MockClock) -> None:
    outbound, count = Outbound(), 200
    started_s = trio.current_time()
    for _ in range(count):
        outbound.put(b"delivered", routine=True)
    for _ in range(count):
        await outbound.get()
    took_s = trio.current_time() - started_s
    assert took_s >= (count - ROUTINE_BURST) / ROUTINE_PER_S - 0.01


async def test_an_urgent_frame_need_not_wait_for_the_pace(
    autojump_clock: trio.testing.MockClock,
) -> None:
    outbound = Outbound()
    for _ in range(ROUTINE_BURST + 50):
        outbound.put(b"delivered", routine=True)
    for _ in range(ROUTINE_BURST):
        await outbound.get()
    got: list[bytes | None] = []
    async with trio.open_nursery() as nursery:

        async def read() -> None:
            got.append(await outbound.get())

        nursery.start_soon(read)
        await trio.testing.wait_all_tasks_blocked()
        now_s = trio.current_time()
        outbound.put(b"accept")
    assert got == [b"accept"]
    assert trio.current_time() == now_s


async def test_both_lines_are_bounded() -> None:
    outbound = Outbound()
    assert all(outbound.put(b"") for _ in range(MAX_URGENT))
    assert not outbound.put(b"")
    assert all(outbound.put(b"", routine=True) for _ in range(MAX_ROUTINE))
    assert not outbound.put(b"", routine=True)


async def test_closing_lets_urgent_frames_out_and_drops_routine_ones() -> None:
    outbound = Outbound()
    outbound.put(b"delivered", routine=True)
    outbound.put(b"cancel")
    outbound.close()
    assert await outbound.get() == b"cancel"
    assert await outbound.get() is None


@given(st.lists(st.floats(0, 5), min_size=1, max_size=300))
def test_an_allowance_is_never_exceeded(pauses_s: list[float]) -> None:
    allowance, now_s, spent = Allowance(10, 2, 0.0), 0.0, 0
    for pause_s in pauses_s:
        now_s += pause_s
        if allowance.wait_s(now_s) == 0:
            allowance.spend()
            spent += 1
        assert spent <= 10 + now_s * 2 + 1e-6


def test_routine_frames_leave_room_in_the_servers_allowance() -> None:
    assert ROUTINE_BURST < FRAMES_BURST
    assert ROUTINE_PER_S < FRAMES_PER_S


async def test_a_program_that_has_more_to_say_than_most_has_more_room() -> None:
    outbound = Outbound(replace(A_DEVICES_ROOM, urgent_max=MAX_URGENT + 1))
    assert all(outbound.put(b"signal") for _ in range(MAX_URGENT + 1))
    assert not outbound.put(b"one too many")
