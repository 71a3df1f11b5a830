"""Cameras look at what happens on their front, and only those who may see it are shown it."""

from dispatch.core.facts import FactKind
from dispatch.core.limits import LOOK_HOLDS_S, PICTURE_PATH_HOLDS_S, UPDATE_INTERVAL_S
from dispatch.core.picture_paths import path_fault
from dispatch.core.registry import Device
from protocol.messages import Command
from protocol.vocabulary import Action, ErrorCode, Kind, Role
from tests.core.town import MIDDLE, PICTURE_KEY, Town, signal_id

LOOK = Action.LOOK


def town_with(*devices: str) -> Town:
    town = Town()
    town.connect("patrol-1", "carla", "ana", *devices)
    return town


def looks(town: Town, gateway: str = "gateway") -> list[tuple[str, str | None]]:
    return [(command.alert_id, command.device_id) for command in town.commands(gateway, LOOK)]


# --- looking --------------------------------------------------------------------------------------


def test_the_cameras_of_the_front_look_each_through_its_gateway():
    town = town_with("gateway")
    town.handle(Device("gateway-2", Role.GATEWAY, "Otra"))
    town.handle(Device("camera-2", Role.CAMERA, "C2", front_id="frente-1", gateway_id="gateway-2"))
    town.handle(Device("camera-3", Role.CAMERA, "C3", front_id="frente-1"))
    town.handle(Device("camera-4", Role.CAMERA, "C4", front_id="otro", gateway_id="gateway"))
    town.connect("gateway-2")
    alert = town.press("carla", at=MIDDLE)
    assert town.commands("gateway", LOOK) == [
        Command(action=LOOK, alert_id=alert, device_id="camera")
    ]
    assert looks(town, "gateway-2") == [(alert, "camera-2")]


def test_they_look_in_silence_too_and_once_an_alert():
    town = town_with("gateway")
    alert = town.press("carla", at=MIDDLE, kind=Kind.SILENT)
    town.press("carla", at=MIDDLE)
    town.press("wall")
    assert looks(town) == [(alert, "camera")]


def test_without_a_front_nobody_looks():
    town = town_with("gateway")
    town.press("ana", at=MIDDLE)
    assert looks(town) == []


def test_a_gateway_that_comes_back_is_asked_for_what_is_missing_of_young_alerts():
    town = town_with()
    alert = town.press("carla", at=MIDDLE)
    town.connect("gateway")
    assert looks(town) == [(alert, "camera")]
    town.picture(alert, 1)
    town.connect("gateway")
    assert len(looks(town)) == 2
    town.picture(alert, 2)
    town.connect("gateway")
    assert len(looks(town)) == 2
    town.press("wall", kind=Kind.FIRE)
    town.after(LOOK_HOLDS_S + 1)
    asked = len(looks(town))
    town.connect("gateway")
    assert len(looks(town)) == asked


# --- pictures -------------------------------------------------------------------------------------


def test_a_picture_is_shown_with_a_path_that_opens_it_for_a_while():
    town = town_with("gateway")
    alert = town.press("carla", at=MIDDLE)
    town.after(2 * UPDATE_INTERVAL_S)
    picture_id = town.picture(alert)
    (shown,) = town.alerts("patrol-1")[-1].pictures
    assert (shown.picture_id, shown.device_id, shown.camera) == (picture_id, "camera", "Cámara 1")
    assert shown.taken_at_ms == town.now.wall_ms - 40
    seal, until_s = shown.path.rpartition("seal=")[2], town.now.wall_ms // 1000 + 900
    assert shown.path.startswith(f"/v1/pictures/{picture_id}.jpg?until={until_s}&")
    now_s = town.now.wall_ms / 1000
    assert path_fault(picture_id, until_s, seal, PICTURE_KEY, now_s) is None
    assert path_fault(picture_id, until_s, seal, PICTURE_KEY, now_s + PICTURE_PATH_HOLDS_S + 1)
    assert [fact.device_id for fact in town.facts if fact.kind is FactKind.PICTURE] == ["camera"]


