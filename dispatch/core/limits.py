"""Every bound of the core in one place, and how they depend on one another.

The bounds that clients rely on as well stand in `protocol.limits`.

What is not bounded here is bounded by the enrolled devices, whose number the operator chooses.
"""

from typing import Final

from protocol.limits import (
    CAMERAS_PER_FRONT_MAX,
    PICTURES_SHOWN,
    PING_INTERVAL_S,
    QUIET_DEADLINE_S,
    REPORTS_SHOWN,
)
from protocol.vocabulary import Role

# --- alerts -------------------------------------------------------------------------------------
OPEN_ALERTS_MAX: Final = 50_000
CLOSED_ALERTS_KEPT: Final = 20_000
CLOSED_ALERT_KEPT_S: Final = 3_600.0
SIGNALS_PER_ALERT_REMEMBERED: Final = 256
"""Ids of folded signals that a retransmission may name; one alert never holds more."""
UPDATE_INTERVAL_S: Final = 1.0
"""Folded signals and moves of an alert are told at most this often; its first never waits."""
KEEP_WITHIN_S: Final = 12.0
"""Who shows an alert is journalled with the next thing that becomes of it (an answer, or a step of
escalation for want of one), at the latest after so long."""

# --- deduplication ------------------------------------------------------------------------------
REPEAT_WINDOW_S: Final = 300.0
CORROBORATION_WINDOW_S: Final = 120.0
CORROBORATION_RADIUS_M: Final = 100.0
CORROBORATION_ACCURACY_CREDIT_M: Final = 50.0
"""At most this much of each fix's own uncertainty widens the radius: a phone that knows only its
cell tower must not swallow a quarter of the city."""

# --- places -------------------------------------------------------------------------------------
ACCURACY_UNKNOWN_M: Final = 30.0
ACCURACY_USABLE_M: Final = 5_000.0
LAST_KNOWN_MAX_AGE_S: Final = 900.0

# --- the answer ---------------------------------------------------------------------------------
ARRIVAL_DEADLINE_S: Final = 600.0
"""Without an ETA, an owner that has not arrived by then is called overdue."""
ARRIVAL_GRACE: Final = 1.5
"""With one, at this multiple of it, but no sooner than `ARRIVAL_GRACE_MIN_S`."""
ARRIVAL_GRACE_MIN_S: Final = 120.0
DOUBTFUL_FROM_FALSE_ALARMS: Final = 3

# --- the kit ------------------------------------------------------------------------------------
HEARTBEAT_S: Final = dict.fromkeys(Role, 90) | {Role.CAMERA: 300}
"""How often a device of each role should be heard from unless the registry says otherwise: a silent
one is noticed within twice that."""
MISSING_AFTER: Final = 1.8
"""Of the time within which a device should be heard from: then it is missing. Less than twice, for
what is between it and us."""
STOOD_STILL_S: Final = 5.0
"""Whoever looks so late has heard nobody meanwhile: then everyone has a fresh interval."""
SELF_TEST_EVERY_S: Final = 7 * 86_400.0
"""A button that nobody pressed as a test for so long is a trouble."""
BATTERY_LOW_PERCENT: Final = 20
"""At most so much is low..."""
BATTERY_GOOD_PERCENT: Final = 30
"""... until it is at least this again, so that a battery on the brink does not flutter."""
SEEN_KEPT_EVERY_S: Final = 1_800.0
"""The journal is given what is known of a device at least this often while it is heard from: 10,000
devices are 6 lines a second, and 150 MB a day while PostgreSQL is away."""
DEVICES_PER_TICK: Final = 25
"""Devices looked at in one go: presses have their turn in between, though a whole city falls
silent."""
TROUBLES_TOLD_BURST: Final = 50
"""Troubles that the control room is told of at once ..."""
TROUBLES_TOLD_PER_S: Final = 20
"""... and how many a second after that: a power cut is thousands, and alerts must be seen."""
TROUBLES_TOLD_EVERY_S: Final = 1.0
"""... so many together, with how many there are."""
TROUBLES_SHOWN_MAX: Final = 50
"""Open troubles that a device is shown when it comes, the newest; and told how many there are."""
PATROL_TOLD_EVERY_S: Final = 2.0
"""A patrol that moves is shown to the control room this often at most."""
CATCH_UP_SLICE: Final = 200
"""Open alerts that a control room is shown at a stretch when it comes: 3 ms. Presses have their
turn in between."""
ROSTER_SLICE: Final = 200
"""Devices behind a gateway that it is told of at a stretch: presses have their turn in between."""
SIREN_ANSWER_S: Final = 5.0
"""A siren that has not said by then that it sounds is unreachable, as far as we know."""
SIREN_GRACE_S: Final = 3.0
"""So long after its time a siren that said nothing counts as silent: it stops by itself."""
PICTURES_PER_CAMERA: Final = 2
"""Of one alert: one at once, and one a while later."""
LOOK_HOLDS_S: Final = 60.0
"""For so long after an alert began a gateway that comes back is asked for missing pictures..."""
SPOKEN_FOR_MAX: Final = 5_000
"""Presses and messages that a console waits to hear of; if one is pushed out, it asks again."""
LOOKS_REPEATED_MAX: Final = 1_000
"""... of so many alerts, the newest."""
PICTURE_PATH_HOLDS_S: Final = 900
"""How long a picture can be read by the path that an alert shows."""

