"""One answer that one caller waits for."""

from typing import Generic, TypeVar

import trio

T = TypeVar("T")


class Answer(Generic[T]):
    """A value, or an error, that comes once. Whatever comes after it is ignored."""

    def __init__(self) -> None:
        self._came = trio.Event()
        self._value: T | None = None
        self._error: Exception | None = None

    @property
    def came(self) -> bool:
        """Whether there is an answer."""
        return self._came.is_set()

    def give(self, value: T) -> None:
        """Answer."""
        if not self.came:
            self._value = value
            self._came.set()

    def over(self) -> None:
        """Answer that it is done, with nothing to show for it."""
        self._came.set()

    def fail(self, error: Exception) -> None:
        """Answer with an error, which `wait` raises."""
        if not self.came:
            self._error = error
            self._came.set()

    async def wait(self) -> T | None:
        """Return the answer, or raise it if it is an error."""
        await self._came.wait()
        if self._error is not None:
            raise self._error
        return self._value
