"""What the gateway counts and complains of. Nothing of it says who called, or where from."""

from collections import OrderedDict
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from dispatch.gateway.bounds import COMPLAIN_EVERY_S, UNKNOWN_ACCOUNTS_KEPT

log = structlog.get_logger()


@dataclass(slots=True)
class Knocking:
    """An account that reports and that no panel behind this gateway has."""

    account: str
    times: int
    last_ms: int


class Tally:
    """The counters of one gateway process."""

    def __init__(self) -> None:
        self.collector = CollectorRegistry()
        self.frames = self._counter("frames", "Frames of good peers, by what they say.", "sense")
        self.faults = self._counter("faults", "Frames and peers that are bad.", "port", "reason")
        self.answers = self._counter("answers", "What was answered.", "port", "answer")
        self.connections = Gauge(
            "cuadrante_gateway_connections", "Open.", ("port",), registry=self.collector
        )
        self._knocking: OrderedDict[str, Knocking] = OrderedDict()
        self._complained: dict[tuple[str, str], tuple[float, int]] = {}

    def watch(self, name: str, meaning: str, read: Any) -> None:
        """Show what `read` returns whenever somebody looks."""
        gauge = Gauge(f"cuadrante_gateway_{name}", meaning, registry=self.collector)
        gauge.set_function(read)

    def fault(self, port: str, reason: str, now_s: float) -> None:
        """Count a fault, and say so now and then: anybody may send as many as they like."""
        self.faults.labels(port, reason).inc()
        said_s, since = self._complained.get((port, reason), (-COMPLAIN_EVERY_S, 0))
        if now_s - said_s >= COMPLAIN_EVERY_S:
            log.warning("peer_fault", port=port, reason=reason, times=since + 1)
            said_s, since = now_s, -1
        self._complained[port, reason] = said_s, since + 1

    def knocks(self, account: str, now_ms: int) -> None:
        """Keep an unknown account, for whoever sets up a panel."""
        known = self._knocking.pop(account, None)
        times = 1 if known is None else known.times + 1
        self._knocking[account] = Knocking(account, times, now_ms)
        if len(self._knocking) > UNKNOWN_ACCOUNTS_KEPT:
            self._knocking.popitem(last=False)

    def unknown_accounts(self) -> list[dict[str, Any]]:
        """Return the unknown accounts, the latest first."""
        return [asdict(each) for each in reversed(tuple(self._knocking.values()))]

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"cuadrante_gateway_{name}", meaning, labels, registry=self.collector)
