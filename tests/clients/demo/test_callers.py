import pytest
import trio

from clients.demo import callers
from clients.demo.callers import Caller, connect
from clients.demo.reports import Heard, Pressed, Unstored
from clients.demo.simulator import Player, Scene
from protocol.messages import Signal
from protocol.vocabulary import Kind, Role, Stage
from tests.clients.demo.stage import acting, hear, player, reported
from tests.clients.samples import receipt


async def press_once(scene: Scene, players: tuple[Player, ...]) -> None:
    async with trio.open_nursery() as nursery:
        (caller,) = await connect(scene, nursery, players)
        nursery.start_soon(caller.call, Kind.FIRE, None)
        await scene.stopping.wait()
        nursery.cancel_scope.deadline = trio.current_time() + 5


async def test_a_press_and_each_stage_of_its_answer_are_reported(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    async with acting(press_once, player(Role.APP)) as (_, server):  # type: ignore[arg-type]
        guest = await server.visit()
        await guest.welcome()
        signal = await hear(guest, Signal)
        for version, stage in enumerate((Stage.RECEIVED, Stage.DELIVERED, Stage.DELIVERED), 1):
            await guest.say(receipt(signal.signal_id, version, stage))
        await guest.say(receipt(signal.signal_id, 4, Stage.CLOSED))
    said = capfdbinary.readouterr().out
    (pressed,), heard = reported(said, Pressed), reported(said, Heard)
    assert pressed.kind is Kind.FIRE
    assert [each.stage for each in heard] == [Stage.RECEIVED, Stage.DELIVERED, Stage.CLOSED]
    assert all(each.at_ns >= pressed.at_ns for each in heard)


async def test_a_press_without_an_answer_is_reported_as_lost(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "LINGER_S", 0.05)
    async with acting(press_once, player(Role.APP)) as (_, server):  # type: ignore[arg-type]
        guest = await server.visit()
        await guest.welcome()
        await hear(guest, Signal)
    assert reported(capfdbinary.readouterr().out, Unstored) == [Unstored(1)]


@pytest.mark.parametrize("role", [Role.APP, Role.BUTTON])
def test_nobody_is_free_before_they_are_connected(role: Role) -> None:
    scene = Scene("group", "ws://127.0.0.1:1/v1", 1, 1.0, None, None)  # type: ignore[arg-type]
    assert not Caller(scene, player(role)).is_free
