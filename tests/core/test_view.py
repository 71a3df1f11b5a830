"""What each side is shown, up to the largest frame that the registry's bounds allow."""

import re
from pathlib import Path

import shapely

from dispatch.core.locate import Locator
from dispatch.core.moment import Moment
from dispatch.core.quadrants import Edition, Quadrant
from dispatch.core.registry import Device, Front, Person, Spot
from dispatch.core.view import alert_view, quadrant_view, sender_view
from dispatch.store import migrations
from protocol import MAX_FRAME_BYTES
from protocol.codec import decode_server, encode
from protocol.limits import (
    ADDRESS_CHARS,
    CAMERAS_PER_FRONT_MAX,
    CODE_CHARS,
    NAME_CHARS,
    NEIGHBOUR_QUADRANTS_MAX,
    NOTE_CHARS,
    PHONE_CHARS,
    PICTURES_SHOWN,
    REPORTS_SHOWN,
    SECONDARY_QUADRANTS_MAX,
    SIRENS_SHOWN,
)
from protocol.messages import Accept, Arrive, Close, Signal
from protocol.vocabulary import Kind, Outcome, Role
from tests.core.town import (
    LAT,
    LOCATOR,
    LON,
    MIDDLE,
    PICTURE_KEY,
    M,
    Town,
    fix,
    residents,
    signal_id,
)

WIDE = "Ñ"
"""Two bytes of UTF-8: the bounds allow names and addresses of nothing but accents."""


def longest(name: str) -> int:
    """The most characters that a domain of the database holds."""
    sql = "".join(path.read_text() for path in sorted(Path(migrations.__path__[0]).glob("*.sql")))
    domain = re.search(rf"CREATE DOMAIN {name} AS.*?;", sql, re.DOTALL)
    assert domain, f"the migrations define no {name}"
    bound = re.search(
        r"(?:(?:char|octet)_length\(VALUE\) (?:<=|BETWEEN 1 AND)|\{1,) ?(\d+)", domain[0]
    )
    assert bound, f"{name} is not bounded"
    return int(bound[1])


def test_the_database_lets_in_no_text_that_a_frame_has_no_room_for():
    assert longest("label") <= NAME_CHARS
    assert longest("address") <= ADDRESS_CHARS
    assert longest("phone") <= PHONE_CHARS
    assert longest("code") <= CODE_CHARS
    assert longest("registry_id") <= 64


def code(number: int) -> str:
    return f"{number:02}".rjust(CODE_CHARS, "C")


def crowded_town() -> Town:
    """Every text as long as it may be, and quadrants so small that one press reaches them all."""
    name, phone = WIDE * NAME_CHARS, "5" * PHONE_CHARS
    side = 40 * M
    strips = Edition(
        code(99),
        tuple(
            Quadrant(
                code(number),
                name,
                name,
                name,
                phone,
                shapely.box(LON, LAT + number * side, LON + 1_000 * M, LAT + (number + 1) * side),
            )
            for number in range(30)
        ),
    )
    person_id = "p" * 64
    things = [
        Person(person_id, name, phone, false_alarms=1_000_000),
        Front("f" * 64, name, name, None, person_id, 999, 999, 999),
        Device("supervisor", Role.SUPERVISOR, name),
        *(
            Device(
                f"{number}".rjust(64, "d"),
                Role.BUTTON,
                name,
                person_id,
                "f" * 64,
                spot=Spot(LAT + 610 * M, LON + 500 * M, WIDE * ADDRESS_CHARS),
            )
            for number in range(REPORTS_SHOWN + 1)
        ),
        Device("gateway", Role.GATEWAY, name),
        *(
            Device(
                f"{role[0]}{number}".rjust(64, "d"),
                role,
                name,
                front_id="f" * 64,
                gateway_id="gateway",
            )
            for role, count in ((Role.SIREN, SIRENS_SHOWN), (Role.CAMERA, CAMERAS_PER_FRONT_MAX))
            for number in range(count)
        ),
        *(
            Device(
                f"{number}".rjust(64, "q"),
                Role.PATROL,
                name,
                quadrant=code(number),
            )
            for number in range(30)
        ),
    ]
    town = Town(things)
    town.city.registry.locator = Locator(strips)
    return town


