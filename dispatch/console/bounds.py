"""Every bound of the console in one place."""

from typing import Final

CONNECTIONS_MAX: Final = 512
"""Connections at once; a further one is told to come back later."""
KEEP_CONNECTION_S: Final = 15
"""How long an idle connection is kept."""
BODY_DEADLINE_S: Final = 15.0
"""For one request's body to arrive."""
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
