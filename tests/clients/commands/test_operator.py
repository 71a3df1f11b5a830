from pathlib import Path

import pytest
from msgspec.structs import replace

from clients.commands.running import ExitCode
from protocol.close_codes import CloseCode
from protocol.messages import Assign, Close, MessageFront, Silence, SirenView
from protocol.vocabulary import AlertState, ErrorCode, Outcome, SirenState
from tests.clients.commands.command import run, running
from tests.clients.samples import OPERATOR, alert, an_id, error, owner, reach, trouble
from tests.link.peer import peer


@pytest.fixture
def home(tmp_path: Path) -> Path:
    OPERATOR.save(tmp_path / ".config" / "cuadrante" / "operator.json")
    return tmp_path


async def test_it_watches_until_the_server_will_not_have_it(home: Path) -> None:
    async with (
        peer() as server,
        running(home, "operator", "watch", "--server", server.url) as command,
    ):
        guest = await server.visit()
        await guest.welcome(alert())
        await command.line("PÁNICO")
        await guest.say(trouble("t1"))
        await command.line("t1 falla.")
        await guest.close(CloseCode.REPLACED)
        await command.line("Cierre el otro programa")
        assert await command.ended() == ExitCode.FAILED


async def test_it_closes_an_alert(home: Path) -> None:
    async with peer() as server:
        arguments = ("close", an_id(), "--outcome", "duplicate", "--note", "ya atendida")
        async with running(home, "operator", *arguments, "--server", server.url) as command:
            guest = await server.visit()
            await guest.welcome(alert())
            heard = await guest.hear(Close)
            assert (heard.outcome, heard.note) == (Outcome.DUPLICATE, "ya atendida")
            await guest.say(alert(version=2, state=AlertState.CLOSED, outcome=Outcome.DUPLICATE))
            await command.line("Cerrada")
            assert await command.ended() == ExitCode.DONE


async def test_a_refusal_is_told_in_the_servers_words(home: Path) -> None:
    async with peer() as server:
        arguments = ("close", an_id(), "--outcome", "real")
        async with running(home, "operator", *arguments, "--server", server.url) as command:
            guest = await server.visit()
            await guest.welcome()
            heard = await guest.hear(Close)
            await guest.say(error(ErrorCode.UNKNOWN_ALERT, heard.ref))
            await command.line("It could not be.")
            assert await command.ended() == ExitCode.FAILED


async def test_a_plain_address_elsewhere_is_refused_with_advice(home: Path) -> None:
    code, output = await run(home, "operator", "watch", "--server", "ws://example.org/v1")
    assert code == ExitCode.FAILED
    assert "wss://" in output


async def test_it_silences_an_alerts_sirens(home: Path) -> None:
    siren = SirenView("siren-1", "Sirena", SirenState.SOUNDING, None)
    async with peer() as server:
        arguments = ("silence", an_id(), "--server", server.url)
        async with running(home, "operator", *arguments) as command:
            guest = await server.visit()
            await guest.welcome(replace(alert(), sirens=(siren,)))
            await guest.hear(Silence)
            quiet = replace(siren, state=SirenState.SILENT)
            await guest.say(replace(alert(version=2), sirens=(quiet,)))
            await command.line("En silencio")
            assert await command.ended() == ExitCode.DONE


async def test_it_gives_an_alert_to_a_patrol(home: Path) -> None:
    async with peer() as server:
        arguments = ("assign", an_id(), "patrol-2", "--eta-s", "180", "--server", server.url)
        async with running(home, "operator", *arguments) as command:
            guest = await server.visit()
            await guest.welcome(alert())
            heard = await guest.hear(Assign)
            assert (heard.device_id, heard.eta_s) == ("patrol-2", 180)
            theirs = alert(version=2, state=AlertState.ACCEPTED, owned_by=owner("patrol-2"))
            await guest.say(theirs)
            await command.line("Asignada a patrol-2.")
            assert await command.ended() == ExitCode.DONE


async def test_it_says_something_to_a_front_until_it_is_stored(home: Path) -> None:
    async with peer() as server:
        arguments = ("tell", "f1", "Cierren puertas", "--about", an_id(), "--server", server.url)
        async with running(home, "operator", *arguments) as command:
            guest = await server.visit()
            await guest.welcome(alert())
            heard = await guest.hear(MessageFront)
            said = (heard.front_id, heard.body, heard.alert_id)
            assert said == ("f1", "Cierren puertas", an_id())
            await guest.say(reach(heard.message_id))
            await command.line("va a 12 dispositivos")
            assert await command.ended() == ExitCode.DONE
