"""Asks an ONVIF camera where its snapshots are. Slow, so it is done before there is an alert.

Three questions (ONVIF Core specification, section 8.1.2.3 `GetCapabilities`; ONVIF Media service
specification, 5.2.2 `GetProfiles` and 5.9 `GetSnapshotUri`), authenticated by HTTP digest (Core,
5.9.1). A camera that takes WS-UsernameToken alone is wired by the address of its snapshot instead.
"""

from typing import Final
from urllib.parse import urlsplit, urlunsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from dispatch.gateway.appliances.asking import Appliance, Faulty
from dispatch.gateway.appliances.bounds import SOAP_DEADLINE_S

_MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
_DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
_SCHEMA: Final = "http://www.onvif.org/ver10/schema"
_SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"


async def snapshot_url(appliance: Appliance, device_service: str) -> str:
    """Return the address of the first profile's snapshots. Raises `Unreachable`, `Faulty`."""
    found = await _ask(
        appliance,
        device_service,
        f'<GetCapabilities xmlns="{_DEVICE}"><Category>Media</Category></GetCapabilities>',
    )
    media = on_our_host(device_service, _text(found, f".//{{{_SCHEMA}}}Media/{{{_SCHEMA}}}XAddr"))
    found = await _ask(appliance, media, f'<GetProfiles xmlns="{_MEDIA}"/>')
    profile = found.find(f".//{{{_MEDIA}}}Profiles")
    if profile is None or not (token := profile.get("token")):
        raise Faulty("has no ONVIF media profile")
    found = await _ask(
        appliance,
        media,
        f'<GetSnapshotUri xmlns="{_MEDIA}"><ProfileToken>{escape(token)}</ProfileToken>'
        "</GetSnapshotUri>",
    )
    return on_our_host(device_service, _text(found, f".//{{{_MEDIA}}}MediaUri/{{{_SCHEMA}}}Uri"))


def on_our_host(device_service: str, told: str) -> str:
    """Return the address that the camera told, on the host that the registry names.

    Behind a router a camera tells the address that it has within, and one in wrong hands could send
    us anywhere: whose host it is, the registry alone says.
    """
    try:
        ours, theirs = urlsplit(device_service), urlsplit(told)
    except ValueError:
        raise Faulty("tells an address that is none") from None
    netloc = theirs.netloc if theirs.hostname == ours.hostname else ours.netloc
    if theirs.scheme != ours.scheme or "@" in netloc:
        netloc = ours.netloc
    return urlunsplit((ours.scheme, netloc, theirs.path, theirs.query, ""))


async def _ask(appliance: Appliance, url: str, body: str) -> Element:
    envelope = f'<s:Envelope xmlns:s="{_SOAP}"><s:Body>{body}</s:Body></s:Envelope>'
    content_type = "application/soap+xml; charset=utf-8"
    answer = await appliance.post(url, envelope.encode(), content_type, SOAP_DEADLINE_S)
    try:
        read: Element = defusedxml.ElementTree.fromstring(answer.content)
    except (ParseError, DefusedXmlException, ValueError):
        raise Faulty("does not speak ONVIF as it should") from None
    return read


def _text(found: Element, path: str) -> str:
    text = (found.findtext(path) or "").strip()
    if not text.startswith(("http://", "https://")):
        raise Faulty("does not tell where its ONVIF snapshots are")
    return text
