import signal
from pathlib import Path

import pytest

from clients.commands.running import ExitCode
from link.enrolment import Credentials
from protocol.messages import Command, Sounded
from protocol.vocabulary import Action, Role, SirenState
from tests.clients.commands.command import run, running
from tests.clients.samples import PATROL, an_id
from tests.link.peer import peer


@pytest.fixture
def home(tmp_path: Path) -> Path:
    siren = Credentials("siren-1", Role.SIREN, "siren-token")
    siren.save(tmp_path / ".config" / "cuadrante" / "siren.json")
    return tmp_path


async def test_it_shows_when_it_sounds_and_when_it_stops(home: Path) -> None:
    async with peer() as server, running(home, "siren", "--server", server.url) as command:
        guest = await server.visit()
        await guest.welcome()
        await guest.say(Command(action=Action.SOUND, alert_id=an_id(), for_s=60))
        assert (await guest.hear(Sounded)).state is SirenState.SOUNDING
        await command.line("¡SUENA!")
        await guest.say(Command(action=Action.SILENCE, alert_id=an_id()))
        assert (await guest.hear(Sounded)).state is SirenState.SILENT
        await command.line("En silencio")
        command.process.send_signal(signal.SIGINT)
        assert "Traceback" not in await command.rest()
        assert await command.ended() == ExitCode.INTERRUPTED


async def test_another_roles_credentials_are_refused(home: Path) -> None:
    PATROL.save(home / "patrol.json")
    code, output = await run(home, "siren", "--credentials", str(home / "patrol.json"))
    assert code == ExitCode.FAILED
    assert "python -m clients.patrol" in output
