import pytest
import trio

from clients.answer import Answer
from tests.patience import PATIENCE_S


async def test_the_first_answer_counts() -> None:
    answer: Answer[str] = Answer()
    assert not answer.came
    answer.give("first")
    answer.give("second")
    answer.fail(ValueError("too late"))
    assert answer.came
    assert await answer.wait() == "first"


async def test_an_error_is_raised_from_wait() -> None:
    answer: Answer[str] = Answer()
    answer.fail(ValueError("no"))
    answer.give("too late")
    with pytest.raises(ValueError, match="no"):
        await answer.wait()


async def test_done_with_nothing_to_show() -> None:
    answer: Answer[str] = Answer()
    answer.over()
    assert await answer.wait() is None


async def test_whoever_waits_is_woken() -> None:
    answer: Answer[str] = Answer()
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(answer.wait)
            await trio.testing.wait_all_tasks_blocked()
            answer.give("now")
