"""A camera: one snapshot at a time, from a plain address or from the one that ONVIF tells."""

from dispatch.gateway.appliances import onvif
from dispatch.gateway.appliances.asking import Appliance, Faulty
from dispatch.gateway.appliances.bounds import FETCH_DEADLINE_S
from dispatch.wiring import Camera as CameraWiring
from protocol.jpeg import CONTENT_TYPES, NotJpeg, read_size


class Camera:
    """Looks through one camera. An ONVIF one is asked for its address before there is an alert:
    its first proof of life does it."""

    def __init__(self, wiring: CameraWiring) -> None:
        self._wiring = wiring
        self._appliance = Appliance(wiring.user, wiring.password)
        self._snapshot_url = "" if wiring.onvif else wiring.url

    async def picture(self) -> bytes:
        """Take a picture: a whole JPEG. Raises `Unreachable`, `Faulty`."""
        if not self._snapshot_url:
            self._snapshot_url = await onvif.snapshot_url(self._appliance, self._wiring.url)
        try:
            response = await self._appliance.get(self._snapshot_url, FETCH_DEADLINE_S)
        except Faulty:
            if self._wiring.onvif:  # it may have moved its snapshots meanwhile
                self._snapshot_url = ""
            raise
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if content_type not in CONTENT_TYPES:
            raise Faulty("answers with something that is not a JPEG")
        try:
            read_size(response.content)
        except NotJpeg as error:
            raise Faulty(f"its JPEG is none: {error}") from None
        return response.content

    async def prove_life(self) -> None:
        """Take a picture for nobody: it lives if it sees. Raises `Unreachable`, `Faulty`."""
        await self.picture()

    async def aclose(self) -> None:
        """Let go of its connections."""
        await self._appliance.aclose()
