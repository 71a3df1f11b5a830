"""The faults by name, in the order in which they are done."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from tests.faults import clocks, deaths, disks, links, sleepers, walls
from tests.faults.rig import Rig
from tests.faults.trial import Row, Scale

FAULTS: Final[Mapping[str, Callable[[Row, Rig, Scale], None]]] = MappingProxyType(
    {
        "core-killed": deaths.core_killed,
        "both-killed": deaths.both_killed,
        "log-killed": deaths.log_killed,
        "database-killed": deaths.database_killed,
        "database-stopped": deaths.database_stopped,
        "disk-full": disks.disk_full,
        "write-fails": disks.write_fails,
        "sync-fails": disks.sync_fails,
        "power-lost": disks.power_lost,
        "bad-network": links.bad_network,
        "slow-reader": links.slow_reader,
        "half-open": links.half_open,
        "push-black-holed": sleepers.push_black_holed,
        "panels-core-killed": walls.panels_and_core_killed,
        "panels-gateway-killed": walls.panels_and_gateway_killed,
        "clock-jumps": clocks.clock_jumps,
    }
)
QUICK: Final = (
    "core-killed",
    "log-killed",
    "database-killed",
    "disk-full",
    "sync-fails",
    "bad-network",
    "panels-core-killed",
    "panels-gateway-killed",
)
"""Those of which a few seconds prove something."""
