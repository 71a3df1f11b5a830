"""What the core commands, cameras and relays do; the core and the console hear what comes of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import trio

from clients.stand_ins.camera import SNAPSHOT, Behaviour
from clients.stand_ins.camera import Camera as StandCamera
from clients.stand_ins.relay import Relay as StandRelay
from clients.stand_ins.web import Reply, served
from dispatch.gateway.core_link import CoreLink
from dispatch.gateway.roster import Roster
from dispatch.gateway.wall import Wall
from dispatch.wiring import Camera, Shelly
from link.beside import beside
from protocol.jpeg import read_size
from protocol.messages import Command, Condition, Contact, Kit, Picture, Sounded
from protocol.vocabulary import Action, SirenState, TroubleKind
from tests.gateway.appliances.stand_in import Scripted, until
from tests.gateway.rig import ME, WIRING_KEY, kit_device
from tests.link.peer import PATIENCE_S, Guest, Peer, peer

ALERT = "01932f7a-5c00-7abc-8def-0123456789aa"


@asynccontextmanager
async def gateway(server: Peer, console_url: str, kit: Kit) -> AsyncIterator[Guest]:
    """A gateway's wall, and the core's side of its link."""
    core = CoreLink(server.url, ME, Roster(WIRING_KEY))
    wall = Wall(core, console_url, ME, jitter=lambda: 0.01)
    with trio.fail_after(PATIENCE_S):
        async with beside(core.run, wall.run):
            guest = await server.visit()
            await guest.welcome(kit)
            yield guest


async def test_a_camera_is_looked_through_and_its_picture_kept_before_it_is_told() -> None:
    console = Scripted(lambda _: Reply(status=201))
    stand = StandCamera("Cámara 1", user="ver", password="clave")
    with served(console) as console_url, served(stand) as url:
        wiring = Camera(url + SNAPSHOT, user="ver", password="clave")
        async with (
            peer() as server,
            gateway(server, console_url, Kit(devices=(kit_device("cam-1", wiring),))) as core,
        ):
            look = Command(action=Action.LOOK, alert_id=ALERT, device_id="cam-1")
            await core.say(look)
            picture = await core.hear_a(Picture)
            assert (picture.alert_id, picture.device_id) == (ALERT, "cam-1")
            kept = console.heard[0]
            assert urlsplit(kept.target).path == f"/v1/pictures/{picture.picture_id}"
            assert kept.headers["authorization"] == f"Bearer {ME.device_id}:{ME.token}"
            assert read_size(kept.body)
            assert picture.size_bytes == len(kept.body)
            await core.say(look)
            again = await core.hear_a(Picture)
            assert again.picture_id == picture.picture_id
            assert len(console.heard) == 1


async def test_a_relay_sounds_and_is_silenced() -> None:
    stand = StandRelay()
    with served(stand) as url:
        kit = Kit(devices=(kit_device("siren-1", Shelly(url)),))
        async with peer() as server, gateway(server, "http://127.0.0.1:1", kit) as core:
            await core.say(
                Command(action=Action.SOUND, alert_id=ALERT, device_id="siren-1", for_s=60)
            )
            said = await core.hear_a(Sounded)
            assert said == Sounded(alert_id=ALERT, state=SirenState.SOUNDING, device_id="siren-1")
            assert stand.is_on
            await core.say(Command(action=Action.SILENCE, alert_id=ALERT, device_id="siren-1"))
            assert (await core.hear_a(Sounded)).state is SirenState.SILENT
            assert not stand.is_on


async def test_the_core_hears_who_lives_and_who_is_at_fault() -> None:
    stand = StandCamera("C", behaves=Behaviour.PAGE)
    with served(stand) as url:
        kit = Kit(devices=(kit_device("cam-1", Camera(url + SNAPSHOT)),))
        async with peer() as server, gateway(server, "http://127.0.0.1:1", kit) as core:
            condition = await core.hear_a(Condition)
            assert condition == Condition(
                trouble=TroubleKind.FAULT, present=True, device_id="cam-1"
            )
            contact = await core.hear_a(Contact)
            assert [seen.device_id for seen in contact.seen] == ["cam-1"]


async def test_what_is_behind_it_no_more_is_left_alone() -> None:
    stand = StandCamera("C")
    with served(stand) as url:
        kit = Kit(devices=(kit_device("cam-1", Camera(url + SNAPSHOT)),))
        async with peer() as server, gateway(server, "http://127.0.0.1:1", kit) as core:
            await until(lambda: stand.pictures)
            await core.say(
                Kit(removed=("cam-1",)),
                Command(action=Action.LOOK, alert_id=ALERT, device_id="cam-1"),
                Kit(devices=(kit_device("cam-2", Camera(url + SNAPSHOT)),)),
            )
            await until(lambda: stand.pictures >= 2)
            assert stand.pictures == 2, "the second is the new one's probe"
