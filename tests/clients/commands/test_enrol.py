from pathlib import Path

from clients.commands.running import ExitCode
from link.enrolment import load
from protocol.messages import Enrol, Enrolled
from protocol.vocabulary import ErrorCode, Role
from tests.clients.commands.command import running
from tests.clients.samples import APP, error
from tests.link.peer import peer

ENROLLED = Enrolled(device_id="app-1", role=Role.APP, token="app-token")
CODE = ("--code", "K7QF-2M9X")


async def test_the_credentials_are_kept_and_the_code_is_spent(tmp_path: Path) -> None:
    async with (
        peer() as server,
        running(tmp_path, "app", "enrol", *CODE, "--server", server.url) as command,
    ):
        guest = await server.visit()
        assert (await guest.hear(Enrol)).code == "K7QF-2M9X"
        await guest.say(ENROLLED)
        guest = await server.visit()
        assert (await guest.welcome()).token == "app-token"
        await command.line("Enrolado: 43-A (app)")
        assert await command.ended() == ExitCode.DONE
    assert load(tmp_path / ".config" / "cuadrante" / "app.json") == APP


async def test_a_code_of_another_role_is_not_spent_and_nothing_is_kept(tmp_path: Path) -> None:
    async with peer() as server:
        arguments = ("enrol", *CODE, "--server", server.url)
        async with running(tmp_path, "patrol", *arguments) as command:
            guest = await server.visit()
            await guest.hear(Enrol)
            await guest.say(ENROLLED)
            await command.line("python -m clients.app")
            assert await command.ended() == ExitCode.FAILED
    assert not (tmp_path / ".config").exists()


async def test_a_refused_code_says_whom_to_ask(tmp_path: Path) -> None:
    async with (
        peer() as server,
        running(tmp_path, "app", "enrol", *CODE, "--server", server.url) as command,
    ):
        guest = await server.visit()
        await guest.hear(Enrol)
        await guest.say(error(ErrorCode.ENROLMENT_REFUSED, None))
        await command.line("coordinador")
        assert await command.ended() == ExitCode.FAILED
