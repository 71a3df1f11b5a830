"""A relay does what it is asked, as a Shelly does; what it says is asked for again."""

import pytest

from clients.stand_ins.relay import Relay as Stand
from clients.stand_ins.web import Reply, served
from dispatch.gateway.appliances.asking import Faulty, Unreachable
from dispatch.gateway.appliances.relay import Relay
from dispatch.wiring import Shelly
from tests.gateway.appliances.stand_in import Scripted


async def test_it_is_switched_on_for_a_while_and_off() -> None:
    stand = Stand(user="admin", password="frente")
    with served(stand) as url:
        relay = Relay(Shelly(url + "/", user="admin", password="frente"))
        assert not await relay.is_on()
        assert await relay.switch_on(29.2)
        assert stand.is_on
        await relay.prove_life()
        assert await relay.switch_off()
        assert not stand.is_on
        await relay.aclose()


async def test_the_time_is_whole_seconds_and_never_short() -> None:
    scripted = Scripted(lambda _: Reply(b'{"output": true}', "application/json"))
    with served(scripted) as url:
        relay = Relay(Shelly(url, switch=2))
        await relay.switch_on(29.2)
        await relay.aclose()
    assert scripted.heard[0].target == "/rpc/Switch.Set?id=2&on=true&toggle_after=30"


async def test_one_that_only_says_so_is_found_out() -> None:
    with served(Stand(stuck=True)) as url:
        relay = Relay(Shelly(url))
        assert not await relay.switch_on(30)
        await relay.aclose()


@pytest.mark.parametrize(
    ("wiring", "why"),
    [
        ({"user": "admin", "password": "wrong"}, "password"),
        ({"user": "admin", "password": "frente", "switch": 3}, "HTTP 500"),
    ],
)
async def test_a_wrong_wiring_is_a_fault(wiring: dict[str, object], why: str) -> None:
    with served(Stand(user="admin", password="frente")) as url:
        relay = Relay(Shelly(url, **wiring))
        with pytest.raises(Faulty, match=why):
            await relay.switch_on(30)
        await relay.aclose()


async def test_what_is_no_relay_is_a_fault() -> None:
    with served(Scripted(lambda _: Reply(b"<html>"))) as url:
        relay = Relay(Shelly(url))
        with pytest.raises(Faulty, match="no relay"):
            await relay.is_on()
        await relay.aclose()


async def test_one_that_is_gone_is_unreachable() -> None:
    with served(Stand()) as url:
        pass
    relay = Relay(Shelly(url))
    with pytest.raises(Unreachable):
        await relay.switch_off()
    await relay.aclose()
