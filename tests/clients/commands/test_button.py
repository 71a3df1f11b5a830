from pathlib import Path

from clients.commands.running import ExitCode
from link.enrolment import Credentials
from protocol.messages import Signal
from protocol.vocabulary import Role
from tests.clients.commands.command import run, running
from tests.clients.samples import APP, receipt
from tests.link.peer import peer


async def test_pressing_a_button(tmp_path: Path) -> None:
    file = tmp_path / "button.json"
    Credentials("button-1", Role.BUTTON, "button-token").save(file)
    async with peer() as server:
        arguments = ("press", "--credentials", str(file), "--server", server.url)
        async with running(tmp_path, "button", *arguments) as command:
            guest = await server.visit()
            await guest.welcome()
            heard = await guest.hear(Signal)
            assert heard.position is None
            await guest.say(receipt(heard.signal_id))
            await command.line("es received")
            assert await command.ended() == ExitCode.DONE


async def test_an_apps_credentials_are_sent_to_the_right_command(tmp_path: Path) -> None:
    file = tmp_path / "app.json"
    APP.save(file)
    code, output = await run(tmp_path, "button", "press", "--credentials", str(file))
    assert code == ExitCode.FAILED
    assert "python -m clients.app" in output
