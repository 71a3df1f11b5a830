"""Access is asked for once for all, and again when it is over or not taken; nobody waits long."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import trio
import trustme

from dispatch.push.fcm import access as of_google
from dispatch.push.fcm.access import Access, NoAccess
from dispatch.push.fcm.account import read_account
from tests.push.fcm.stand_in import FcmStandIn, account_file, firebase
from tests.push.receiver import trusting

AUTHORITY = trustme.CA()


@contextmanager
def access(stand_in: FcmStandIn, folder: Path) -> Iterator[Access]:
    with firebase(stand_in, AUTHORITY) as url:
        credentials = read_account(account_file(folder, url)).credentials
        one = Access(credentials, trusting(AUTHORITY))
        try:
            yield one
        finally:
            one.close()


async def test_many_at_once_ask_once(tmp_path: Path) -> None:
    stand_in, got = FcmStandIn(), []

    async def ask(one: Access) -> None:
        got.append(await one.token())

    with access(stand_in, tmp_path) as one:
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(ask, one)
    assert got == ["access-1"] * 10


async def test_one_that_is_not_taken_is_asked_for_anew_and_so_is_one_that_is_over(
    tmp_path: Path,
) -> None:
    stand_in = FcmStandIn()
    with access(stand_in, tmp_path) as one:
        assert await one.token() == "access-1"
        assert await one.token(refused="access-0") == "access-1", "another has been given out"
        assert await one.token(refused="access-1") == "access-2"
        one._credentials.expiry -= timedelta(hours=1)
        assert await one.token() == "access-3"


@pytest.mark.parametrize(("status", "is_denied"), [(400, True), (401, True), (403, True)])
async def test_who_is_known_and_not_let_in_is_told_apart(
    tmp_path: Path, status: int, is_denied: bool
) -> None:
    stand_in = FcmStandIn()
    stand_in.gives_tokens = status
    with access(stand_in, tmp_path) as one:
        with pytest.raises(NoAccess) as caught:
            await one.token()
        assert caught.value.is_denied is is_denied
        stand_in.gives_tokens = 200
        assert await one.token() == "access-1"


@pytest.mark.parametrize("nonsense", [[], "token", 7, {}, {"access_token": "a", "expires_in": "x"}])
async def test_what_is_no_token_is_taken_for_a_fault_of_theirs(
    tmp_path: Path, nonsense: object
) -> None:
    stand_in = FcmStandIn()
    stand_in.nonsense = nonsense
    with access(stand_in, tmp_path) as one:
        with pytest.raises(NoAccess):
            await one.token()
        stand_in.nonsense = None
        assert await one.token() == "access-1"


async def test_an_endpoint_that_is_silent_is_given_up_here_and_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_google, "ANSWER_WITHIN_S", 0.5)
    stand_in = FcmStandIn()
    stand_in.gives_tokens = None
    with access(stand_in, tmp_path) as one:
        with trio.move_on_after(0.1) as scope:
            await one.token()
        assert scope.cancelled_caught
        with trio.fail_after(20), pytest.raises(NoAccess) as caught:
            await one.token()  # after the first is over: there is one thread
        assert not caught.value.is_denied
