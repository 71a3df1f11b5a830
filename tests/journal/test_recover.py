"""A start finds every alert that a journal holds, and says what it cannot read."""

from dispatch.core.entry import MESSAGE, Entry
from dispatch.core.kit import Watched
from dispatch.core.limits import CLOSED_ALERT_KEPT_S
from dispatch.core.moment import Moment
from dispatch.core.snapshot import freeze, freeze_device, freeze_message
from dispatch.journal import recover as module
from dispatch.journal.recover import CLOCK_SET_BY_S, closed_since_ms, recover, this_boot
from tests.core.town import BOOT, MIDDLE, Town


def entry(state: bytes | None, alert_id: str = "a") -> Entry:
    return Entry("signal", 1, alert_id=alert_id, state=state)


def kit(town: Town) -> dict[str, Watched]:
    return town.city.kit.watched


def test_states_become_alerts_in_their_order_and_bad_ones_hold_up_nobody() -> None:
    town = Town()
    town.connect("patrol-1", "ana", "beto")
    first, second = town.press("ana", at=MIDDLE), town.press("beto")
    states = [freeze(town.alert(each), town.now, BOOT) for each in (first, second)]
    entries = [entry(states[0]), entry(b"spoilt"), entry(None), entry(states[1])]
    recovered = recover(entries, town.now, boot=BOOT)
    assert [alert.alert_id for alert in recovered.alerts] == [first, second]
    assert recovered.unreadable == 1


def test_the_kit_comes_back_but_for_what_is_not_watched_any_more() -> None:
    town = Town()
    town.connect("gateway", "wall")
    states = {name: freeze_device(each, town.now, BOOT) for name, each in kit(town).items()}
    entries = [
        Entry("seen", 1, device_id="wall", state=states["wall"]),
        Entry("uninstalled", 1, device_id="gateway", state=states["gateway"], is_open=False),
        Entry("seen", 1, device_id="spoilt", state=b""),
    ]
    recovered = recover(entries, town.now, boot=BOOT)
    assert recovered.kit == (kit(town)["wall"],)
    assert (recovered.alerts, recovered.unreadable) == ((), 1)


def test_messages_come_back_but_for_those_that_have_ended() -> None:
    town = Town()
    town.connect("operator")
    first, second = town.tell_front("operator"), town.tell_front("operator")
    said = town.city.messages.messages
    states = {name: freeze_message(each, town.now, BOOT) for name, each in said.items()}
    entries = [
        entry(states[first], MESSAGE + first),
        Entry("message_ended", 1, alert_id=MESSAGE + second, state=states[second], is_open=False),
        entry(b"spoilt", MESSAGE + "third"),
    ]
    recovered = recover(entries, town.now, boot=BOOT)
    assert recovered.messages == (said[first],)
    assert (recovered.alerts, recovered.unreadable) == ((), 1)


def test_closed_alerts_matter_for_as_long_as_a_retry_may_come() -> None:
    now = Moment(5.0, 10_000_000)
    assert closed_since_ms(now) == 10_000_000 - (CLOSED_ALERT_KEPT_S + CLOCK_SET_BY_S) * 1000


def test_a_boot_has_one_name_and_no_name_is_no_boot(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(module, "BOOT_ID", tmp_path / "missing")
    assert this_boot() == ""
    (tmp_path / "boot").write_text("b-1\n")
    monkeypatch.setattr(module, "BOOT_ID", tmp_path / "boot")
    assert this_boot() == this_boot() == "b-1"
