"""Through a camera comes a whole JPEG, or a reason; by a plain address or by ONVIF."""

from collections import Counter
from contextlib import ExitStack

import pytest
import trio

from clients.stand_ins.camera import DEVICE_SERVICE, SIZE_PX, SNAPSHOT, Behaviour
from clients.stand_ins.camera import Camera as Stand
from clients.stand_ins.web import Asked, Reply, served
from dispatch.gateway.appliances.asking import Faulty, Unreachable
from dispatch.gateway.appliances.camera import Camera
from dispatch.wiring import Camera as Wiring
from protocol.jpeg import read_size
from tests.gateway.appliances.stand_in import Scripted


async def picture(wiring: Wiring) -> bytes:
    camera = Camera(wiring)
    try:
        return await camera.picture()
    finally:
        await camera.aclose()


@pytest.mark.parametrize("user", ["", "ver"])
@pytest.mark.parametrize(("onvif", "path"), [(False, SNAPSHOT), (True, DEVICE_SERVICE)])
async def test_a_picture_is_taken(user: str, onvif: bool, path: str) -> None:
    with served(Stand("Cámara 1", user=user, password="clave")) as url:
        taken = await picture(Wiring(url + path, onvif=onvif, user=user, password="clave"))
    assert read_size(taken) == SIZE_PX


@pytest.mark.parametrize(
    ("behaves", "raises", "why"),
    [
        (Behaviour.ENDLESS, Faulty, "more than"),
        (Behaviour.HUGE, Faulty, "more than"),
        (Behaviour.CUT, Faulty, "ends in the middle"),
        (Behaviour.PAGE, Faulty, "not a JPEG"),
        (Behaviour.REDIRECTING, Faulty, "sends elsewhere"),
        (Behaviour.BROKEN, Faulty, "HTTP 500"),
        (Behaviour.HANGING, Unreachable, "no answer"),
    ],
)
async def test_a_bad_day_has_a_reason(
    behaves: Behaviour, raises: type[Exception], why: str
) -> None:
    with served(Stand("C", behaves=behaves)) as url, pytest.raises(raises, match=why):
        await picture(Wiring(url + SNAPSHOT))


async def test_a_slow_one_is_waited_for() -> None:
    with served(Stand("C", behaves=Behaviour.SLOW)) as url:
        assert read_size(await picture(Wiring(url + SNAPSHOT))) == SIZE_PX


async def test_a_wrong_password_is_a_fault() -> None:
    with (
        served(Stand("C", user="ver", password="clave")) as url,
        pytest.raises(Faulty, match="password"),
    ):
        await picture(Wiring(url + SNAPSHOT, user="ver", password="otra"))


async def test_four_are_looked_through_at_once() -> None:
    stands = [Stand(f"Cámara {number}", user="ver", password="clave") for number in range(4)]
    taken: list[bytes] = []

    async def take(url: str) -> None:
        taken.append(await picture(Wiring(url + SNAPSHOT, user="ver", password="clave")))

    with ExitStack() as servers:
        urls = [servers.enter_context(served(stand)) for stand in stands]
        async with trio.open_nursery() as nursery:
            for url in urls:
                nursery.start_soon(take, url)
    assert len(set(taken)) == 4


async def test_onvif_is_asked_once_and_again_when_its_address_fails() -> None:
    stand = Stand("C")
    fails = []

    def reply(asked: Asked) -> Reply:
        if asked.target.startswith(SNAPSHOT) and fails:
            return fails.pop()
        return stand.answer(asked)

    scripted = Scripted(reply)
    with served(scripted) as url:
        camera = Camera(Wiring(url + DEVICE_SERVICE, onvif=True))
        await camera.prove_life()
        await camera.picture()
        asked = Counter(each.method for each in scripted.heard)
        assert asked == {"POST": 3, "GET": 2}

        fails.append(Reply(status=404))
        with pytest.raises(Faulty):
            await camera.picture()
        await camera.picture()
        asked = Counter(each.method for each in scripted.heard)
        assert asked == {"POST": 6, "GET": 4}
        await camera.aclose()