# --- push ---------------------------------------------------------------------------------------
PUSH_AFTER_S: Final = 2.0
"""A handheld that is connected and has not said by then that it shows the alert is pushed to."""
PUSH_TTL_S: Final = 300
"""A push that could not be brought to its device by then is dropped: a later step has sent another,
or the alert has been answered."""
NEWS_TTL_S: Final = 3_600
"""How far a call for help has got is worth knowing for longer."""

# --- messages to a front ------------------------------------------------------------------------
MESSAGE_USEFUL_S: Final = 4 * 3_600.0
"""Whoever comes later than this is not sent it any more: it would only mislead."""
MESSAGES_PER_FRONT_MAX: Final = 10
"""Messages to one front that are kept for whoever is away, the newest."""
MESSAGES_AT_ONCE: Final = 5
"""Messages that one sender may send at once ..."""
MESSAGES_EVERY_S: Final = 10.0
"""... and one more in so long after that."""
MESSAGE_SLICE: Final = 100
"""Members that are sent a message at a stretch: presses have their turn in between."""
MESSAGES_SHOWN_MAX: Final = 50
"""Messages that a control room is shown when it comes, the newest."""

# --- latency budgets, in milliseconds -----------------------------------------------------------
BUDGET_MS: Final = {
    "received": 2_000,  # the network between the press and us
    "sent": 50,  # our own work
    "delivered": 1_000,  # the network to the first handheld
    "accepted": 10_000,  # the patrol; the first step of escalation
    "arrived": 270_000,  # the national reaction time, 4.5 min
}

assert QUIET_DEADLINE_S >= 2 * PING_INTERVAL_S, "a client must be able to miss one ping"  # noqa: S101
assert CORROBORATION_WINDOW_S <= REPEAT_WINDOW_S  # noqa: S101
assert REPORTS_SHOWN < SIGNALS_PER_ALERT_REMEMBERED  # noqa: S101
assert PICTURES_PER_CAMERA * CAMERAS_PER_FRONT_MAX <= PICTURES_SHOWN  # noqa: S101
assert CLOSED_ALERT_KEPT_S > REPEAT_WINDOW_S, "a late retry must find its closed alert"  # noqa: S101
assert 1 < MISSING_AFTER < 2, "later than one heartbeat, noticed within two"  # noqa: S101
assert BATTERY_LOW_PERCENT < BATTERY_GOOD_PERCENT  # noqa: S101
