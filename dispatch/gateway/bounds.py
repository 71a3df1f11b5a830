"""Every bound of the gateway in one place."""

from typing import Final

# --- the link to the core -----------------------------------------------------------------------
UNSETTLED_MAX: Final = 4_096
"""Presses that wait to be stored; a panel whose press finds no room sends it again."""
FOLLOWED_MAX: Final = 16_384
"""Presses that are remembered after they were stored, for what becomes of them."""
STORED_WITHIN_S: Final = 5.0
"""A press that is not stored for so long, on a link that works, is sent again."""
UNSETTLED_FOR_S: Final = 900.0
"""A press that the core could not take for so long is given up: its sender has it still."""
BEAT_S: Final = 1.0
"""How often contacts are told, and how late a retry may be."""
CORE_AWAY_S: Final = 30.0
"""A core that is away for longer takes nothing more: a panel must find out that nobody listens."""
NEWS_BURST: Final = 2_500
NEWS_PER_S: Final = 1_000.0
"""How fast all but presses is sent: half of what the core takes, so that presses have the rest."""
WAITING_FRAMES_MAX: Final = 65_536
"""Frames that wait for the link; the core does not read when there are more."""
CONFIRMATIONS_MAX: Final = 16_384
"""Reports that wait for the core to have taken what they say."""

# --- whoever connects ---------------------------------------------------------------------------
CONNECTIONS_MAX: Final = 16_000
STRANGERS_MAX: Final = 2_048
"""Connections that have not said anything good yet, in all,"""
STRANGERS_PER_ADDRESS_MAX: Final = 256
"""and of one address. Those that have are not counted: a mobile network puts a thousand panels
behind one address."""
GOOD_WITHIN_S: Final = 10.0
"""A connection that has not said anything good for so long after it opened is closed."""
IDLE_S: Final = 600.0
"""A connection on which nothing arrives for so long is closed; its panel opens another one."""
SEND_WITHIN_S: Final = 5.0
"""A peer that does not read what it is answered for so long is cut off."""
ANSWERS_WAITING_MAX: Final = 32
"""Answers that wait for one peer to read; one more cuts it off."""
READ_BYTES: Final = 4_096
FRAMES_BURST: Final = 60
FRAMES_PER_S: Final = 10.0
"""What one connection, or one address over UDP, may send; a panel that wakes up empties its memory
at once."""
BAD_FRAMES_MAX: Final = 16
"""Frames that are good for nothing, after which a connection is closed."""
JUNK_BYTES_MAX: Final = 16_384
"""Bytes that belong to no frame, after which a connection is closed."""
ADDRESSES_REMEMBERED: Final = 20_000
"""Whose rate over UDP is counted, the latest."""
DATAGRAM_BYTES_MAX: Final = 4_608
"""A frame of DC-09 is 4,105 bytes at most; what is longer arrives cut off."""
BACKLOG: Final = 4_096
"""Handshakes that the kernel keeps: all panels come back at once after a power cut."""
PROBE_AFTER_S: Final = 120
PROBE_EVERY_S: Final = 30
PROBES: Final = 3
"""How the kernel finds a peer that is gone: seldom, because many pay for each packet."""

# --- panels -------------------------------------------------------------------------------------
ANSWERED_WITHIN_S: Final = 20.0
"""An ACK later than this is not sent: the panel has given up waiting, and sends again."""
ACK_MAY_BE_LOST_S: Final = 60.0
"""The same message so soon after its ACK is the same event: the ACK did not arrive."""
RESENT_WITHIN_S: Final = 900.0
"""The same message so soon after it was last heard, and not acknowledged, is the same event."""
SPAN_MS: Final = 600_000
"""Events are named by this span of time, so that a gateway that was restarted names them alike."""
UNTIMELY_MAX: Final = 3
"""Messages of another time, one after the other, after which a panel's clock is a fault: told ours,
it did not set it."""
MESSAGES_REMEMBERED: Final = 20_000
CALLS_PER_MESSAGE_MAX: Final = 16
WATCHERS_PER_CALL_MAX: Final = 4
"""Attempts to send one event that wait for its answer, the latest."""
UNKNOWN_ACCOUNTS_KEPT: Final = 256
"""Accounts that knock and are not known, the latest, for whoever sets up a panel."""
COMPLAIN_EVERY_S: Final = 60.0
"""How often the log says of one kind of fault that it happens."""

# --- buttons ------------------------------------------------------------------------------------
FOLLOWS_FOR_S: Final = 3_600.0
"""How long a button is told what becomes of its press, without asking."""

assert UNSETTLED_MAX < FOLLOWED_MAX  # noqa: S101
assert ACK_MAY_BE_LOST_S < RESENT_WITHIN_S  # noqa: S101
assert STRANGERS_PER_ADDRESS_MAX < STRANGERS_MAX < CONNECTIONS_MAX  # noqa: S101
