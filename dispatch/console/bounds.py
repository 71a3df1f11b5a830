"""Every bound of the console in one place."""

from typing import Final

CONNECTIONS_MAX: Final = 512
"""Connections at once; a further one is told to come back later."""
KEEP_CONNECTION_S: Final = 15
"""How long an idle connection is kept."""
BODY_DEADLINE_S: Final = 15.0
"""For one request's body to arrive."""
BODY_MAX_BYTES: Final = 64 * 1024
"""Of a body that is no picture."""
DRAIN_DEADLINE_S: Final = 5
"""For requests under way to end before a restart."""
POOL_SIZE: Final = 4
CREDENTIALS_REMEMBERED: Final = 4_096
CREDENTIALS_HOLD_S: Final = 3_600.0
"""While PostgreSQL is away, who was right is let in for so long after it was last asked."""
RETRY_AFTER_S: Final = 5
"""When to come back after a 503 or a 507."""
CERTIFICATE_CHECK_S: Final = 5.0
"""How often the certificate's files are looked at."""
PICTURES_FLOOR_BYTES: Final = 2 * 2**30
"""Less free than this, and no picture is kept: the journal of presses may be on the same disk, and
what it needs (`dispatch.journal.disk`) comes first."""
PART_IS_STALE_S: Final = 86_400.0
"""A file that was never finished is cleared away after so long."""
EXISTENCE_BATCH: Final = 1_000
"""Alerts that PostgreSQL is asked about at once, when old pictures are cleared away."""

# --- who is let in --------------------------------------------------------------------------------
PASSWORD_CHARS_MIN: Final = 12
PASSWORD_CHARS_MAX: Final = 128
"""Hashing a longer one would be work that anybody could order."""
HASHES_AT_ONCE: Final = 2
"""Passwords that are hashed at the same time: each takes 64 MiB for a tenth of a second."""
SESSION_S: Final = 12 * 3_600
"""A shift: then its operator logs in anew."""
SESSION_IDLE_S: Final = 4 * 3_600
"""A session that asked for nothing for so long is over."""
SESSION_SEEN_EVERY_S: Final = 60
"""How exactly it is known when a session last asked."""
SWEEP_EVERY_S: Final = 60.0
"""How often sessions that are over are removed."""
FAILURES_FREE: Final = 5
"""Failed logins of an account before it is locked."""
LOCK_FIRST_S: Final = 15.0
"""The first lock; each further failure doubles it."""
LOCK_MAX_S: Final = 900.0
"""More would let anybody keep an operator out for good."""
THROTTLED_MAX: Final = 10_000
"""Addresses and accounts whose pace is remembered: those that asked last."""
LOGINS_BURST: Final = 20
LOGINS_PER_S: Final = 0.2
"""Per address: a control room behind one address changes its shift."""
STRANGERS_BURST: Final = 120
STRANGERS_PER_S: Final = 4.0
"""Per address: requests that showed no credentials, or wrong ones."""
CALLS_BURST: Final = 200
CALLS_PER_S: Final = 40.0
"""Per account."""
PRESSES_BURST: Final = 60
PRESSES_PER_S: Final = 1.0
"""Per device that presses over HTTP: far more than a hand can, for one press tried again."""

CORE_HEALTH_WITHIN_S: Final = 2.0
"""For the core to say how it is; a core that takes longer is as good as away."""
CORE_KNOWS_WITHIN_S: Final = 2.0
"""For the core to hear of a session that has begun. After it the answer is given all the same: the
core may be building a new edition of the quadrants, or be back before the page asks."""
CORE_ASKED_EVERY_S: Final = 0.02

# --- what is asked for ----------------------------------------------------------------------------
PAGE_MAX: Final = 200
"""Things on one page of a list."""
PAGE_DEFAULT: Final = 50
EXPORT_ROWS_MAX: Final = 100_000
EXPORT_BATCH: Final = 500
FEED_ENTRIES: Final = 100
"""Of the CAP feed: the newest alerts."""
PICTURE_PATH_HOLDS_S: Final = 900
"""How long a path to a picture holds that was handed out here."""

# --- the core -------------------------------------------------------------------------------------
CORE_OPENS_WITHIN_S: Final = 4.0
CORE_ANSWERS_WITHIN_S: Final = 8.0
"""A press that is not stored by then is answered with 503: its sender keeps it and tries again."""
RESEND_S: Final = 2.0
"""A press that is not stored after so long is sent again."""
CORE_WAITING_MAX: Final = 1_000
"""Presses and commands under way at once."""
