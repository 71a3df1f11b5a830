"""Some sleep behind push services that swallow everything: nobody who is awake feels it."""

import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from dispatch.settings import PREFIX
from protocol.messages import PushTarget
from protocol.vocabulary import PushKind
from tests.faults.ledger import PATIENCE_S
from tests.faults.rig import Rig, until
from tests.faults.trial import Row, Scale, Trial, three_phases, trial, unfelt_by_others
from tests.live.program import PROGRAM, free_port
from tests.push.apns.stand_in import KEY_ID, TEAM_ID, TOPIC, key_file
from tests.push.receiver import Browser

SECRET: Final = "a-secret-for-the-faults-and-for-nothing-else"
SERVICES: Final = ("localhost", "apns")
"""A push service of browsers, and Apple's, as the metrics call them."""


def push_black_holed(row: Row, rig: Rig, scale: Scale) -> None:
    """In each quadrant two more are on duty and sleep, behind a hole each: Web Push and APNs."""
    rig._environment[PREFIX + "SECRET"] = SECRET
    with _black_hole() as port:
        sleepers = Sleepers(rig, scale.areas, f"https://localhost:{port}")

        def swallow(one: Trial) -> None:
            with sleepers.asleep():
                one.ledger.more(stored=scale.phase)

        with (
            sleepers,
            rig.another_core("push-black-holed"),
            PushSide(rig, port) as side,
            trial(row, rig, scale) as one,
        ):
            sleepers.forget_addresses()  # they are known to be on duty
            three_phases(one, swallow)
            unfelt_by_others(one, sleepers.asleep)
            one.audit()
            one.unfelt()
            for service in SERVICES:
                failed = side.failed(service)
                one.note(f"{service}: {failed} attempts failed")
                one.expect(failed > 0, f"{service} was not tried")


class Sleepers:
    """Handhelds that are on duty and not there, and the addresses by which they are woken."""

    def __init__(self, rig: Rig, areas: int, url: str) -> None:
        self._rig = rig
        self._url = url
        self._quadrant_of = {
            f"sleeper-{kind}-{area.name}": area.quadrant
            for area in rig.load_areas[:areas]
            for kind in (PushKind.WEBPUSH, PushKind.APNS)
        }

    def __enter__(self) -> None:
        """Register them with their addresses: a core that starts then knows them on duty."""
        for device_id, quadrant in self._quadrant_of.items():
            self._rig.fetch(
                "INSERT INTO devices (device_id, role, name, quadrant)"
                " VALUES ($1, 'patrol', $2, $3)",
                device_id,
                device_id,
                quadrant,
            )
        self.keep_addresses()

    def __exit__(self, *_: object) -> None:
        self._rig.fetch("DELETE FROM devices WHERE device_id = ANY($1)", [*self._quadrant_of])

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Have them woken, in vain, for as long as the block lasts."""
        self.keep_addresses()
        try:
            yield
        finally:
            self.forget_addresses()

    def keep_addresses(self) -> None:
        rows = [(each, self._target(each, number)) for number, each in enumerate(self._quadrant_of)]
        self._rig.fetch(
            "INSERT INTO push_addresses (device_id, kind, endpoint, p256dh, auth, kept_at)"
            " SELECT *, now() FROM unnest($1::text[], $2::text[], $3::text[], $4::text[],"
            " $5::text[])",
            [device_id for device_id, _ in rows],
            *(
                [getattr(target, name) for _, target in rows]
                for name in ("kind", "endpoint", "p256dh", "auth")
            ),
        )

    def forget_addresses(self) -> None:
        self._rig.fetch(
            "DELETE FROM push_addresses WHERE device_id = ANY($1)", [*self._quadrant_of]
        )

    def _target(self, device_id: str, number: int) -> PushTarget:
        if PushKind.APNS in device_id:
            return PushTarget(PushKind.APNS, f"{number:064x}")
        return Browser().target(f"{self._url}/{number}")


class PushSide:
    """A push side as a process of its own, beside the rig's core."""

    def __init__(self, rig: Rig, port: int) -> None:
        self._metrics_port = free_port()
        self._home = rig.home
        self._environment = {
            **rig._environment,
            PREFIX + "DATA_DIR": str(rig.data_dir),
            PREFIX + "PORT": str(rig.port),
            PREFIX + "PUSH_METRICS_PORT": str(self._metrics_port),
            PREFIX + "PUSH_HOSTS": "localhost",
            PREFIX + "APNS_KEY_FILE": str(key_file(rig.home)),
            PREFIX + "APNS_KEY_ID": KEY_ID,
            PREFIX + "APNS_TEAM_ID": TEAM_ID,
            PREFIX + "APNS_TOPICS": TOPIC,
            PREFIX + "APNS_HOST": "localhost",
            PREFIX + "APNS_PORT": str(port),
        }

    def __enter__(self) -> "PushSide":
        with Path(self._home, "push.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(PROGRAM), "push"],
                cwd=self._home,
                env=self._environment,
                stderr=log,
            )
        until("the push side is there", lambda: self._metric("cuadrante_push_core_connected"))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def failed(self, service: str) -> int:
        """How many attempts at a push service came to nothing."""
        labels = {"service": service, "outcome": "failed"}
        return int(self._metric("cuadrante_push_outcomes_total", labels))

    def _metric(self, name: str, labels: dict[str, str] | None = None) -> float:
        with suppress(OSError):
            url = f"http://127.0.0.1:{self._metrics_port}/metrics"
            with urllib.request.urlopen(url, timeout=PATIENCE_S) as page:
                for family in text_string_to_metric_families(page.read().decode()):
                    for sample in family.samples:
                        if sample.name == name and sample.labels == (labels or {}):
                            return sample.value
        return 0.0


@contextmanager
def _black_hole() -> Iterator[int]:
    """Connections are taken, and nothing ever comes of them. Yields the port."""
    with socket.create_server(("127.0.0.1", 0), backlog=1_024) as hole:
        yield hole.getsockname()[1]
