import pytest
import trio

from link.beside import beside
from tests.patience import PATIENCE_S


async def _fails() -> None:
    raise KeyError("task")


async def test_tasks_end_with_the_block() -> None:
    ended = trio.Event()

    async def task() -> None:
        try:
            await trio.sleep_forever()
        finally:
            ended.set()

    with trio.fail_after(PATIENCE_S):
        async with beside(task):
            await trio.testing.wait_all_tasks_blocked()
    assert ended.is_set()


async def test_a_failed_task_cancels_the_block_and_is_raised_as_itself() -> None:
    with trio.fail_after(PATIENCE_S), pytest.raises(KeyError):
        async with beside(trio.sleep_forever, _fails):
            await trio.sleep_forever()


async def test_the_blocks_own_error_is_raised_as_itself() -> None:
    with pytest.raises(ValueError, match="mine"):
        async with beside(trio.sleep_forever), beside(trio.sleep_forever):
            raise ValueError("mine")


async def test_two_errors_stay_a_group() -> None:
    with pytest.RaisesGroup(KeyError, ValueError):
        async with beside(_fails):
            try:
                await trio.sleep_forever()
            finally:
                raise ValueError("mine too")


async def test_being_cancelled_from_outside_is_no_error() -> None:
    with trio.CancelScope() as scope:
        async with beside(trio.sleep_forever):
            scope.cancel()
            await trio.sleep_forever()
    assert scope.cancelled_caught
