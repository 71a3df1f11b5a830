"""Builds an edition's index in a process of its own: seconds of work that no press may wait for."""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from dispatch.core.locate import Locator
from dispatch.core.quadrants import Edition
from dispatch.store.rows import Row, edition_from


async def built_elsewhere(quadrants: Sequence[Row]) -> Locator:
    """Build the locator of these rows of `registry_quadrants`.

    Raises `ValueError` for quadrants that make no edition and `BrokenProcessPool` when the process
    was killed.
    """
    # Not forked: a fork would take the listening sockets and the event loop with it.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(1, mp_context=context, initializer=_prepare)
    try:
        plain = [tuple(row) for row in quadrants]
        return await asyncio.get_running_loop().run_in_executor(executor, _build, plain)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _build(quadrants: Sequence[Row]) -> Locator:
    return Locator(edition_from(quadrants) or Edition("", ()))


def _prepare() -> None:
    """Leave no orphan, however the parent ends. Ctrl-C on a terminal is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent,), daemon=True).start()


def _exit_after(parent: "multiprocessing.process.BaseProcess") -> None:
    parent.join()
    os._exit(1)
