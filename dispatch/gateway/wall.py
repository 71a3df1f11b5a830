"""Between the core and what hangs on walls: commands go to cameras and relays, news to the core."""

import ssl
from collections.abc import Callable
from secrets import SystemRandom

import trio

from dispatch.gateway.appliances.attempts import Jitter
from dispatch.gateway.appliances.looks import Taken
from dispatch.gateway.appliances.tending import Appliances
from dispatch.gateway.appliances.uploads import Uploads
from dispatch.gateway.core_link import CoreLink
from dispatch.gateway.roster import Behind
from dispatch.wiring import Camera, Shelly
from link.enrolment import Credentials
from protocol.messages import Command, Sounded
from protocol.vocabulary import TroubleKind


class Wall:
    """The cameras and relays of the core's roster, tended while `run` runs."""

    def __init__(
        self,
        core: CoreLink,
        console_url: str,
        credentials: Credentials,
        ssl_context: ssl.SSLContext | None = None,
        trust: Callable[[], object] | None = None,
        jitter: Jitter | None = None,
    ) -> None:
        jitter = jitter or SystemRandom().random
        bearer = f"{credentials.device_id}:{credentials.token}"
        self.uploads = Uploads(console_url, bearer, core.say, jitter, ssl_context, trust)
        self._appliances = Appliances(self, jitter)
        self._core = core
        core.roster.watchers.append(self._wire)
        core.on_command.append(self._obey)
        core.on_greeted += [self._appliances.greeted, self.uploads.greeted]

    async def run(self) -> None:
        """Tend them and hand their pictures on, for ever."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.uploads.run)
            nursery.start_soon(self._appliances.run)

    # --- the appliances' owner --------------------------------------------------------------------

    def lives(self, device_id: str) -> None:
        """Pass on a proof of life."""
        self._core.contacts.note(device_id)

    def is_faulty(self, device_id: str, present: bool) -> None:
        """Pass on that something is wrong, or right again."""
        self._core.conditions.tell(device_id, TroubleKind.FAULT, present=present)

    def sounded(self, message: Sounded) -> None:
        """Pass on what has become of a siren. If the core is away, it asks when it is back."""
        self._core.say(message)

    def taken(self, picture: Taken) -> None:
        """Hand a picture to the console."""
        self.uploads.put(picture)

    def missed(self, alert_id: str, camera_id: str) -> None:
        """Tell again which pictures there are."""
        self.uploads.tell_again(alert_id, camera_id)

    # --- what the core says -----------------------------------------------------------------------

    def _wire(self, device_id: str, behind: Behind | None) -> None:
        if behind is not None and isinstance(behind.wiring, Camera | Shelly):
            self._appliances.wire(device_id, behind.wiring, behind.device.heartbeat_s)
        else:
            self._appliances.unwire(device_id)

    def _obey(self, command: Command) -> None:
        self._appliances.command(command)
