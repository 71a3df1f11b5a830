"""News for any number of readers, none of whom can hold up the sender or the other readers."""

import weakref
from collections.abc import AsyncIterator, Hashable, Iterable
from typing import Generic, TypeVar

import trio

T = TypeVar("T")

MAX_UNREAD = 4096
"""Keys a slow reader may have unread; beyond it the oldest are forgotten."""


class Reader(AsyncIterator[T], Generic[T]):
    """Yields what the feed is given, oldest first; of one key, only the newest.

    It may be left at any time: unlike an async generator, nothing has to be closed.
    """

    def __init__(self, first: Iterable[tuple[Hashable, T]] = ()) -> None:
        self._unread: dict[Hashable, T] = dict(first)
        self._arrived = trio.Event()
        self._ended = False
        self._error: Exception | None = None

    def __aiter__(self) -> "Reader[T]":
        return self

    async def __anext__(self) -> T:
        await trio.lowlevel.checkpoint()
        while not self._unread:
            if self._ended:
                raise self._error or StopAsyncIteration
            self._arrived = trio.Event()
            await self._arrived.wait()
        return self._unread.pop(next(iter(self._unread)))

    def put(self, key: Hashable, item: T) -> None:
        """Take the newest item of a key; it keeps the place in line of an unread older one."""
        self._unread[key] = item
        if len(self._unread) > MAX_UNREAD:
            del self._unread[next(iter(self._unread))]
        self._arrived.set()

    def end(self, error: Exception | None) -> None:
        """Stop after what is unread, raising `error` if there is one."""
        self._ended, self._error = True, error
        self._arrived.set()


class Feed(Generic[T]):
    """Hands every item to every reader there is."""

    def __init__(self) -> None:
        self._readers: weakref.WeakSet[Reader[T]] = weakref.WeakSet()
        self._end: tuple[Exception | None] | None = None

    def put(self, key: Hashable, item: T) -> None:
        """Give all readers an item; `key` says which older item it replaces."""
        for reader in self._readers:
            reader.put(key, item)

    def end(self, error: Exception | None = None) -> None:
        """There will be no more; readers, also later ones, raise `error` if there is one."""
        self._end = (error,)
        for reader in self._readers:
            reader.end(error)

    def reader(self, first: Iterable[tuple[Hashable, T]] = ()) -> Reader[T]:
        """Start to read: `first`, then all that is put from now on."""
        reader = Reader(first)
        if self._end is not None:
            reader.end(*self._end)
        self._readers.add(reader)
        return reader
