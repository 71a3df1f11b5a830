"""The push side's parts, put together and ended in order."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from signal import SIGINT, SIGTERM

import structlog
import trio

from dispatch.push.apns.provider import Apns, ApnsOptions
from dispatch.push.core_link import CoreLink
from dispatch.push.desk import Desk
from dispatch.push.fcm.provider import Fcm, FcmOptions
from dispatch.push.lane import Provider
from dispatch.push.orders import Order
from dispatch.push.tally import Tally, expose
from dispatch.push.vapid import VapidKeys
from dispatch.push.webpush import Browsers, Envelopes
from link.beside import beside
from link.connection import Dial
from link.enrolment import Credentials
from protocol.vocabulary import PushKind

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What an installation decides about its push side."""

    core_url: str
    credentials: Credentials
    keys: VapidKeys
    contact: str
    """An e-mail address by which push services reach whoever runs this."""
    hosts: tuple[str, ...]
    """The push services: these names and whatever is under them."""
    metrics_port: int
    apns: ApnsOptions | None = None
    """For telephones of Apple's; none: they are not pushed to."""
    fcm: FcmOptions | None = None
    """For telephones with Google's services; none: they are not."""
    ssl_context: ssl.SSLContext | None = None
    dial: Dial | None = None


async def run_push(options: PushOptions, announce: Callable[[Mapping[str, object]], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is called with the port of the metrics.

    What waits when it ends is let go: the core orders anew what nobody has answered.

    Raises `ListenError`; `Refused` when the core does not want this push side.
    """
    tally = Tally()

    def gone(order: Order) -> None:
        core.gone(order.device_id, order.target.endpoint)

    desk = Desk(_browsers(options), _apps(options), tally, gone)
    core = CoreLink(
        options.core_url,
        options.credentials,
        desk.take,
        ssl_context=options.ssl_context,
        dial=options.dial,
    )
    tally.watch("core_connected", "Whether the core is there.", lambda: core.up)
    ports = {"metrics": expose(options.metrics_port, tally)}
    with trio.open_signal_receiver(SIGTERM, SIGINT) as signals:
        async with beside(core.run, desk.run):
            announce(ports)
            log.info("push_serving", **ports)
            await anext(aiter(signals))


def _browsers(options: PushOptions) -> dict[str, Provider]:
    envelopes = Envelopes(options.keys, options.contact)
    context = ssl.create_default_context()
    return {host: Browsers(envelopes, context) for host in options.hosts}


def _apps(options: PushOptions) -> dict[PushKind, Provider]:
    apps: dict[PushKind, Provider] = {}
    if options.apns is not None:
        apps[PushKind.APNS] = Apns(options.apns, ssl.create_default_context())
    if options.fcm is not None:
        apps[PushKind.FCM] = Fcm(options.fcm, ssl.create_default_context())
    return apps
