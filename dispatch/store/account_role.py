"""What somebody is in the control room."""

from enum import StrEnum


class AccountRole(StrEnum):
    """What an account is for; what it may do, `console/access/rights.py` says."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
