"""Whatever happens to an alert is in the journal, its newest state with its last line."""

import orjson

from dispatch.core.dispatcher import Dispatcher
from dispatch.core.entry import MESSAGE, Entry
from dispatch.core.facts import Fact, FactKind
from dispatch.core.journalled import is_kept
from dispatch.core.limits import KEEP_WITHIN_S
from dispatch.core.registry import Registry
from dispatch.core.snapshot import thaw, thaw_device, thaw_message
from protocol.vocabulary import AlertState, Outcome
from tests.core.chance import Chance
from tests.core.town import BOOT, LOCATOR, MIDDLE, Town, residents


def entries(town: Town) -> list[Entry]:
    return [entry for append in town.lines for entry in append.entries]


def newest_states(town: Town) -> dict[str, Entry]:
    return {
        entry.alert_id: entry
        for entry in entries(town)
        if entry.alert_id and entry.state and not entry.alert_id.startswith(MESSAGE)
    }


def newest_messages(town: Town) -> dict[str, Entry]:
    return {
        entry.alert_id.removeprefix(MESSAGE): entry
        for entry in entries(town)
        if entry.alert_id and entry.alert_id.startswith(MESSAGE)
    }


def newest_devices(town: Town) -> dict[str, Entry]:
    return {
        entry.device_id: entry
        for entry in entries(town)
        if entry.alert_id is None and entry.device_id and entry.state
    }


def test_a_life_is_told_line_by_line() -> None:
    town = Town()
    town.connect("patrol-1", "ana")
    alert_id = town.press("ana", at=MIDDLE)
    town.delivered("patrol-1", alert_id)
    town.accept("patrol-1", alert_id)
    town.arrive("patrol-1", alert_id)
    town.close("patrol-1", alert_id, Outcome.FALSE_ALARM)
    kinds = [entry.kind for entry in entries(town) if entry.alert_id == alert_id]
    assert kinds == [
        *("signal", "dispatched", "delivered", "accepted", "arrived", "closed", "false_alarm")
    ]
    last = newest_states(town)[alert_id]
    assert not last.is_open
    assert last.version == town.alert(alert_id).version
    assert orjson.loads(last.view or b"")["outcome"] == "false_alarm"


def test_of_one_event_only_the_last_line_of_an_alert_holds_its_state() -> None:
    town = Town()
    town.connect("patrol-1", "ana")
    town.press("ana", at=MIDDLE)
    signal, dispatched = (entry for entry in entries(town) if entry.alert_id)
    assert signal.state is None
    assert dispatched.state is not None


def test_a_change_without_a_fact_of_its_own_is_kept_as_well() -> None:
    town = Town()
    town.connect("patrol-1", "ana")
    alert_id = town.press("ana", at=MIDDLE)
    town.move("ana", (150, 150))
    town.after(2)
    assert entries(town)[-1].kind == FactKind.TOLD
    kept = newest_states(town)[alert_id].state or b""
    assert thaw(kept, town.now, BOOT).place == town.alert(alert_id).place


def test_all_who_show_an_alert_at_once_are_kept_with_one_state() -> None:
    town = Town()
    town.connect("patrol-1", "patrol-2", "ana")
    alert_id = town.press("ana", at=MIDDLE)
    town.delivered("patrol-1", alert_id)
    town.delivered("patrol-2", alert_id)
    last_two = [(line.kind, line.state) for line in entries(town)[-2:]]
    assert last_two == [(FactKind.DELIVERED, None)] * 2
    town.after(KEEP_WITHIN_S)
    assert [line.state is None for line in entries(town)[-2:]] == [True, False]
    kept = thaw(newest_states(town)[alert_id].state or b"", town.now, BOOT)
    assert kept.delivered.keys() == {"patrol-1", "patrol-2"}


def test_an_accept_soon_after_keeps_who_shows_it_as_well() -> None:
    town = Town()
    town.connect("patrol-1", "ana")
    alert_id = town.press("ana", at=MIDDLE)
    town.delivered("patrol-1", alert_id)
    town.accept("patrol-1", alert_id)
    kept = thaw(newest_states(town)[alert_id].state or b"", town.now, BOOT)
    assert kept.delivered.keys() == {"patrol-1"}
    lines = len(entries(town))
    town.after(KEEP_WITHIN_S)
    assert len(entries(town)) == lines


def test_what_connections_do_is_not_for_the_journal_unless_a_known_device_is_refused() -> None:
    assert not is_kept(Fact(FactKind.GREETED, 0, "app", "ana"))
    assert not is_kept(Fact(FactKind.REFUSED, 0, "hello_timeout"))
    assert is_kept(Fact(FactKind.REFUSED, 0, "revoked", "ana"))
    assert is_kept(Fact(FactKind.DENIED, 0, "role", "ana"))


def test_a_dispatcher_restored_from_the_newest_states_is_the_same() -> None:
    """The journal's promise, whatever chance brings: what it holds is all there is to know."""
    for seed in range(60):
        chance = Chance(seed)
        chance.play(60)
        town = chance.town
        town.after(KEEP_WITHIN_S)  # who shows an alert is kept a little later
        restored = Dispatcher(Registry(LOCATOR, residents()))
        states = newest_states(town).values()
        restored.restore(thaw(entry.state or b"", town.now, BOOT) for entry in states)
        for alert in town.city.board.alerts.values():
            twin = restored.city.board.alerts[alert.alert_id]
            twin.stages.sent_at_ms = alert.stages.sent_at_ms  # noted with whatever comes next
            twin.late, alert.late = {}, {}
            assert twin == alert, f"seed {seed}"
        assert restored.city.board.open_count == town.city.board.open_count
        for alert in restored.city.board.open_alerts():
            if alert.due_s is not None and alert.state is not AlertState.CLOSED:
                assert restored.city.deadlines.reminder_s(alert.alert_id) <= alert.due_s


def test_what_was_said_to_fronts_is_restored_from_the_newest_states() -> None:
    restored_any = False
    for seed in range(60):
        chance = Chance(seed)
        chance.play(60)
        town = chance.town
        town.after(KEEP_WITHIN_S)
        kept = {name: entry for name, entry in newest_messages(town).items() if entry.is_open}
        restored = Dispatcher(Registry(LOCATOR, residents()))
        restored.post(thaw_message(each.state or b"", town.now, BOOT) for each in kept.values())
        assert restored.city.messages.messages == town.city.messages.messages, f"seed {seed}"
        restored_any |= bool(kept)
    assert restored_any


def test_the_kit_is_restored_from_its_newest_states_with_all_that_is_wrong_with_it() -> None:
    for seed in range(60):
        chance = Chance(seed)
        chance.play(60)
        town = chance.town
        restored = Dispatcher(Registry(LOCATOR, []))
        kept = [entry for entry in newest_devices(town).values() if entry.is_open]
        kit = [thaw_device(entry.state or b"", town.now, BOOT) for entry in kept]
        restored.supervise(kit, town.now)
        before, after = town.city.kit, restored.city.kit
        troubled = {name for name, watched in before.watched.items() if watched.troubles}
        assert troubled <= set(after.watched) <= set(before.watched), f"seed {seed}"
        for name, watched in after.watched.items():
            assert watched.troubles == before.watched[name].troubles, f"seed {seed}"
            assert watched.test_due_s == before.watched[name].test_due_s
        assert after.open_by_kind == before.open_by_kind
