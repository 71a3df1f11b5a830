"""Every bound of cameras and relays in one place."""

from typing import Final

from protocol.limits import PICTURE_MAX_BYTES

# --- asking -------------------------------------------------------------------------------------
CONNECTIONS_PER_APPLIANCE: Final = 2
"""One for what an alert asks of it, one for its probe."""
KEEP_CONNECTION_S: Final = 30.0
"""How long an idle connection is kept: over the two pictures of one alert."""
ANSWER_MAX_BYTES: Final = PICTURE_MAX_BYTES
"""What is read of any answer; a picture is the largest that is wanted."""
SWITCH_DEADLINE_S: Final = 2.0
"""For one question to a relay."""
FETCH_DEADLINE_S: Final = 3.0
"""For one picture: a camera that takes longer is not waited for."""
SOAP_DEADLINE_S: Final = 5.0
"""For one question to an ONVIF camera, which is asked when there is no hurry."""
RETRY_FIRST_S: Final = 0.5
RETRY_CAP_S: Final = 5.0
"""Between attempts while an alert waits: the first pause, and the longest."""
PROBES_AT_ONCE: Final = 64
"""Appliances that are asked for proof of life at the same time."""
FIRST_PROBE_WITHIN_S: Final = 5.0
"""After a start, appliances are probed at moments spread over so long."""
PROBE_SHARE: Final = 0.8
"""Of its heartbeat, until an appliance that lives is asked again."""
REPROBE_SHARE: Final = 0.2
"""The same for one that did not answer: one lost packet must not make it missing."""
SILENCING_WITHIN_S: Final = 120.0
"""How long a relay that cannot be reached is tried to be switched off; it does so by itself."""
CLOSE_WITHIN_S: Final = 1.0
"""For an appliance to let go of its connections."""
AFTER_BUG_S: Final = 10.0
"""Before an appliance whose task failed by our own fault is tended again."""

# --- pictures -----------------------------------------------------------------------------------
SECOND_PICTURE_AFTER_S: Final = 10.0
LOOKS_AT_ONCE: Final = 256
"""Cameras that are looked through at the same time; further ones are refused, and it is said."""
LOOKS_REMEMBERED: Final = 4_096
"""Looks that are told from a command that the core repeats after a reconnect."""
SPOOL_MAX_BYTES: Final = 64 * 1024 * 1024
"""Pictures that wait for the console, in all; the oldest go first when there are more."""
UPLOAD_DEADLINE_S: Final = 10.0
"""For one attempt to hand a picture to the console."""
UPLOAD_WITHIN_S: Final = 900.0
"""How long a picture is tried again: after that its alert is most likely over."""
UPLOADS_AT_ONCE: Final = 4
KEPT_REMEMBERED: Final = 4_096
"""Pictures that are kept, the latest, to tell the core of once more when it asks."""

assert SPOOL_MAX_BYTES >= 16 * PICTURE_MAX_BYTES  # noqa: S101
