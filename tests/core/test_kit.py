"""What is wrong is counted once, and the control room is told no faster than it can look."""

from dispatch.core.kit import Kit, OpenTrouble, Watched
from dispatch.core.limits import TROUBLES_TOLD_BURST, TROUBLES_TOLD_PER_S
from protocol.vocabulary import Role, TroubleKind

TAMPER, FAULT = TroubleKind.TAMPER, TroubleKind.FAULT


def watched(name: str) -> Watched:
    return Watched(name, Role.SIREN, 0.0)


def test_what_is_open_is_found_newest_first_and_counted_by_kind():
    kit = Kit()
    one, two = watched("one"), watched("two")
    kit.watch(one)
    kit.watch(two)
    kit.opened(one, TAMPER, OpenTrouble("1", 10))
    kit.opened(two, TAMPER, OpenTrouble("2", 20))
    kit.opened(one, FAULT, OpenTrouble("3", 30))
    assert list(kit.newest_open(2)) == [("one", FAULT), ("two", TAMPER)]
    assert (kit.open_count, kit.open_by_kind[TAMPER]) == (3, 2)
    assert kit.closed(one, TAMPER) == OpenTrouble("1", 10)
    assert list(kit.newest_open(9)) == [("one", FAULT), ("two", TAMPER)]
    assert kit.open_by_kind[TAMPER] == 1


def test_a_device_comes_with_the_troubles_that_it_has():
    kit = Kit()
    device = watched("one")
    device.troubles[FAULT] = OpenTrouble("1", 10)
    kit.watch(device)
    assert list(kit.newest_open(9)) == [("one", FAULT)]
    kit.closed(device, FAULT)
    kit.forget(device)
    assert (kit.watched, kit.open_count) == ({}, 0)


def test_patience_is_spent_and_comes_back():
    kit = Kit()
    spent = [kit.may_tell(1_000.0) for _ in range(TROUBLES_TOLD_BURST + 1)]
    assert spent == [True] * TROUBLES_TOLD_BURST + [False]
    assert sum(kit.may_tell(1_000.5) for _ in range(100)) == TROUBLES_TOLD_PER_S // 2
    assert sum(kit.may_tell(9_000.0) for _ in range(1_000)) == TROUBLES_TOLD_BURST


def test_what_is_due_is_a_device_or_the_control_room():
    kit = Kit()
    assert kit.next_s() is None
    kit.deadlines.remind(50.0, "one")
    assert kit.next_s() == 50.0
    kit.tell_at_s = 20.0
    assert kit.next_s() == 20.0
