"""What an account may do over HTTP: one table."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dispatch.store.account_role import AccountRole
from protocol.vocabulary import Role


class Right(StrEnum):
    """What a route lets people do."""

    WATCH = "watch"
    """See alerts, what happened to them, their pictures, and troubles of the kit."""
    ACT = "act"
    """Act on alerts: close, silence, assign; say something to a front."""
    LOOK_UP = "look_up"
    """See fronts, people, devices and quadrants."""
    ENROL = "enrol"
    """Give out enrolment codes, withdraw enrolments, and take devices back."""
    REGISTER = "register"
    """Change fronts, people and devices, and what presses for them."""
    EXPORT = "export"
    """Take the record away, as files."""
    AUDIT = "audit"
    """See what accounts did."""


_OPERATOR: Final = frozenset({Right.WATCH, Right.ACT, Right.LOOK_UP})
_SUPERVISOR: Final = _OPERATOR | {Right.ENROL, Right.EXPORT}

GRANTED: Final[Mapping[AccountRole, frozenset[Right]]] = MappingProxyType(
    {
        AccountRole.OPERATOR: _OPERATOR,
        AccountRole.SUPERVISOR: _SUPERVISOR,
        AccountRole.ADMINISTRATOR: _SUPERVISOR | {Right.REGISTER, Right.AUDIT},
    }
)

SPEAKS_AS: Final[Mapping[AccountRole, Role]] = MappingProxyType(
    {
        AccountRole.OPERATOR: Role.OPERATOR,
        AccountRole.SUPERVISOR: Role.SUPERVISOR,
        AccountRole.ADMINISTRATOR: Role.SUPERVISOR,
    }
)
"""What a session of the account is to the core."""