def test_the_worst_alert_that_can_be_made_fits_one_frame():
    town = crowded_town()
    town.connect(*town.city.registry.devices)
    buttons = [each for each in town.city.registry.devices.values() if each.role is Role.BUTTON]
    at = fix((500, 610), accuracy_m=299.123456789, age_s=1_234.56789012)
    pressed_ms = town.now.wall_ms - 86_400_000
    town.say(buttons[0].device_id, Signal(signal_id(1), Kind.INTRUSION, pressed_ms, at))
    for number, button in enumerate(buttons[1:], 2):
        town.say(button.device_id, Signal(signal_id(number), Kind.INTRUSION))
    cameras = [each for each in town.city.registry.devices.values() if each.role is Role.CAMERA]
    for number, camera in enumerate((*cameras, *cameras)):
        town.picture(signal_id(1), number, camera=camera.device_id)
    town.after(40)
    alert = town.alert(signal_id(1))
    alert.late |= dict.fromkeys(("sent", "delivered", "accepted", "arrived"), 86_400_000)
    for patrol in ("9".rjust(64, "q"), "15".rjust(64, "q")):
        town.delivered(patrol, signal_id(1))
    town.say("15".rjust(64, "q"), Accept(signal_id(1), 14_400))
    town.say("15".rjust(64, "q"), Arrive(signal_id(1)))
    town.cancel(buttons[0].device_id, signal_id(1))
    town.say("15".rjust(64, "q"), Close(signal_id(1), Outcome.FALSE_ALARM, "🚨" * NOTE_CHARS))
    shown = town.alerts("supervisor")[-1]
    assert len(shown.told.secondary) == SECONDARY_QUADRANTS_MAX
    assert len(shown.reports) == REPORTS_SHOWN
    assert len(shown.late) == 5
    assert shown.outcome is Outcome.FALSE_ALARM
    assert (len(shown.sirens), len(shown.pictures)) == (SIRENS_SHOWN, PICTURES_SHOWN)
    alert.neighbours = tuple(code(number) for number in range(NEIGHBOUR_QUADRANTS_MAX))
    frame = encode(alert_view(alert, town.city.registry, town.now, PICTURE_KEY))
    assert len(frame) <= MAX_FRAME_BYTES
    assert len(frame) > MAX_FRAME_BYTES * 0.8, "the worst case is no longer bad enough"
    receipt = encode(town.receipts(buttons[0].device_id)[-1])
    assert len(receipt) <= MAX_FRAME_BYTES


def test_what_is_shown_survives_the_wire():
    town = Town()
    town.connect("patrol-1", "carla", "ana")
    alert = town.press("carla", at=MIDDLE)
    town.press("ana", at=MIDDLE)
    town.accept("patrol-1", alert, eta_s=60)
    for shown in (*town.alerts("patrol-1"), *town.receipts("carla")):
        assert decode_server(encode(shown)) == shown


def test_the_next_step_is_told_by_the_wall_clock_and_never_in_the_past():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.alert(town.press("ana", at=MIDDLE))
    due_s = alert.escalate_at_s
    for before_s, expected_ms in ((10.0, 10_000), (0.25, 250), (0.0, 0), (-3.0, 0)):
        view = alert_view(alert, town.city.registry, Moment(due_s - before_s, 7_000_000))
        assert view.escalation.next_at_ms == 7_000_000 + expected_ms


def test_late_stages_are_shown_with_what_they_took_and_may_take():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.alert(town.press("ana", at=MIDDLE))
    alert.late["sent"] = 71
    (late,) = alert_view(alert, town.city.registry, town.now).late
    assert (late.stage, late.took_ms, late.budget_ms) == ("sent", 71, 50)


def test_a_sender_that_is_no_longer_known_is_shown_by_its_id():
    town = Town([])
    view = sender_view(town.city.registry, "gone")
    assert (view.device_id, view.name, view.doubtful) == ("gone", "", False)


def test_an_owner_that_is_no_longer_known_is_shown_by_its_id():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.alert(town.press("ana", at=MIDDLE))
    town.accept("patrol-1", alert.alert_id)
    del town.city.registry.devices["patrol-1"]
    view = alert_view(alert, town.city.registry, town.now)
    assert (view.owner.name, view.owner.quadrant) == ("patrol-1", None)


def test_a_quadrant_is_shown_as_people_know_it():
    view = quadrant_view(LOCATOR.edition, "B2")
    assert (view.code, view.name, view.station) == ("B2", "Cuadrante B2", "E1")
    assert quadrant_view(LOCATOR.edition, None) is None
    assert quadrant_view(LOCATOR.edition, "Z9") is None
    assert len(residents()) > 10
