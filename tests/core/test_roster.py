"""What gateways are told of the devices behind them: all of them, once, and nobody else's."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.events import Tick
from dispatch.core.limits import HEARTBEAT_S, ROSTER_SLICE
from dispatch.core.registry import Device, Removed
from protocol import MAX_FRAME_BYTES
from protocol.codec import encode
from protocol.messages import Kit, KitDevice
from protocol.vocabulary import Role
from tests.core.town import Town

BOX = b"box" * 20
GATEWAY = Device("gateway-2", Role.GATEWAY, "Pasarela 2")


def panel(number: int, **fields) -> Device:
    name = f"panel-{number}"
    return Device(name, Role.BUTTON, name, gateway_id="gateway-2", wiring=BOX, **fields)


def town_with(count: int) -> Town:
    gateways = (GATEWAY, replace(GATEWAY, device_id="gateway"))
    return Town([*gateways, *(panel(number) for number in range(count))])


def kits(town: Town) -> list[Kit]:
    return town.got("gateway-2", Kit)


def named(town: Town) -> list[str]:
    return [device.device_id for kit in kits(town) for device in kit.devices]


def test_after_its_welcome_a_gateway_is_told_of_every_device_behind_it():
    town = town_with(2)
    town.handle(Device("other", Role.BUTTON, "De otra", gateway_id="gateway"))
    town.connect("gateway-2")
    assert kits(town) == []  # first the welcome, and whoever presses
    town.after(0)
    (kit,) = kits(town)
    assert kit.complete
    assert kit.devices[0] == KitDevice(
        device_id="panel-0",
        role=Role.BUTTON,
        front_id=None,
        heartbeat_s=HEARTBEAT_S[Role.BUTTON],
        wiring="Ym94" * 20,
    )
    assert named(town) == ["panel-0", "panel-1"]


def test_a_gateway_with_nothing_behind_it_is_told_so():
    town = town_with(0)
    town.connect("gateway-2")
    town.after(0)
    assert kits(town) == [Kit(devices=(), removed=(), complete=True)]


def test_thousands_come_in_slices_and_the_last_frame_says_that_it_was_all():
    town = town_with(2 * ROSTER_SLICE + 1)
    town.connect("gateway-2")
    ticks = 0
    while town.city.rosters:
        assert len(named(town)) == ROSTER_SLICE * ticks
        town.handle(Tick())
        ticks += 1
    assert ticks == 3
    assert named(town) == [f"panel-{number}" for number in range(2 * ROSTER_SLICE + 1)]
    assert [kit.complete for kit in kits(town)] == [False] * (len(kits(town)) - 1) + [True]


def test_two_gateways_take_turns():
    town = town_with(3 * ROSTER_SLICE)
    town.connect("gateway-2", "gateway")
    town.handle(Tick())
    town.handle(Tick())
    assert town.got("gateway", Kit)[-1].complete
    assert not kits(town)[-1].complete


def test_a_gateway_that_leaves_is_not_told_on_and_starts_anew():
    town = town_with(ROSTER_SLICE + 1)
    town.connect("gateway-2")
    town.handle(Tick())
    town.disconnect("gateway-2")
    town.after(0)
    assert len(named(town)) == ROSTER_SLICE
    town.forget_frames()
    town.connect("gateway-2")
    town.after(0)
    assert len(named(town)) == ROSTER_SLICE + 1
    town.connect("gateway-2")
    town.handle(replace(GATEWAY, revoked=True))
    assert town.city.rosters == {}


def test_what_changes_is_told_at_once():
    town = town_with(1)
    town.connect("gateway-2")
    town.after(0)
    town.forget_frames()
    town.handle(panel(1))
    town.handle(panel(1, front_id="frente-1"))
    town.handle(replace(panel(1, front_id="frente-1"), name="Otro", token_hash=b"t" * 32))
    town.handle(replace(panel(1), revoked=True))
    town.handle(replace(panel(1), revoked=True))
    town.handle(replace(panel(0), gateway_id="gateway"))
    town.handle(panel(0))
    town.handle(Removed(Device, "panel-0"))
    town.handle(Removed(Device, "panel-0"))
    said = [([device.device_id for device in kit.devices], kit.removed) for kit in kits(town)]
    assert said == [
        (["panel-1"], ()),
        (["panel-1"], ()),
        ([], ("panel-1",)),
        ([], ("panel-0",)),
        (["panel-0"], ()),
        ([], ("panel-0",)),
    ]
    assert all(kit.complete for kit in kits(town))


def test_what_changes_before_all_was_told_does_not_say_that_it_was_all():
    town = town_with(ROSTER_SLICE + 2)
    town.connect("gateway-2")
    town.handle(Tick())
    town.forget_frames()
    last, before_last = panel(ROSTER_SLICE + 1), panel(ROSTER_SLICE)
    town.handle(replace(last, gateway_id=None))
    town.handle(replace(before_last, heartbeat_s=7))
    assert [kit.complete for kit in kits(town)] == [False, False]
    town.after(0)
    assert kits(town)[-1].complete
    assert named(town) == [before_last.device_id] * 2  # as it is now, and nothing of the other
    assert {device.heartbeat_s for kit in kits(town) for device in kit.devices} == {7}


@given(st.lists(st.tuples(st.integers(1, 64), st.integers(0, 64), st.integers(0, 1_024))))
def test_every_frame_fits(sizes):
    things = [GATEWAY]
    for number, (id_chars, front_chars, box_bytes) in enumerate(sizes):
        things.append(
            Device(
                f"{number}:".ljust(id_chars, "d")[:64],
                Role.SUPERVISOR,
                "D",
                front_id="f" * front_chars or None,
                gateway_id="gateway-2",
                heartbeat_s=604_800,
                wiring=b"w" * box_bytes or None,
            )
        )
    town = Town(things)
    town.connect("gateway-2")
    town.after(0)
    assert named(town) == [thing.device_id for thing in things[1:]]
    assert all(len(encode(kit)) <= MAX_FRAME_BYTES for kit in kits(town))
