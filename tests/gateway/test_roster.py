import pytest

from dispatch.gateway.roster import Behind, Roster, button_key
from dispatch.wiring import Button, SiaDc09
from protocol.messages import Kit
from tests.gateway.rig import (
    ACCOUNT,
    BUTTON,
    BUTTON_KEY,
    KEY,
    KIT,
    PANEL,
    SEALED,
    SEALED_ACCOUNT,
    WIRING_KEY,
    kit_device,
)


@pytest.fixture
def roster() -> Roster:
    return Roster(WIRING_KEY)


def test_it_knows_the_panels_by_account_and_their_keys(roster: Roster) -> None:
    roster.greeted()
    roster.take(KIT)
    assert roster.is_known
    assert roster.panels == {ACCOUNT: PANEL, SEALED_ACCOUNT: SEALED}
    assert roster.accounts[ACCOUNT].key is None
    assert roster.accounts[SEALED_ACCOUNT].key == KEY
    assert button_key(roster.devices[BUTTON]) == BUTTON_KEY
    assert button_key(roster.devices[PANEL]) is None
    assert button_key(None) is None


def test_a_panel_that_writes_local_time_has_its_own_offset(roster: Roster) -> None:
    roster.take(Kit(devices=(kit_device(PANEL, SiaDc09(ACCOUNT, clock_offset_s=-18_000)),)))
    assert roster.accounts[ACCOUNT].window.clock_offset_s == -18_000


def test_it_is_known_when_all_were_named(roster: Roster) -> None:
    roster.greeted()
    roster.take(Kit(devices=KIT.devices[:1], complete=False))
    assert not roster.is_known
    roster.take(Kit(devices=KIT.devices[1:]))
    assert roster.is_known
    assert len(roster.devices) == 3


def test_what_is_not_named_after_a_new_welcome_is_gone_and_the_rest_was_served_meanwhile(
    roster: Roster,
) -> None:
    roster.greeted()
    roster.take(KIT)
    roster.greeted()
    assert ACCOUNT in roster.panels
    roster.take(Kit(devices=KIT.devices[1:]))
    assert roster.panels == {SEALED_ACCOUNT: SEALED}


def test_changes_are_in_force_at_once_and_heard_of(roster: Roster) -> None:
    heard: list[tuple[str, Behind | None]] = []
    roster.watchers.append(lambda device_id, behind: heard.append((device_id, behind)))
    roster.greeted()
    roster.take(KIT)
    assert [device_id for device_id, _ in heard] == [PANEL, SEALED, BUTTON]
    roster.take(KIT)  # nothing new
    assert len(heard) == 3
    roster.take(Kit(devices=(kit_device(PANEL, SiaDc09("beef")),)))
    assert roster.panels == {"BEEF": PANEL, SEALED_ACCOUNT: SEALED}
    roster.take(Kit(removed=(PANEL, "never-known")))
    assert roster.panels == {SEALED_ACCOUNT: SEALED}
    assert heard[-1] == (PANEL, None)
    assert len(heard) == 5


def test_an_account_that_two_panels_have_is_the_latters_until_it_goes(roster: Roster) -> None:
    roster.greeted()
    roster.take(Kit(devices=(kit_device(PANEL, SiaDc09(ACCOUNT)),)))
    roster.take(Kit(devices=(kit_device("panel-9", SiaDc09(ACCOUNT)),)))
    assert roster.panels == {ACCOUNT: "panel-9"}
    roster.take(Kit(removed=(PANEL,)))
    assert roster.panels == {ACCOUNT: "panel-9"}


def test_wiring_that_does_not_open_is_counted_and_costs_no_other(roster: Roster) -> None:
    roster.greeted()
    theirs = kit_device(PANEL, SiaDc09(ACCOUNT), key=bytes(range(64)))
    roster.take(Kit(devices=(theirs, kit_device(BUTTON, Button(BUTTON_KEY.hex())))))
    assert roster.unreadable == 1
    assert roster.panels == {}
    assert button_key(roster.devices[BUTTON]) == BUTTON_KEY
    roster.take(Kit(devices=(kit_device(PANEL, SiaDc09(ACCOUNT)),)))
    assert (roster.unreadable, roster.panels) == (0, {ACCOUNT: PANEL})
    roster.take(Kit(devices=(kit_device(PANEL, None),)))
    assert (roster.unreadable, roster.panels) == (0, {})
