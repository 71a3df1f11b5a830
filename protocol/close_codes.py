"""Why a connection was closed, as WebSocket close codes (RFC 6455, section 7.4.2: 4000-4999).

The range tells a client what to do without knowing the code: 4000-4499 reconnect (with a jittered
back-off), 4500-4999 do not, because the same connection would be refused again.
"""

from enum import IntEnum

FIRST_PERMANENT = 4500


class CloseCode(IntEnum):
    """The catalogue. The value's range decides `may_reconnect`."""

    DRAINING = 4000
    """The server restarts."""
    HELLO_TIMEOUT = 4001
    """No valid `hello` within the time allowed."""
    FLOODING = 4002
    """More frames than any honest device sends."""
    TOO_SLOW = 4003
    """The client does not read what it is sent."""
    GONE_QUIET = 4004
    """Nothing was heard from the client for too long."""
    TOO_MANY_ERRORS = 4005
    """More faulty frames than one connection may send."""
    REGISTRY_BEHIND = 4006
    """The device is unknown or its token is wrong, for all that a server knows that started without
    its database."""
    BAD_CREDENTIALS = 4500
    """The device is unknown or its token is wrong."""
    REVOKED = 4501
    """The device's enrolment was withdrawn."""
    REPLACED = 4502
    """The same device connected again elsewhere."""
    TEXT_ONLY = 4503
    """A binary frame: `cuadrante.v1` is text."""


def may_reconnect(code: int) -> bool:
    """Say whether a client that was closed with `code` should connect again.

    Standard codes (1000-2999) mean a lost or ended connection, so yes; 1002, 1007 and 1009 say
    that what the client sends is broken, which a new connection would not mend.
    """
    return code < FIRST_PERMANENT and code not in (1002, 1003, 1007, 1009)
