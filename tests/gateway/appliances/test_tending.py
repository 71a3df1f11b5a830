"""Cameras and relays do as the core commands, each for itself: over real HTTP."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from clients.stand_ins.camera import SNAPSHOT, Behaviour
from clients.stand_ins.camera import Camera as StandCamera
from clients.stand_ins.relay import Relay as StandRelay
from clients.stand_ins.web import StandIn, served
from dispatch.gateway.appliances.looks import Taken
from dispatch.gateway.appliances.tending import Appliances
from dispatch.wiring import Camera, Shelly
from link.beside import beside
from protocol.jpeg import read_size
from protocol.messages import Command, Sounded
from protocol.vocabulary import Action, SirenState
from tests.gateway.appliances.stand_in import until

ALERT, OTHER = "01932f7a-5c00-7abc-8def-0123456789aa", "01932f7a-5c00-7abc-8def-0123456789bb"
HEARTBEAT_S = 1.0


class Owner:
    def __init__(self) -> None:
        self.seen: list[str] = []
        self.faults: list[tuple[str, bool]] = []
        self.said: list[tuple[str, SirenState]] = []
        self.pictures: list[Taken] = []
        self.asked_again: list[tuple[str, str]] = []

    def lives(self, device_id: str) -> None:
        self.seen.append(device_id)

    def is_faulty(self, device_id: str, present: bool) -> None:
        self.faults.append((device_id, present))

    def sounded(self, message: Sounded) -> None:
        assert message.device_id == "siren"
        self.said.append((message.alert_id, message.state))

    def taken(self, picture: Taken) -> None:
        self.pictures.append(picture)

    def missed(self, alert_id: str, camera_id: str) -> None:
        self.asked_again.append((alert_id, camera_id))


class Wall:
    def __init__(self, appliances: Appliances, owner: Owner) -> None:
        self.appliances, self.owner = appliances, owner
        self._stack = ExitStack()

    def hang(self, stand: StandIn) -> str:
        return self._stack.enter_context(served(stand))

    def camera(self, device_id: str, stand: StandCamera) -> None:
        self.appliances.wire(device_id, Camera(self.hang(stand) + SNAPSHOT), HEARTBEAT_S)

    def look(self, device_id: str, alert_id: str = ALERT) -> bool:
        return self.appliances.command(
            Command(action=Action.LOOK, alert_id=alert_id, device_id=device_id)
        )

    def close(self) -> None:
        self._stack.close()


@asynccontextmanager
async def wall() -> AsyncIterator[Wall]:
    owner = Owner()
    it = Wall(Appliances(owner, lambda: 0.01), owner)
    async with beside(it.appliances.run):
        try:
            yield it
        finally:
            it.close()


async def test_four_cameras_are_looked_through() -> None:
    async with wall() as it:
        for number in range(4):
            it.camera(f"cam-{number}", StandCamera(f"Cámara {number}"))
        assert all(it.look(f"cam-{number}") for number in range(4))
        await until(lambda: len(it.owner.pictures) == 4)

        assert {each.alert_id for each in it.owner.pictures} == {ALERT}
        assert {each.camera_id for each in it.owner.pictures} == {f"cam-{at}" for at in range(4)}
        assert len({each.picture_id for each in it.owner.pictures}) == 4
        assert all(read_size(each.jpeg) for each in it.owner.pictures)


async def test_a_command_that_is_repeated_is_one_look() -> None:
    async with wall() as it:
        it.camera("cam", StandCamera("C"))
        it.look("cam")
        await until(lambda: it.owner.pictures)
        it.look("cam")
        it.look("cam", OTHER)
        await until(lambda: len(it.owner.pictures) == 2)
        assert [each.alert_id for each in it.owner.pictures] == [ALERT, OTHER]
        assert it.owner.asked_again == [(ALERT, "cam")]


async def test_cameras_that_hang_or_are_slow_keep_nobody_waiting() -> None:
    """Asked first, the slow one is seen last; the hanging one never."""
    others = [f"cam-{number}" for number in range(4)]
    async with wall() as it:
        it.camera("hanging", StandCamera("H", behaves=Behaviour.HANGING))
        it.camera("slow", StandCamera("S", behaves=Behaviour.SLOW))
        for device_id in others:
            it.camera(device_id, StandCamera("C"))
        assert all(it.look(device_id) for device_id in ("hanging", "slow", *others))
        await until(lambda: len(it.owner.pictures) == 5)
        *first, last = [picture.camera_id for picture in it.owner.pictures]
        assert sorted(first) == others
        assert last == "slow"


async def test_a_siren_sounds_and_falls_silent() -> None:
    stand = StandRelay(user="admin", password="frente")
    async with wall() as it:
        it.appliances.wire("siren", Shelly(it.hang(stand), "admin", "frente"), HEARTBEAT_S)
        sound = Command(action=Action.SOUND, alert_id=ALERT, device_id="siren", for_s=30)
        assert it.appliances.command(sound)
        await until(lambda: it.owner.said == [(ALERT, SirenState.SOUNDING)])
        assert stand.is_on
        silence = Command(action=Action.SILENCE, alert_id=ALERT, device_id="siren")
        assert it.appliances.command(silence)
        await until(lambda: it.owner.said[1:] == [(ALERT, SirenState.SILENT)])
        assert not stand.is_on


async def test_what_is_not_there_or_cannot_do_it_is_said() -> None:
    async with wall() as it:
        it.camera("cam", StandCamera("C"))
        for command in (
            Command(action=Action.LOOK, alert_id=ALERT, device_id="nobody"),
            Command(action=Action.SOUND, alert_id=ALERT, device_id="cam", for_s=30),
            Command(action=Action.SILENCE, alert_id=ALERT, device_id="cam"),
            Command(action=Action.RING, alert_id=ALERT, device_id="cam"),
            Command(action=Action.LOOK, alert_id=ALERT),
        ):
            assert not it.appliances.command(command)


async def test_probes_tell_who_lives_and_who_is_at_fault_when_it_changes() -> None:
    stand = StandCamera("C")
    async with wall() as it:
        it.camera("cam", stand)
        it.camera("hanging", StandCamera("H", behaves=Behaviour.HANGING))
        await until(lambda: len(it.owner.seen) >= 2)
        assert it.owner.faults == [("cam", False)]
        stand.behaves = Behaviour.PAGE
        await until(lambda: it.owner.faults[1:] == [("cam", True)])
        it.appliances.greeted()
        await until(lambda: it.owner.faults[2:] == [("cam", True)])
        stand.behaves = Behaviour.WELL
        await until(lambda: it.owner.faults[3:] == [("cam", False)])
        assert set(it.owner.seen) == {"cam"}


async def test_what_is_unwired_or_wired_anew_is_asked_no_more() -> None:
    first, second = StandCamera("1"), StandCamera("2")
    async with wall() as it:
        it.camera("cam", first)
        await until(lambda: first.pictures)
        it.camera("cam", second)
        await until(lambda: second.pictures >= 2)
        asked = first.pictures
        it.appliances.unwire("cam")
        await until(lambda: second.pictures)
        assert not it.look("cam")
        assert first.pictures == asked


async def test_the_same_wiring_again_changes_nothing() -> None:
    stand = StandCamera("C")
    async with wall() as it:
        url = it.hang(stand) + SNAPSHOT
        it.appliances.wire("cam", Camera(url), 3600.0)
        await until(lambda: it.owner.seen)
        it.appliances.wire("cam", Camera(url), 3600.0)
        it.look("cam")
        await until(lambda: it.owner.pictures)
        assert stand.pictures == 2, "one probe, one look"


async def test_what_is_said_before_they_are_tended_is_done_then() -> None:
    owner = Owner()
    appliances = Appliances(owner, lambda: 0.01)
    with served(StandCamera("C")) as url:
        appliances.wire("cam", Camera(url + SNAPSHOT), HEARTBEAT_S)
        appliances.command(Command(action=Action.LOOK, alert_id=ALERT, device_id="cam"))
        async with beside(appliances.run):
            await until(lambda: owner.pictures and owner.faults)
