import os
import signal

import pytest
import trio
import typer

from clients.commands.running import ExitCode, run
from clients.commands.screen import Screen
from link.errors import ClientError
from protocol.messages import Text


def _code(outcome: ExitCode | Exception | signal.Signals) -> int:
    async def command(_: Screen) -> ExitCode:
        await trio.lowlevel.checkpoint()
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, signal.Signals):
            os.kill(os.getpid(), outcome)
            await trio.sleep_forever()
        assert isinstance(outcome, ExitCode)
        return outcome

    with pytest.raises(typer.Exit) as ended:
        run(command)
    return ended.value.exit_code


def test_a_commands_code_is_the_processs() -> None:
    assert _code(ExitCode.DONE) == 0
    assert _code(ExitCode.LATE) == 3


def test_an_error_for_people_is_told_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert _code(ClientError(Text("Mal.", "Bad."))) == ExitCode.FAILED
    assert "Mal. · Bad." in capsys.readouterr().err


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_being_interrupted_is_clean(
    sent: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _code(sent) == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == "Interrumpido. · Interrupted.\n"


def test_our_own_bug_is_not_hidden() -> None:
    async def command(_: Screen) -> ExitCode:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        run(command)
