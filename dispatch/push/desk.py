"""Which push service an address belongs to: one that this installation believes, or none.

A browser's address is a URL that a device chose. Without the list of those we believe anyone with
a handheld could have us send requests to whatever our network reaches.
"""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

import structlog
import trio

from dispatch.push.lane import Lane, Provider
from dispatch.push.orders import Order
from dispatch.push.outcome import Outcome
from dispatch.push.tally import Tally
from protocol.messages import Push, PushTarget
from protocol.vocabulary import PushKind

NOBODY: Final = "none"
"""The service that the metrics show for addresses of none that we believe."""

log = structlog.get_logger()


class Desk:
    """Takes the core's orders, and has each address pushed to through its own service's lane."""

    def __init__(
        self,
        browsers: Mapping[str, Provider],
        apps: Mapping[PushKind, Provider],
        tally: Tally,
        on_gone: Callable[[Order], None],
    ) -> None:
        """`browsers` are the push services of browsers: these hosts and whatever is under them."""
        self._tally = tally
        self._on_gone = on_gone
        self._providers = (*browsers.values(), *apps.values())
        self._of_host = {host: Lane(host, it, tally, on_gone) for host, it in browsers.items()}
        self._of_kind = {kind: Lane(kind, it, tally, on_gone) for kind, it in apps.items()}

    def take(self, push: Push) -> None:
        """Take one order of the core's."""
        for target in push.targets:
            expires_at_s = trio.current_time() + push.ttl_s
            order = Order(
                push.alert_id, push.device_id, push.urgency, target, expires_at_s, push.stage
            )
            lane = self._lane_of(target)
            if lane is not None:
                lane.put(order)
            elif target.kind is PushKind.WEBPUSH:
                log.warning("push_address_of_nobody", device=push.device_id)
                self._tally.outcomes.labels(NOBODY, Outcome.GONE).inc()
                self._on_gone(order)
            else:  # the address is good, and the settings may be mended
                log.warning("push_not_set_up", kind=target.kind, device=push.device_id)
                self._tally.outcomes.labels(target.kind, Outcome.REFUSED).inc()

    async def run(self) -> None:
        """Push, for ever."""
        try:
            async with trio.open_nursery() as nursery:
                for lane in (*self._of_host.values(), *self._of_kind.values()):
                    nursery.start_soon(lane.run)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + 1):
                for provider in self._providers:
                    await provider.aclose()

    def _lane_of(self, target: PushTarget) -> Lane | None:
        if target.kind is not PushKind.WEBPUSH:
            return self._of_kind.get(target.kind)
        host = _host(target.endpoint)
        while host:
            if host in self._of_host:
                return self._of_host[host]
            _, _, host = host.partition(".")
        return None


def _host(endpoint: str) -> str:
    try:
        return (urlsplit(endpoint).hostname or "").lower()
    except ValueError:
        return ""
