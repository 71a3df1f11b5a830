"""Which push service an address belongs to: one that this installation believes, or none.

An address is a URL that a device chose. Without this list anyone with a handheld could have us send
requests to whatever our network reaches.
"""

import ssl
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

import httpx
import structlog
import trio

from dispatch.push.lane import Lane, Send
from dispatch.push.orders import Order
from dispatch.push.outcome import Answer, Outcome
from dispatch.push.tally import Tally
from dispatch.push.webpush import Envelopes, Provider
from protocol.messages import Push

NOBODY: Final = "none"
"""The service that the metrics show for addresses of none that we believe."""

log = structlog.get_logger()


class Desk:
    """Takes the core's orders, and has each address pushed to through its own service's lane."""

    def __init__(
        self,
        envelopes: Envelopes,
        hosts: Iterable[str],
        context: ssl.SSLContext,
        tally: Tally,
        on_gone: Callable[[Order], None],
    ) -> None:
        """`hosts` are the push services: these names and whatever is under them."""
        self._envelopes = envelopes
        self._tally = tally
        self._on_gone = on_gone
        self._services = {host: Provider(context) for host in hosts}
        self._lanes = {
            host: Lane(host, self._sender(service), tally, on_gone)
            for host, service in self._services.items()
        }

    def take(self, push: Push) -> None:
        """Take one order of the core's."""
        for target in push.targets:
            expires_at_s = trio.current_time() + push.ttl_s
            order = Order(push.alert_id, push.device_id, push.urgency, target, expires_at_s)
            lane = self._lane_of(target.endpoint)
            if lane is None:
                log.warning("push_address_of_nobody", device=push.device_id)
                self._tally.outcomes.labels(NOBODY, Outcome.GONE).inc()
                self._on_gone(order)
            else:
                lane.put(order)

    async def run(self) -> None:
        """Push, for ever."""
        try:
            async with trio.open_nursery() as nursery:
                for lane in self._lanes.values():
                    nursery.start_soon(lane.run)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + 1):
                for service in self._services.values():
                    await service.aclose()

    def _sender(self, service: Provider) -> Send:
        async def send(order: Order) -> Answer:
            try:
                request = self._envelopes.request(order, trio.current_time())
            except (ValueError, httpx.InvalidURL):
                return Answer(Outcome.GONE)  # no browser has such keys, or such an address
            return await service.send(request)

        return send

    def _lane_of(self, endpoint: str) -> Lane | None:
        host = _host(endpoint)
        while host:
            if host in self._lanes:
                return self._lanes[host]
            _, _, host = host.partition(".")
        return None


def _host(endpoint: str) -> str:
    try:
        return (urlsplit(endpoint).hostname or "").lower()
    except ValueError:
        return ""
