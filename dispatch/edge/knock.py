"""A stranger's request, as far as it is looked at before anything is parsed."""

from typing import Final

from dispatch.edge.bounds import COME_BACK_S
from protocol import PATH, URGENT

COME_BACK_LATER: Final = (
    f"HTTP/1.1 503 Service Unavailable\r\nRetry-After: {COME_BACK_S}\r\n"
    "Content-Length: 0\r\nConnection: close\r\n\r\n"
).encode()
_END: Final = b"\r\n\r\n"
_URGENT: Final = tuple(
    f"GET {path} ".encode() for path in (f"{PATH}?{URGENT}", "/healthz", "/metrics")
)


def is_urgent(request: bytes) -> bool:
    """Say whether it asks to go first, or whether the server is well."""
    return request.startswith(_URGENT)


def is_whole(request: bytes) -> bool:
    """Say whether nothing follows the request. If in doubt, something does."""
    return request.endswith(_END) and request.count(_END) == 1
