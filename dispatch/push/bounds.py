"""Every bound of the push side in one place."""

from typing import Final

ORDERS_PER_LANE_MAX: Final = 10_000
"""Orders that wait for one push service; the oldest go when there are more."""
SENDERS_PER_LANE: Final = 16
"""Requests to one push service at once, each on a connection of its own."""
ANSWER_WITHIN_S: Final = 5.0
"""A push service that does not answer by then has failed."""
KEEP_CONNECTION_S: Final = 120.0
ATTEMPTS_MAX: Final = 6
"""Of one order; after that the next step of calling has sent another."""
RETRY_FIRST_S: Final = 0.5
RETRY_CAP_S: Final = 15.0
RETRY_AFTER_MAX_S: Final = 120.0
"""What a push service may ask us to wait."""
FAILURES_TO_OPEN: Final = 5
"""So many failures one after another, and a push service is left alone ..."""
OPEN_FIRST_S: Final = 2.0
OPEN_CAP_S: Final = 60.0
"""... for so long, doubled while it stays so; then a single order tries."""
TOKEN_VALID_S: Final = 3_600
"""Of what says that we are we (RFC 8292 allows 24 hours)."""
APNS_CONNECTIONS_MAX: Final = 2
"""To Apple, each for as many pushes at once as Apple says; the second is for when it is few."""
PROVIDER_TOKEN_EVERY_S: Final = 1_800
"""So old, and our token for Apple is signed anew ..."""
PROVIDER_TOKEN_STANDS_S: Final = 1_200
"""... but never younger than this, whatever Apple says of it."""
THREAD_ENDS_WITHIN_S: Final = 1.0
KNOWN_WITHIN_S: Final = 20.0
"""We were introduced a moment ago; the core hears of it by the registry's feed."""
KNOCK_EVERY_S: Final = 0.5

assert RETRY_FIRST_S < RETRY_CAP_S <= RETRY_AFTER_MAX_S  # noqa: S101
assert OPEN_FIRST_S < OPEN_CAP_S  # noqa: S101
