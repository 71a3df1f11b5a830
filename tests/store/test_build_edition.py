import asyncio
import subprocess
import sys
import time

import psutil
import pytest
import shapely

from dispatch.store.build_edition import built_elsewhere

from .on_asyncio import PATIENCE_S, on_asyncio, soon

ROWS = [
    ("2024", "Q-01", "C1", "E", "CAI", "1", shapely.to_wkb(shapely.box(-75.6, 10.4, -75.5, 10.5)))
]


@on_asyncio
async def test_the_locator_comes_back_from_another_process() -> None:
    locator = await soon(built_elsewhere(ROWS))
    assert locator.edition.id == "2024"
    assert locator.locate(10.45, -75.55).quadrant == "Q-01"


@on_asyncio
async def test_no_quadrants_make_an_empty_edition() -> None:
    locator = await soon(built_elsewhere([]))
    assert locator.locate(10.45, -75.55).quadrant is None


@on_asyncio
async def test_quadrants_that_make_no_edition_are_an_error_here() -> None:
    with pytest.raises(ValueError, match="twice"):
        await soon(built_elsewhere(ROWS * 2))


@on_asyncio
async def test_no_process_stays_behind() -> None:
    await soon(built_elsewhere(ROWS))
    _, left = await asyncio.to_thread(
        psutil.wait_procs, _builders(psutil.Process()), timeout=PATIENCE_S
    )
    assert left == []


LONG_BUILD = """
import asyncio, shapely
from dispatch.store.build_edition import built_elsewhere
area = shapely.to_wkb(shapely.box(-76, 4, -75, 5))
asyncio.run(built_elsewhere([("e", f"Q{i}", "", "", "", "", area) for i in range(20)]))
"""


def test_no_process_outlives_a_killed_parent() -> None:
    command = [sys.executable, "-c", LONG_BUILD]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as parent:
        watched = psutil.Process(parent.pid)
        give_up_at_s = time.monotonic() + PATIENCE_S
        while not (builders := _builders(watched)) and time.monotonic() < give_up_at_s:
            pass
        parent.kill()
    _, left = psutil.wait_procs(builders, timeout=PATIENCE_S)
    assert builders
    assert left == []


def _builders(parent: psutil.Process) -> list[psutil.Process]:
    children = parent.children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
