"""Which devices were heard from since the core was last told, many to a frame."""

from collections.abc import Iterator

from protocol.limits import SEEN_PER_FRAME_MAX
from protocol.messages import Contact, Seen


class Contacts:
    """Each device once, with the newest of what it said."""

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def note(
        self, device_id: str, battery_percent: int | None = None, *, tested: bool = False
    ) -> None:
        """A device gave proof of life."""
        before = self._seen.get(device_id)
        if before is not None:
            tested = tested or before.tested
            if battery_percent is None:
                battery_percent = before.battery_percent
        self._seen[device_id] = Seen(device_id, battery_percent, tested)

    def frames(self) -> Iterator[Contact]:
        """Take them out, a frame at a time."""
        while self._seen:
            ids = list(self._seen)[:SEEN_PER_FRAME_MAX]
            yield Contact(seen=tuple(self._seen.pop(device_id) for device_id in ids))