def test_a_newer_version_has_a_newer_path():
    town = town_with("gateway")
    alert = town.press("carla", at=MIDDLE)
    town.picture(alert)
    town.after(UPDATE_INTERVAL_S)
    town.after(600)
    old, new = town.alerts("patrol-1")[-2:]
    assert old.pictures[0].path != new.pictures[0].path


def test_what_is_kept_does_not_open_it():
    town = town_with("gateway")
    alert = town.press("carla", at=MIDDLE)
    town.after(UPDATE_INTERVAL_S)
    town.picture(alert)
    town.after(60)
    views = [entry.view for line in town.lines for entry in line.entries if entry.view]
    assert b'"picture_id"' in views[-1]
    assert not any(b"seal=" in view for view in views)
    assert "seal=" in town.alerts("patrol-1")[-1].pictures[0].path


def test_said_again_it_changes_nothing():
    town = town_with("gateway")
    alert = town.press("carla", at=MIDDLE)
    town.picture(alert)
    town.after(UPDATE_INTERVAL_S)
    shown, kept = len(town.alerts("patrol-1")), len(town.lines)
    town.picture(alert)
    assert (len(town.alerts("patrol-1")), len(town.lines)) == (shown, kept)
    assert town.errors("gateway") == []


def test_a_picture_that_comes_after_the_end_is_kept_and_shown_to_nobody():
    town = town_with("gateway")
    alert = town.press("carla", at=MIDDLE)
    town.accept("patrol-1", alert)
    town.close("patrol-1", alert)
    shown = len(town.alerts("patrol-1"))
    town.picture(alert)
    town.after(10)
    assert len(town.alerts("patrol-1")) == shown
    (entry,) = town.lines[-1].entries
    assert b'"picture_id"' in (entry.view or b"")


def refused(town: Town, alert: str, number: int = 1, *, camera: str = "camera") -> str:
    """Why a picture was refused."""
    before = len(town.errors("gateway"))
    town.picture(alert, number, camera=camera)
    assert len(town.errors("gateway")) == before + 1
    return town.reasons(FactKind.DENIED)[-1]


def test_pictures_come_from_the_fronts_own_cameras_behind_this_gateway():
    town = town_with("gateway")
    town.handle(Device("camera-3", Role.CAMERA, "C3", front_id="frente-1"))
    town.handle(Device("camera-4", Role.CAMERA, "C4", front_id="otro", gateway_id="gateway"))
    alert = town.press("carla", at=MIDDLE)
    assert refused(town, alert, camera="camera-3") == "not_behind_gateway"
    assert refused(town, alert, camera="nobody") == "not_behind_gateway"
    assert refused(town, alert, camera="camera-4") == "not_your_alert"
    assert refused(town, alert, camera="relay") == "not_your_alert"
    assert refused(town, signal_id(77)) == "unknown_alert"
    assert refused(town, town.press("ana", at=(500, 500))) == "not_your_alert"
    assert ErrorCode.UNKNOWN_ALERT in town.errors("gateway")
    assert town.alert(alert).pictures == []


def test_a_camera_has_two_pictures_an_alert():
    town = town_with("gateway")
    alert = town.press("carla", at=MIDDLE)
    town.picture(alert, 1)
    town.picture(alert, 2)
    assert refused(town, alert, 3) == "enough_pictures"
    town.picture(alert, 2)
    assert len(town.errors("gateway")) == 1
    assert len(town.alert(alert).pictures) == 2


def test_only_whoever_may_see_the_alert_is_shown_its_pictures():
    town = town_with("gateway", "patrol-far", "operator")
    alert = town.press("carla", at=MIDDLE)
    town.picture(alert)
    town.after(UPDATE_INTERVAL_S)
    assert town.alerts("patrol-far") == []
    assert town.alerts("operator")[-1].pictures == town.alerts("patrol-1")[-1].pictures != ()
