"""Keeping how devices are woken, in the background: PostgreSQL is behind everything else."""

import asyncio

import structlog

from dispatch.core.effects import DropPushAddress, KeepPushAddress, Send
from dispatch.core.words import ERROR
from dispatch.edge.bounds import KEEPING_ADDRESSES_MAX
from dispatch.edge.outbox import Outbox
from dispatch.store.errors import Refused, StoreUnavailable
from dispatch.store.pool import Pool
from dispatch.store.push_addresses import drop_push_address, keep_push_address
from protocol.messages import Error
from protocol.vocabulary import ErrorCode

log = structlog.get_logger()


class AddressBook:
    """Writes a bounded number of addresses at once; a device hears of its own if that fails."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, wanted: KeepPushAddress | DropPushAddress, outbox: Outbox) -> None:
        """Keep or forget an address.

        One that could not be forgotten, or of which there were too many at once, is said to be gone
        again by its push service.
        """
        if len(self._tasks) >= KEEPING_ADDRESSES_MAX:
            _say_unavailable(wanted, outbox)
            return
        task = asyncio.create_task(self._write(wanted, outbox))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, wanted: KeepPushAddress | DropPushAddress, outbox: Outbox) -> None:
        device_id = wanted.device_id
        try:
            if isinstance(wanted, KeepPushAddress):
                await keep_push_address(self._pool, device_id, wanted.target, wanted.at_ms)
            else:
                await drop_push_address(self._pool, device_id, wanted.endpoint)
        except (StoreUnavailable, Refused) as error:
            log.warning("push_address_not_written", device=device_id, reason=str(error))
            _say_unavailable(wanted, outbox)


def _say_unavailable(wanted: KeepPushAddress | DropPushAddress, outbox: Outbox) -> None:
    if isinstance(wanted, KeepPushAddress):
        code = ErrorCode.UNAVAILABLE
        error = Error(code=code, text=ERROR[code], about="push_address", ref=wanted.ref)
        outbox.apply([Send((wanted.device_id,), error)])
