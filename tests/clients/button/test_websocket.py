from clients.button import Button
from link.enrolment import Credentials
from protocol.messages import Hello, Signal
from protocol.vocabulary import Kind, Role
from tests.clients.samples import receipt
from tests.link.peer import peer

BUTTON = Credentials("button-1", Role.BUTTON, "button-token")


async def test_a_button_panics_from_wherever_it_is_registered() -> None:
    async with peer() as server, Button(server.url, BUTTON) as button:
        await button.press()
        guest = await server.visit()
        hello: Hello = await guest.welcome()
        assert hello.device_id == "button-1"
        signal = await guest.hear(Signal)
        assert (signal.kind, signal.position) == (Kind.PANIC, None)
        await guest.say(receipt(signal.signal_id))
