from pathlib import Path

import pytest
import trio

from dispatch.gateway.enrolment import become, put_aside
from link.enrolment import Credentials, load
from link.errors import CredentialsError, EnrolmentFailed
from protocol.messages import Enrol, Enrolled, Error, Text
from protocol.vocabulary import ErrorCode, Role
from tests.link.peer import Guest, Peer, peer

ME = Credentials("gateway-1", Role.GATEWAY, "token")
UNKNOWN = Error(code=ErrorCode.ENROLMENT_REFUSED, text=Text("No.", "No."), about="enrol")


async def answered(server: Peer, with_: Enrolled | Error) -> Guest:
    guest = await server.visit()
    assert (await guest.hear(Enrol)).code == "CODE"
    await guest.say(with_)
    return guest


async def test_a_code_that_the_core_has_not_heard_of_yet_is_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "gateway" / "credentials.json"
    async with peer() as server, trio.open_nursery() as nursery:
        nursery.start_soon(become, file, server.url, "CODE")
        await answered(server, UNKNOWN)
        token = Enrolled(device_id=ME.device_id, role=ME.role, token=ME.token)
        await answered(server, token)
    assert load(file) == ME
    assert file.stat().st_mode & 0o077 == 0


async def test_a_code_that_stays_unknown_is_given_up(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with trio.open_nursery() as nursery:
        with pytest.raises(EnrolmentFailed):
            await become(Path("never-written"), "ws://127.0.0.1:9/v1", "CODE")
        nursery.cancel_scope.cancel()


def test_a_token_that_the_core_does_not_know_is_put_aside(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    ME.save(file)
    put_aside(file)
    with pytest.raises(CredentialsError):
        load(file)
    assert [each.name for each in tmp_path.iterdir()] == ["credentials.json.refused"]
