from clients.demo.buttons import act
from protocol.messages import Signal
from protocol.vocabulary import Kind, Role
from tests.clients.demo.stage import acting, hear, player
from tests.clients.samples import receipt


async def test_a_button_presses_without_a_position() -> None:
    async with acting(act, player(Role.BUTTON, "boton-1")) as (_, server):
        guest = await server.visit()
        await guest.welcome()
        signal = await hear(guest, Signal)
        await guest.say(receipt(signal.signal_id))
        assert signal.position is None
        assert signal.kind in (Kind.PANIC, Kind.TEST)
