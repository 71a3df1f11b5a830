"""Whoever is higher may all that whoever is lower may."""

from dispatch.console.access.rights import GRANTED, SPEAKS_AS, Right
from dispatch.store.account_role import AccountRole


def test_every_role_has_its_rights_and_the_next_has_them_too() -> None:
    operator, supervisor, administrator = (GRANTED[role] for role in AccountRole)
    assert operator < supervisor < administrator
    assert administrator == frozenset(Right)
    assert set(SPEAKS_AS) == set(AccountRole)
