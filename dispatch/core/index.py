"""An index of ids: key -> the ids under it, in order, without keys that have none."""

from typing import TypeVar

Key = TypeVar("Key")


def discard(index: dict[Key, dict[str, None]], key: Key, id_: str) -> None:
    """Take an id from under a key, if it is there."""
    ids = index.get(key)
    if ids is not None:
        ids.pop(id_, None)
        if not ids:
            del index[key]
