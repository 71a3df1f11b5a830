from pathlib import Path

import msgspec
import pytest

from clients.demo.reports import Enrolling
from clients.demo.simulator import enrol_all
from link.enrolment import Credentials
from link.errors import EnrolmentFailed
from protocol.vocabulary import Role

NOWHERE = "ws://127.0.0.1:1/v1"
ANA = Credentials("app-ana", Role.APP, "secret")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "codes.json").write_text("{}")
    # The second line is what a process leaves that is killed while it writes.
    lines = msgspec.json.encode(ANA) + b'\n{"device_id": "app-be'
    (tmp_path / "credentials-members.jsonl").write_bytes(lines)
    return tmp_path


async def test_who_has_a_token_is_not_enrolled_again(directory: Path) -> None:
    said: list[Enrolling] = []
    known = await enrol_all("members", NOWHERE, directory, ["app-ana"], said.append)
    assert known == {"app-ana": ANA}
    assert said == [Enrolling("members", 1, 1)]


async def test_who_has_none_needs_the_server(directory: Path) -> None:
    with pytest.raises(EnrolmentFailed):
        await enrol_all("members", NOWHERE, directory, ["app-ana", "app-be"], lambda _: None)
