"""What stands at the other end of every connection, and how it does not give up."""

import random
from typing import TYPE_CHECKING

from protocol.close_codes import CloseCode, may_reconnect
from protocol.codec import decode_server, encode
from protocol.messages import AnyServerMessage, ClientMessage, Hello, Notice, Welcome
from protocol.vocabulary import NoticeCode
from tests.simulation.wire import Connection

if TYPE_CHECKING:
    from tests.simulation.world import World

RESEND_S = 5.0
BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 4.0)


class Client:
    """A device: connects, greets, reconnects, and sends again what was not answered."""

    def __init__(self, world: "World", device_id: str, dice: random.Random) -> None:
        self.world = world
        self.device_id = device_id
        self.dice = dice
        self.token = world.token_of(device_id)
        self.on_duty: bool | None = None
        self.connection: Connection | None = None
        self.is_greeted = False
        self.is_synced = False
        self.is_out = False
        """The server will not have it back; a person has to see to it."""
        self._attempts = 0
        self._is_connecting = False

    # --- the link -------------------------------------------------------------------------------

    def connect(self) -> None:
        """Try to connect, now; if that fails, again and again."""
        if self.connection is not None or self._is_connecting or self.is_out:
            return
        connection = self.world.dial(self)
        if connection is None:
            self._come_back()
            return
        self.connection = connection
        hello = Hello(device_id=self.device_id, token=self.token, on_duty=self.on_duty)
        connection.to_core(encode(hello))

    def lost(self, connection: Connection, code: CloseCode | None) -> None:
        """The connection has ended, by the server's word or without any."""
        if connection is not self.connection:
            return
        self.connection = None
        self.is_greeted = self.is_synced = False
        if code is not None and not may_reconnect(code):
            self.is_out = True
            self.world.say(f"{self.device_id} is told to stay away: {code.name.lower()}")
        else:
            self._come_back()

    def leave(self) -> None:
        """Hang up, and come back later."""
        if self.connection is not None:
            connection = self.connection
            connection.hang_up()
            self.lost(connection, None)

    def come_in_again(self) -> None:
        """Somebody has seen to it (a new token, a restart of the app)."""
        self.token = self.world.token_of(self.device_id)
        self.is_out = False
        self.connect()

    def send(self, message: ClientMessage) -> bool:
        """Send on the present connection, once it is greeted."""
        if self.connection is None or not self.is_greeted:
            return False
        self.connection.to_core(encode(message))
        return True

    def hear(self, connection: Connection, frame: bytes) -> None:
        """Take a frame."""
        if connection is not self.connection:
            return
        message = decode_server(frame)
        match message:
            case Welcome():
                self.is_greeted = True
                self._attempts = 0
                self.greeted(message)
            case Notice(code=NoticeCode.SYNCED):
                self.is_synced = True
                self.synced()
            case other:
                self.heard(other)

    def resend_later(self) -> None:
        """Look again, after a while, whether something has no answer."""
        self.world.agenda.after(RESEND_S * self.dice.uniform(0.8, 1.2), self.resend)

    def _come_back(self) -> None:
        if self._is_connecting:
            return
        self._is_connecting = True
        longest_s = BACK_OFF_S[min(self._attempts, len(BACK_OFF_S) - 1)]
        self._attempts += 1

        def try_again() -> None:
            self._is_connecting = False
            self.connect()

        self.world.agenda.after(self.dice.random() * longest_s, try_again)

    # --- what each kind of client does ----------------------------------------------------------

    def greeted(self, welcome: Welcome) -> None:
        """The server knows it."""

    def synced(self) -> None:
        """It knows all that the server knows."""

    def heard(self, message: AnyServerMessage) -> None:
        """The server said something else."""

    def resend(self) -> None:
        """Send again what has no answer."""
