"""A neighbour's app: the SDK's `App`, and `python -m clients.app` for a terminal."""

from functools import cached_property

from clients.sender import Sender
from clients.troubles import Troubles
from link.feed import Feed, Reader
from protocol.messages import (
    AnyServerMessage,
    FrontMessage,
    MessageShown,
    Position,
    PositionReport,
    Siren,
    Welcome,
)
from protocol.vocabulary import SirenState


class App(Sender):
    """Calls for help, follows the answer, takes it back.

        async with App("wss://server/v1", credentials, outbox=Path("outbox.json")) as app:
            press = await app.press(Kind.PANIC, position=Position(lat=4.65, lon=-74.1))
            async for receipt in press.receipts():
                print(receipt.text.es)

    The first receipt says that a press was dispatched. Until one says that it is `stored`, so that
    the server cannot lose it any more, it is sent again, always with the same id, through any
    number of disconnects. Leaving the block waits for that, for `linger_s` at most, and raises
    `NotStored` otherwise (`NotReceived` if there was no receipt at all); with an outbox, the next
    run goes on.
    A server that will not have this device back ends the block with `Refused`.

    A member of a front follows its sirens in `app.sirens()`: which sounds, and who set it off.
    What the control room says to the front comes in `app.messages()`; once a person could see one,
    `app.shown(message_id)` tells the control room so.
    Whoever coordinates it has in `app.troubles` what is wrong with its kit.
    """

    @cached_property
    def troubles(self) -> Troubles:
        """What is wrong with the kit."""
        return Troubles()

    @cached_property
    def _sirens(self) -> Feed[Siren]:
        return Feed()

    @cached_property
    def _sounding(self) -> dict[str, Siren]:
        return {}

    @cached_property
    def _messages(self) -> Feed[FrontMessage]:
        return Feed()

    @cached_property
    def _unshown(self) -> dict[str, FrontMessage]:
        return {}

    def messages(self) -> Reader[FrontMessage]:
        """Follow what is said to the front: what was not shown yet, then all that comes.

        The server sends one again on every connection until it is said to be shown.
        """
        return self._messages.reader(self._unshown.items())

    def shown(self, message_id: str) -> None:
        """A person could see this message. What is lost with the link, is asked for again."""
        self._unshown.pop(message_id, None)
        self.link.send(MessageShown(message_id=message_id), routine=True)

    def sirens(self) -> Reader[Siren]:
        """Follow the front's sirens: those that sound already, then each that does or is silent."""
        return self._sirens.reader(self._sounding.items())

    def greeted(self, welcome: Welcome) -> None:
        """The receipts of every open press follow, and a coordinator's troubles."""
        self.troubles.greeted()
        self._sounding.clear()
        self._unshown.clear()
        super().greeted(welcome)

    def heard(self, message: AnyServerMessage) -> None:
        """Take receipts, errors, troubles, sirens and messages."""
        if isinstance(message, FrontMessage):
            self._unshown[message.message_id] = message
            self._messages.put(message.message_id, message)
        if isinstance(message, Siren):
            self._sounding.pop(message.device, None)
            if message.state is SirenState.SOUNDING:
                self._sounding[message.device] = message
            self._sirens.put(message.device, message)
        self.troubles.heard(message)
        super().heard(message)

    def moved_to(self, position: Position) -> bool:
        """Report where the device is now; its open alert moves with it.

        False: there is no link. It is not sent later, when it would no longer be true.
        """
        return self.link.send(PositionReport(position=position), routine=True)


if __name__ == "__main__":
    from clients.commands.app import main

    main()
