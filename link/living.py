"""What lives for as long as an `async with` block: connected in it, settled at its end."""

from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self


class Living(ABC):
    """A class whose objects are used in an `async with` block, by one method of theirs."""

    _life: AbstractAsyncContextManager[None]

    @abstractmethod
    def _live(self) -> AbstractAsyncContextManager[None]:
        """What is done around the block."""

    async def __aenter__(self) -> Self:
        """Begin. Raises what the way in says."""
        self._life = self._live()
        await self._life.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Settle and end. Raises what the way out says."""
        return await self._life.__aexit__(kind, error, traceback)
