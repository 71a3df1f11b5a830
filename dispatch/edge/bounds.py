"""Every bound of the edge in one place."""

from typing import Final

OUTBOX_PAUSE_BYTES: Final = 96 * 1024
"""Unsent bytes at which a reader counts as slow and its clock starts."""
STUCK_DEADLINE_S: Final = 10.0
"""A reader that stays slow for this long is closed."""
OUTBOX_MAX_BYTES: Final = 2 * 1024 * 1024
"""Unsent bytes at which a reader is closed at once: over 1,000 whole alerts."""
TOLD_MUCH_OUTBOX_MAX_BYTES: Final = 64 * 1024 * 1024
"""The control room is brought up to date with every open alert of the city in one go, and a gateway
with every device behind it."""
CLOSE_GRACE_S: Final = 2.0
"""How long a peer may take to end a connection that we closed."""
UNGREETED_SHARE: Final = 0.5
"""At most this share of all connections may be strangers, so that they cannot keep devices out:
more than wait for their turn, for whoever may go first has to get as far as asking for it."""
UNSERVED_MAX_BYTES: Final = 16 * 1024
"""What a stranger sends before its turn comes: its request, and its `hello`. And what is read of a
peer after we closed its session."""
READ_SLICE_BYTES: Final = 4 * 1024
"""Read bytes are worked on in slices, so that a flood is noticed before it has cost much."""
SAID_SLICE_BYTES: Final = 1024
"""Of what a device says that is no press so much is worked on before others have their turn: some
five messages."""
SAID_MAX_BYTES: Final = 64 * 1024
"""Of that, so much may wait: whoever says more is heard at once, and soon found to be flooding."""
BARE_FRAMES_MAX: Final = 1_000
"""Frames that are no message (pings, pongs, fragments) at which a peer counts as flooding."""
BARE_FRAMES_PER_MESSAGE: Final = 10
"""So many of them every message makes up for."""
SLICE_S: Final = 0.002
"""Of each turn of the loop, for those who say what is no press, and as long for those who come and
go: a press waits for no more."""
COMING_MAX: Final = 6_000
"""Strangers that wait for their turn, about 3 s of work; others are told to come back later. Of
those who may go first none is."""
GOING_MAX: Final = 20_000
"""Of those who have gone, and whom that has not been done for yet: about 1 kB each."""
COME_BACK_S: Final = 5
"""How much later."""
ACCEPTED_A_TURN: Final = 64
"""Sockets taken from the kernel in a turn of the loop, 60 µs each: more than a slice has work for,
so that the queue, where there is an order, fills before the kernel's own, where there is none."""
METRICS_CACHE_S: Final = 1.0
"""Metrics are put together at most this often, however often they are asked for."""
CERTIFICATE_CHECK_S: Final = 5.0
"""How often the certificate's files are looked at."""
ISSUING_TOKENS_MAX: Final = 64
"""Enrolments under way at once; further ones are told to try again."""
KEEPING_ADDRESSES_MAX: Final = 64
"""Push addresses on their way to PostgreSQL at once; further ones are told to try again."""
DRAIN_NOTICE_S: Final = 0.5
"""Between the notice that we restart and the close, for what is on its way to us."""
KEEPER_LOOK_S: Final = 1.0
DISK_CHECK_S: Final = 10.0
COMPACT_EVERY_S: Final = 60.0
"""How often drained lines of closed alerts are dropped from the journal."""
YOUNG_MAX: Final = 2_000
"""Objects that the garbage collector looks at in one go: 1 to 2 ms, 10 with cold caches."""
PULSE_EVERY_S: Final = 0.01
"""How often the loop's lag is felt: 0.4 % of a core when it has nothing else to do."""
PULSE_KEPT_S: Final = 60.0
"""How long the worst lag is remembered, and a slow loop warned of."""
LOOP_SLOW_S: Final = 0.25
"""A loop that was this late has kept a press waiting for as long."""
LOOP_STALL_S: Final = 1.0
"""A loop that is this late cannot dispatch."""
LOOP_STALLED_FOR_S: Final = 10.0
"""For so long it counts as stalled."""

assert LOOP_STALLED_FOR_S < PULSE_KEPT_S  # noqa: S101
assert OUTBOX_PAUSE_BYTES < OUTBOX_MAX_BYTES < TOLD_MUCH_OUTBOX_MAX_BYTES  # noqa: S101
