"""What the push side counts. Nothing of it says who, where, or by which address."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from dispatch.edge.exposure import ListenError

HOST = "127.0.0.1"


class Tally:
    """The counters of one push process."""

    def __init__(self) -> None:
        self.collector = CollectorRegistry()
        self.outcomes = Counter(
            "cuadrante_push_outcomes",
            "What became of pushes. None of them is a delivery.",
            ("service", "outcome"),
            registry=self.collector,
        )
        self.open_breakers = Gauge(
            "cuadrante_push_service_left_alone",
            "Whether a push service fails and is left alone.",
            ("service",),
            registry=self.collector,
        )
        self.waiting = Gauge(
            "cuadrante_push_waiting", "Pushes that wait.", ("service",), registry=self.collector
        )

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Show what `read` returns whenever somebody looks."""
        gauge = Gauge(f"cuadrante_push_{name}", meaning, registry=self.collector)
        gauge.set_function(read)


def expose(port: int, tally: Tally) -> int:
    """Show the metrics on a port of the loopback, in a thread. Raises `ListenError`."""
    try:
        server, _ = start_http_server(port, HOST, tally.collector)
    except OSError as error:
        raise ListenError(
            f"cannot listen on {HOST} port {port}: {error.strerror}. "
            "Choose another with push_metrics_port."
        ) from error
    return server.server_port
