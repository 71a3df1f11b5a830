from dispatch.gateway.bounds import (
    ADDRESSES_REMEMBERED,
    CONNECTIONS_MAX,
    FRAMES_BURST,
    FRAMES_PER_S,
    STRANGERS_MAX,
    STRANGERS_PER_ADDRESS_MAX,
)
from dispatch.gateway.door import Door, Pace, Paces


def test_one_address_has_room_for_so_many_strangers() -> None:
    door = Door()
    assert all(door.enter("192.0.2.1") for _ in range(STRANGERS_PER_ADDRESS_MAX))
    assert not door.enter("192.0.2.1")
    assert door.enter("192.0.2.2")
    door.known("192.0.2.1")
    assert door.enter("192.0.2.1")


def test_strangers_of_all_addresses_leave_room_for_those_who_belong_here() -> None:
    door = Door()
    for number in range(STRANGERS_MAX):
        assert door.enter(f"host-{number}")
    assert not door.enter("one-more")
    door.leave("host-0", stranger=True)
    assert door.enter("one-more")


def test_a_thousand_panels_behind_one_address_come_in_as_they_say_something_good() -> None:
    door = Door()
    for _ in range(CONNECTIONS_MAX):
        assert door.enter("192.0.2.1")
        door.known("192.0.2.1")
    assert not door.enter("192.0.2.2")
    door.leave("192.0.2.1", stranger=False)
    assert door.connections == CONNECTIONS_MAX - 1
    assert door.enter("192.0.2.2")


def test_a_burst_may_come_and_then_only_so_many_a_second() -> None:
    pace = Pace(0.0)
    assert [pace.allows(0.0) for _ in range(FRAMES_BURST + 1)] == [True] * FRAMES_BURST + [False]
    assert sum(pace.allows(1.0) for _ in range(FRAMES_BURST)) == FRAMES_PER_S


def test_each_address_has_its_own_pace_and_the_latest_are_remembered() -> None:
    paces = Paces()
    for _ in range(FRAMES_BURST + 1):
        last = paces.allows("flood", 0.0)
    assert not last
    assert paces.allows("other", 0.0)
    for number in range(ADDRESSES_REMEMBERED):
        paces.allows(number, 0.0)
    assert paces.allows("flood", 0.0)  # forgotten, as a whole city was heard since
