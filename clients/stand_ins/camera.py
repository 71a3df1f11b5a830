"""A camera on a wall: Digest, snapshots by a plain address and by ONVIF, good and bad days."""

import io
import threading
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from PIL import Image, ImageDraw

from clients.stand_ins.digest import new_digest
from clients.stand_ins.web import Asked, Reply

SNAPSHOT: Final = "/snapshot.jpg"
DEVICE_SERVICE: Final = "/onvif/device_service"
SIZE_PX: Final = (640, 360)
SLOW_S: Final = 2.0
FOR_EVER_S: Final = 3_600.0
COLOMBIA: Final = timezone(timedelta(hours=-5))
_JPEG: Final = "image/jpeg"
_XML: Final = "application/soap+xml; charset=utf-8"


class Behaviour(StrEnum):
    """How a camera treats whoever asks it for a picture."""

    WELL = "well"
    SLOW = "slow"
    """It takes two seconds."""
    HANGING = "hanging"
    """It accepts the connection and says nothing."""
    ENDLESS = "endless"
    """It never stops sending."""
    HUGE = "huge"
    """Its picture is larger than anybody takes."""
    CUT = "cut"
    """Its picture ends in the middle."""
    PAGE = "page"
    """It sends a page instead, and calls it a success."""
    REDIRECTING = "redirecting"
    """It sends whoever asks to somebody else."""
    BROKEN = "broken"
    """It answers with HTTP 500."""


class Camera:
    """One camera, with what is seen through it: a drawing that shows its name and the time."""

    def __init__(
        self,
        name: str,
        *,
        user: str = "",
        password: str = "",
        behaves: Behaviour = Behaviour.WELL,
        elsewhere: str = "http://192.0.2.1/",
    ) -> None:
        """Draw the background once: each picture differs by what is written on it."""
        self.digest = new_digest(user, password, "camera", "MD5")
        self.behaves = behaves
        self.pictures = 0
        self._name = name
        self._elsewhere = elsewhere
        self._lock = threading.Lock()
        self._background = Image.effect_noise(SIZE_PX, 24).convert("RGB")

    def answer(self, asked: Asked) -> Reply:
        """Answer a request for a picture, or ONVIF's questions."""
        path = asked.target.partition("?")[0]
        if path == SNAPSHOT:
            return self._snapshot()
        if path == DEVICE_SERVICE and asked.method == "POST":
            return _onvif(asked.body)
        return Reply(b"nothing here", status=404)

    def _snapshot(self) -> Reply:
        with self._lock:
            self.pictures += 1
            number = self.pictures
        if self.behaves is Behaviour.HANGING:
            return Reply(after_s=FOR_EVER_S)
        picture = self._draw(number)
        replies = {
            Behaviour.WELL: Reply(picture, _JPEG),
            Behaviour.SLOW: Reply(picture, _JPEG, after_s=SLOW_S),
            Behaviour.ENDLESS: Reply(picture, _JPEG, endless=True),
            Behaviour.HUGE: Reply(picture + bytes(4 * 1024 * 1024), _JPEG),
            Behaviour.CUT: Reply(picture[: len(picture) // 2], _JPEG),
            Behaviour.PAGE: Reply(b"<html>Please log in</html>", "text/html"),
            Behaviour.REDIRECTING: Reply(status=302, headers={"Location": self._elsewhere}),
            Behaviour.BROKEN: Reply(b"out of order", status=500),
        }
        return replies[self.behaves]

    def _draw(self, number: int) -> bytes:
        picture = self._background.copy()
        canvas = ImageDraw.Draw(picture)
        at = datetime.now(COLOMBIA)
        written = f"{self._name}\n{at:%Y-%m-%d %H:%M:%S}\n#{number}"
        canvas.multiline_text(
            (24, 24), written, fill="white", font_size=36, stroke_width=2, stroke_fill="black"
        )
        written_to = io.BytesIO()
        picture.save(written_to, "JPEG", quality=70)
        return written_to.getvalue()


def _onvif(body: bytes) -> Reply:
    """Answer the three questions that lead to a snapshot's address, which lies behind a router."""
    within = "http://192.168.1.64"
    if b"GetCapabilities" in body:
        said = (
            '<tds:GetCapabilitiesResponse xmlns:tds="http://www.onvif.org/ver10/device/wsdl">'
            f"<tds:Capabilities><tt:Media><tt:XAddr>{within}{DEVICE_SERVICE}</tt:XAddr></tt:Media>"
            "</tds:Capabilities></tds:GetCapabilitiesResponse>"
        )
    elif b"GetProfiles" in body:
        said = (
            "<trt:GetProfilesResponse>"
            '<trt:Profiles token="MainStream" fixed="true"><tt:Name>main</tt:Name></trt:Profiles>'
            "</trt:GetProfilesResponse>"
        )
    elif b"GetSnapshotUri" in body and b"MainStream" in body:
        said = (
            "<trt:GetSnapshotUriResponse><trt:MediaUri>"
            f"<tt:Uri>{within}{SNAPSHOT}?channel=1&amp;stream=0</tt:Uri>"
            "</trt:MediaUri></trt:GetSnapshotUriResponse>"
        )
    else:
        return Reply(b"not implemented", status=400)
    envelope = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
        'xmlns:tt="http://www.onvif.org/ver10/schema">'
        f"<s:Body>{said}</s:Body></s:Envelope>"
    )
    return Reply(envelope.encode(), _XML)
