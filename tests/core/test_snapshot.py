"""Whatever an alert has become comes back the same; its deadlines keep their moment."""

import msgspec
import pytest
from msgspec.structs import replace

from dispatch.core.alert import Picture, Sounding
from dispatch.core.kit import Watched
from dispatch.core.limits import SELF_TEST_EVERY_S
from dispatch.core.moment import Moment
from dispatch.core.snapshot import UnreadableState, freeze, freeze_device, thaw, thaw_device
from protocol.messages import Condition, Contact, Seen
from protocol.vocabulary import Kind, SirenState, TroubleKind
from tests.core.town import BOOT, MIDDLE, Town


def a_life() -> tuple[Town, str]:
    """An alert with everything in it: corroborated, cancelled, escalated, owned."""
    town = Town()
    town.connect("patrol-1", "ana", "beto")
    alert_id = town.press("ana", at=MIDDLE)
    town.press("beto", at=MIDDLE, kind=Kind.SILENT)
    town.delivered("patrol-1", alert_id)
    town.cancel("ana", alert_id)
    town.after(11)
    town.accept("patrol-1", alert_id, eta_s=300)
    town.alert(alert_id).sirens["siren"] = Sounding(SirenState.ASKED, 1_130.0, 1_005.0)
    town.alert(alert_id).pictures.append(Picture("p-1", "camera", 7))
    return town, alert_id


def test_it_comes_back_as_it_was() -> None:
    town, alert_id = a_life()
    alert = town.alert(alert_id)
    assert alert.unstored
    assert thaw(freeze(alert, town.now, BOOT), town.now, BOOT) == alert


def test_within_one_boot_a_wall_clock_that_was_set_moves_no_deadline() -> None:
    town, alert_id = a_life()
    alert = town.alert(alert_id)
    later = Moment(town.now.mono_s + 5, town.now.wall_ms + 3_600_000)
    thawed = thaw(freeze(alert, town.now, BOOT), later, BOOT)
    assert thawed.due_s == alert.due_s
    assert thawed.last_press_of == alert.last_press_of


def test_after_a_reboot_the_time_away_counts() -> None:
    town, alert_id = a_life()
    alert = town.alert(alert_id)
    assert alert.owner is not None
    left_s = alert.owner.due_s - town.now.mono_s
    booted = Moment(12.0, town.now.wall_ms + 60_000)
    thawed = thaw(freeze(alert, town.now, BOOT), booted, "boot-2")
    assert thawed.owner is not None
    assert thawed.owner.due_s == pytest.approx(12.0 - 60 + left_s)
    ago_s = town.now.mono_s - alert.last_press_of["ana"].at_s
    assert thawed.last_press_of["ana"].at_s == pytest.approx(12.0 - 60 - ago_s)
    assert thawed.presses[alert_id].at_s == pytest.approx(12.0 - 60 - ago_s)


def test_a_wall_clock_that_went_back_brings_no_deadline_nearer_than_it_was() -> None:
    town, alert_id = a_life()
    state = freeze(town.alert(alert_id), town.now, BOOT)
    booted = Moment(12.0, town.now.wall_ms - 3_600_000)
    thawed = thaw(state, booted, "boot-2")
    due_s = town.alert(alert_id).due_s
    assert due_s is not None
    assert thawed.due_s == pytest.approx(12.0 + due_s - town.now.mono_s)


@pytest.mark.parametrize("spoil", [lambda state: state[:-3], lambda _: b"", lambda _: b"\xc1"])
def test_what_is_no_state_is_said(spoil: object) -> None:
    town, alert_id = a_life()
    state = freeze(town.alert(alert_id), town.now, BOOT)
    with pytest.raises(UnreadableState):
        thaw(spoil(state), town.now, BOOT)  # type: ignore[operator]


def test_a_state_of_another_shape_is_said() -> None:
    town, alert_id = a_life()
    other = msgspec.msgpack.encode({"alert": {"alert_id": alert_id}, "mono_s": 1, "wall_ms": 2})
    with pytest.raises(UnreadableState, match="alert"):
        thaw(other, town.now, BOOT)


def test_freezing_changes_nothing() -> None:
    town, alert_id = a_life()
    alert = town.alert(alert_id)
    before = replace(alert)
    freeze(alert, town.now, BOOT)
    assert alert == before


def test_a_state_that_nothing_changed_is_several_boots_old() -> None:
    """A reboot, and then a mere restart: its times still count from the first boot."""
    town, alert_id = a_life()
    state = freeze(town.alert(alert_id), town.now, BOOT)
    booted = Moment(12.0, town.now.wall_ms + 60_000)
    restarted = Moment(15.0, town.now.wall_ms + 63_000)
    assert thaw(state, restarted, "boot-2").due_s == thaw(state, booted, "boot-2").due_s
    assert thaw(state, restarted, "").due_s == thaw(state, restarted, "boot-2").due_s


# --- devices of the kit ---------------------------------------------------------------------------


def a_device() -> tuple[Town, Watched]:
    """A device that was heard from, measured, tested, and is open."""
    town = Town()
    town.connect("gateway")
    town.say("gateway", Contact((Seen("panel", 12, tested=True),)))
    town.say("gateway", Condition(TroubleKind.TAMPER, present=True, device_id="panel"))
    watched = town.city.kit.watched["panel"]
    assert len(watched.troubles) == 2
    return town, watched


def test_a_device_comes_back_as_it_was() -> None:
    town, watched = a_device()
    later = Moment(town.mono_s + 5, town.now.wall_ms + 3_600_000)
    assert thaw_device(freeze_device(watched, town.now, BOOT), later, BOOT) == watched


def test_after_a_reboot_the_week_of_a_device_goes_on() -> None:
    town, watched = a_device()
    booted = Moment(12.0, town.now.wall_ms + 60_000)
    thawed = thaw_device(freeze_device(watched, town.now, BOOT), booted, "boot-2")
    assert thawed.test_due_s == pytest.approx(12.0 + SELF_TEST_EVERY_S - 60)
    assert thawed.troubles == watched.troubles


def test_what_is_no_state_of_a_device_is_said() -> None:
    town, watched = a_device()
    with pytest.raises(UnreadableState):
        thaw_device(freeze_device(watched, town.now, BOOT)[:-3], town.now, BOOT)
