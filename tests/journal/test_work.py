from queue import SimpleQueue

from dispatch.journal.work import (
    BATCH_BYTES_MAX,
    BATCH_ENTRIES_MAX,
    Append,
    Close,
    Compact,
    Note,
    Work,
    take,
)
from tests.journal.samples import entry


def queue_of(*work: Work) -> "SimpleQueue[Work]":
    queue: SimpleQueue[Work] = SimpleQueue()
    for each in work:
        queue.put(each)
    return queue


def append(first_seq: int, count: int = 1, size_bytes: int = 100) -> Append:
    return Append(first_seq, (entry(),) * count, size_bytes)


def test_everything_that_waits_is_taken_at_once():
    queue = queue_of(append(1, 2), Note("a", "1"), append(3), Note("a", "2"), Compact(5))
    batch = take(queue, wait=True, everything=False)
    assert [each.last_seq for each in batch.appends] == [2, 3]
    assert batch.notes == {"a": "2"}
    assert batch.compact == Compact(5)
    assert batch.entries == 3
    assert not batch.is_last


def test_nothing_waits():
    assert take(queue_of(), wait=False, everything=True).appends == []


def test_a_burst_is_told_of_in_parts():
    half = BATCH_ENTRIES_MAX // 2 + 1
    queue = queue_of(append(1, half), append(half + 1, half), append(2 * half + 1))
    assert len(take(queue, wait=True, everything=False).appends) == 2
    assert len(take(queue, wait=True, everything=False).appends) == 1


def test_large_entries_end_a_part_too():
    queue = queue_of(append(1, size_bytes=BATCH_BYTES_MAX), append(2))
    assert len(take(queue, wait=True, everything=False).appends) == 1


def test_after_a_failure_all_share_one_attempt():
    queue = queue_of(append(1, size_bytes=BATCH_BYTES_MAX), append(2))
    assert len(take(queue, wait=False, everything=True).appends) == 2


def test_closing_comes_after_what_was_asked_before():
    batch = take(queue_of(append(1), Close()), wait=True, everything=False)
    assert batch.is_last
    assert len(batch.appends) == 1
