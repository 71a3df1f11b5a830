import pytest
import trio

from link.feed import MAX_UNREAD, Feed, Reader
from tests.patience import PATIENCE_S


async def _all(reader: Reader[str]) -> list[str]:
    return [item async for item in reader]


async def test_every_reader_gets_every_item_in_order() -> None:
    feed: Feed[str] = Feed()
    first, second = feed.reader([(0, "before")]), feed.reader()
    feed.put(1, "one")
    feed.put(2, "two")
    feed.end()
    assert await _all(first) == ["before", "one", "two"]
    assert await _all(second) == ["one", "two"]


async def test_a_slow_reader_gets_the_newest_of_each_key_in_its_old_turn() -> None:
    feed: Feed[str] = Feed()
    reader = feed.reader()
    for key, item in (("a", "a1"), ("b", "b1"), ("a", "a2")):
        feed.put(key, item)
    feed.end()
    assert await _all(reader) == ["a2", "b1"]


async def test_a_reader_that_waits_is_woken() -> None:
    feed: Feed[str] = Feed()
    got: list[str] = []

    async def read() -> None:
        got.append(await anext(reader))

    reader = feed.reader()
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            await trio.testing.wait_all_tasks_blocked()
            feed.put(1, "news")
    assert got == ["news"]


async def test_an_error_comes_after_what_was_unread_and_also_to_late_readers() -> None:
    feed: Feed[str] = Feed()
    reader = feed.reader()
    feed.put(1, "last words")
    feed.end(ValueError("over"))
    assert await anext(reader) == "last words"
    for left in (reader, feed.reader()):
        with pytest.raises(ValueError, match="over"):
            await anext(left)


async def test_what_is_unread_is_bounded() -> None:
    feed: Feed[str] = Feed()
    reader = feed.reader()
    for key in range(MAX_UNREAD + 3):
        feed.put(key, str(key))
    feed.end()
    kept = await _all(reader)
    assert len(kept) == MAX_UNREAD
    assert kept[-1] == str(MAX_UNREAD + 2)


async def test_a_reader_nobody_holds_is_forgotten() -> None:
    feed: Feed[str] = Feed()
    reader = feed.reader()
    del reader
    feed.put(1, "to nobody")
    assert len(feed._readers) == 0
