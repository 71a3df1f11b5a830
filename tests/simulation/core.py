"""One life of the core: the real dispatcher, sessions and keeper, wired as the edge wires them."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from dispatch.core.dispatcher import Dispatcher
from dispatch.core.effects import (
    Append,
    CloseSession,
    DropPushAddress,
    Effect,
    KeepPushAddress,
    Record,
    Reply,
    Send,
)
from dispatch.core.events import Event, Tick, Written
from dispatch.core.registry import Registry
from dispatch.core.session import Session
from dispatch.edge.bounds import KEEPER_LOOK_S
from dispatch.edge.keeper import Keeper
from dispatch.journal.local_log import LocalLog
from dispatch.journal.recover import closed_since_ms, recover
from protocol.codec import encode
from tests.simulation.database import Drain
from tests.simulation.disk import Log
from tests.simulation.sleepers import Orders
from tests.simulation.vigil import Vigil
from tests.simulation.wire import Connection

if TYPE_CHECKING:
    from tests.simulation.world import World

TICKER_LAGS_S = (0.0, 0.001, 0.02)


class Core:
    """Lives from a start to a kill -9."""

    def __init__(self, world: "World", registry: Registry) -> None:
        self.world = world
        self.dispatcher = Dispatcher(registry, f"boot {world.clock.boot}")
        self.city = self.dispatcher.city
        self.is_alive = True
        self.began_s = world.clock.now_s
        self.awake_since_s = world.clock.now_s
        self.dialled: dict[int, Connection] = {}
        """Those that were taken by the system and not yet by the loop, too."""
        self.connections: dict[int, Connection] = {}
        self.sessions: dict[int, Session] = {}
        self.vigil = Vigil()
        self.orders = Orders(world.disk.rows)
        self.keeper = Keeper(self._tell, self._tell_later, held_by_database=world.held_by_database)
        self.log = Log(
            world.disk, world.agenda, world.dice, world.kept_of, self._stored, self.keeper.failed
        )
        self.keeper.log = cast(LocalLog, self.log)
        self._asleep_until_s = 0.0
        self._inbox: deque[Callable[[], None]] = deque()
        self._tick_s: float | None = None
        notes = world.disk.notes
        self.drain = Drain(
            world.database,
            self.log,
            int(notes.get("drained_seq", "0")),
            world.agenda,
            world.dice,
            self._drained,
        )

    def recover(self) -> None:
        """Go on where the disk says that the last life was: as `serve` does."""
        now = self.world.clock.moment()
        states = self.log.newest_states(closed_since_ms(now))
        recovered = recover(states, now, boot=self.city.boot)
        assert not recovered.unreadable
        self.keeper.recovered(recovered.alerts, recovered.messages)
        self.vigil = Vigil(self.world.duties_after_restart())
        self.dispatcher.restore(recovered.alerts, self.log.off_duty())
        self.dispatcher.post(recovered.messages)
        self.dispatcher.supervise(recovered.kit, now)
        self._look()
        self.drain.stir()
        self.world.agenda.after(KEEPER_LOOK_S, self._look_after)

    def die(self) -> None:
        """Kill -9."""
        self.is_alive = False
        self.log.die()
        self.drain.die()
        for connection in self.dialled.values():
            connection.core_died()

    # --- the loop -------------------------------------------------------------------------------

    def post(self, do: Callable[[], None]) -> None:
        """Give the loop something to do: at once, or when it is awake again."""
        if not self.is_alive:
            return
        if self._asleep_until_s > self.world.clock.now_s:
            self._inbox.append(do)
        else:
            do()

    def sleep(self, for_s: float) -> None:
        """The loop stands still (SIGSTOP, a starved machine)."""
        self._asleep_until_s = self.awake_since_s = self.world.clock.now_s + for_s
        self.world.agenda.at(self._asleep_until_s, self._wake)

    def handle(self, event: Event) -> None:
        """Give the dispatcher an event and do what it says."""
        self.apply(self.dispatcher.handle(event, self.world.clock.moment()))

    def wake(self) -> None:
        """The loop goes on, now."""
        now_s = self.world.clock.now_s
        if self._asleep_until_s > now_s:
            self._asleep_until_s = self.awake_since_s = now_s
            self._wake()

    def _wake(self) -> None:
        while self._inbox and self.is_alive and self._asleep_until_s <= self.world.clock.now_s:
            self._inbox.popleft()()

    def _look_after(self) -> None:
        if self.is_alive:
            self.post(self.keeper.look)
            self.world.agenda.after(KEEPER_LOOK_S, self._look_after)

    def _look(self) -> None:
        due_s = self.dispatcher.next_deadline_s()
        if due_s is None or (self._tick_s is not None and self._tick_s <= due_s):
            return
        self._tick_s = due_s
        lag_s = self.world.dice.choice(TICKER_LAGS_S)
        wait_s = max(0.0, due_s - self.world.clock.moment().mono_s) + lag_s
        self.world.agenda.after(wait_s, lambda: self.post(lambda: self._fire(due_s)))

    def _fire(self, due_s: float) -> None:
        if self._tick_s == due_s:
            self._tick_s = None
            self.handle(Tick())

    # --- connections ----------------------------------------------------------------------------

    def accept(self, connection: Connection) -> None:
        """A client has connected."""
        self.connections[connection.number] = connection
        now = self.world.clock.moment()
        self.sessions[connection.number] = Session(connection.number, self.dispatcher, now)

    def hear(self, connection: Connection, frame: bytes) -> None:
        """A frame has arrived."""
        session = self.sessions.get(connection.number)
        if session is not None:
            now = self.world.clock.moment()
            self.apply(session.receive(frame, now.wall_ms, now))

    def lost(self, connection: Connection) -> None:
        """A connection has ended."""
        self.dialled.pop(connection.number, None)
        self.connections.pop(connection.number, None)
        session = self.sessions.pop(connection.number, None)
        if session is not None:
            self.apply(session.gone(self.world.clock.moment()))

    # --- effects --------------------------------------------------------------------------------

    def apply(self, effects: list[Effect]) -> None:
        """Do what the core wants done, in order."""
        self.world.witness.heard_facts(self, effects)
        for effect in effects:
            match effect:
                case Send():
                    self._send(effect)
                case Reply():
                    connection = self.connections.get(effect.session_id)
                    if connection is not None:
                        connection.to_client(encode(effect.message))
                case CloseSession():
                    connection = self.connections.get(effect.session_id)
                    if connection is not None:
                        connection.close(effect.code)
                        self.lost(connection)
                case Append():
                    for entry in effect.entries:
                        self.world.digest(b"+", entry.kind.encode(), entry.state or b"")
                    self.keeper.append(effect)
                case Record():
                    self.world.say_fact(effect.fact)
                case KeepPushAddress() | DropPushAddress():
                    self.world.addresses.write(effect)
        self._look()

    def _send(self, send: Send) -> None:
        frame = encode(send.message)
        self.world.witness.is_sent(self, send)
        for device_id in send.devices:
            session_id = self.city.presence.session_of.get(device_id, 0)
            connection = self.connections.get(session_id)
            if connection is not None:
                connection.to_client(frame)
        if send.first_of is not None:
            self.handle(Written(send.first_of))

    # --- the journal ----------------------------------------------------------------------------

    def _tell(self, event: Event) -> None:
        self.post(lambda: self.handle(event))

    def _tell_later(self, do: Callable[[], None]) -> None:
        self.world.agenda.after(0.0, lambda: self.post(do))

    def _stored(self, seq: int) -> None:
        self.post(lambda: self.keeper.stored(seq))
        self.drain.stir()

    def _drained(self, seq: int) -> None:
        self.post(lambda: self.keeper.drained(seq))
