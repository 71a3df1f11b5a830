"""The bounds that both ends of the wire rely on: of one connection, and of what a frame shows.

The texts' bounds make the largest possible alert fit `MAX_FRAME_BYTES`, with every name and address
in two-byte letters and a note in four-byte ones.
"""

from typing import Final

# --- one connection -----------------------------------------------------------------------------
HELLO_DEADLINE_S: Final = 3.0
"""Without a valid `hello` in so long: closed with 4001. `enrol` starts the time anew."""
PING_INTERVAL_S: Final = 25
"""A client sends something at least this often; `welcome` repeats the number."""
QUIET_DEADLINE_S: Final = 60.0
"""A greeted connection from which no good frame came for so long is closed with 4004."""
FAULTS_PER_SESSION: Final = 20
"""So many errors by the client's fault on one connection close it with 4005."""
ENROLMENTS_PER_SESSION: Final = 3
"""Enrolment codes that one connection may try; a further one closes it with 4005."""
FRAMES_BURST: Final = 100
"""Frames that may come at once; more close the connection with 4002."""
FRAMES_PER_S: Final = 30.0
"""How fast the allowance of frames is refilled."""
GATEWAY_FRAMES_BURST: Final = 5_000
"""The same for a gateway, which speaks for thousands of panels that all call after a power cut."""
GATEWAY_FRAMES_PER_S: Final = 2_000.0
"""The same for a gateway."""

# --- what a frame shows -------------------------------------------------------------------------
NAME_CHARS: Final = 64
"""Names of people, fronts, barrios, quadrants, stations and CAIs."""
ADDRESS_CHARS: Final = 120
"""Addresses."""
PHONE_CHARS: Final = 24
"""Telephone numbers."""
CODE_CHARS: Final = 32
"""Codes of quadrants and editions."""
NOTE_CHARS: Final = 280
"""The note of a `close`."""
MESSAGE_CHARS: Final = 280
"""The words of a `message_front`."""
REPORTS_SHOWN: Final = 3
"""Folded signals that an alert shows, the newest; `signals_total` counts them all."""
SECONDARY_QUADRANTS_MAX: Final = 6
"""Quadrants that an accuracy circle reaches, besides the alert's own."""
NEIGHBOUR_QUADRANTS_MAX: Final = 12
"""Quadrants that an alert is widened to."""
SIRENS_SHOWN: Final = 4
"""Sirens of a front that an alert sounds and shows; a front has no more."""
PICTURES_SHOWN: Final = 8
"""Pictures that an alert shows: two of each of four cameras."""

# --- push ---------------------------------------------------------------------------------------
PUSH_ADDRESSES_MAX: Final = 3
"""Addresses of one device, the newest, through which it is woken."""
PUSH_ENDPOINT_CHARS: Final = 1_024
"""The URL of a `push_address`, or the token of a `fcm_address`."""

# --- the kit ------------------------------------------------------------------------------------
CAMERAS_PER_FRONT_MAX: Final = 4
"""Cameras of a front that are looked through on an alert."""
SEEN_PER_FRAME_MAX: Final = 64
"""Devices that one `contact` names."""
PICTURE_MAX_BYTES: Final = 2 * 1024 * 1024
"""A picture that is larger is not taken."""
PICTURE_MAX_PIXELS: Final = 50_000_000
"""A picture of more takes more memory to show than a handheld has."""
