"""The stand-in relay does what a Shelly's documentation says, and can be stuck."""

import json
import time

import pytest

from clients.stand_ins.relay import Relay
from clients.stand_ins.web import Asked


def call(relay: Relay, method: str, query: str) -> dict[str, object]:
    answer = relay.answer(Asked("GET", f"/rpc/{method}?{query}"))
    assert answer.content_type == "application/json"
    return {"status": answer.status, **json.loads(answer.body)}


def test_it_is_switched_on_and_off() -> None:
    relay = Relay()

    assert call(relay, "Switch.Set", "id=0&on=true") == {"status": 200, "was_on": False}
    assert relay.is_on
    assert call(relay, "Switch.GetStatus", "id=0")["output"] is True
    assert call(relay, "Switch.Set", "id=0&on=false") == {"status": 200, "was_on": True}
    assert not relay.is_on


def test_it_toggles_by_itself() -> None:
    relay = Relay()

    call(relay, "Switch.Set", "id=0&on=true&toggle_after=0.05")

    assert relay.is_on
    give_up_at_s = time.monotonic() + 20
    while relay.is_on and time.monotonic() < give_up_at_s:
        pass
    assert not relay.is_on


def test_a_stuck_one_says_that_it_does() -> None:
    relay = Relay(stuck=True)

    assert call(relay, "Switch.Set", "id=0&on=true")["status"] == 200
    assert not relay.is_on


@pytest.mark.parametrize(
    ("method", "query", "status", "code"),
    [
        ("Switch.Set", "id=7&on=true", 500, -105),
        ("Switch.Set", "id=0&on=maybe", 404, 404),
        ("Sys.Reboot", "id=0", 404, 404),
    ],
)
def test_what_it_has_not_it_refuses(method: str, query: str, status: int, code: int) -> None:
    said = call(Relay(), method, query)

    assert (said["status"], said["code"]) == (status, code)
