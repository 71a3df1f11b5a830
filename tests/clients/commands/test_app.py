"""The app's command line, as a process that may be killed."""

import signal
from pathlib import Path

import pytest

from clients.commands.running import ExitCode
from protocol.close_codes import CloseCode
from protocol.messages import Cancel, MessageShown, Position, Signal, Siren, Text
from protocol.vocabulary import Kind, SirenState, Stage
from tests.clients.commands.command import run, running
from tests.clients.samples import APP, an_id, front_message, receipt, trouble
from tests.link.peer import peer


@pytest.fixture
def home(tmp_path: Path) -> Path:
    APP.save(tmp_path / ".config" / "cuadrante" / "app.json")
    return tmp_path


async def test_a_press_shows_how_far_it_gets_in_both_languages(home: Path) -> None:
    async with peer() as server:
        arguments = ("press", "--at", "4.65,-74.10", "--accuracy", "12", "--wait", "accepted")
        async with running(home, "app", *arguments, "--server", server.url) as command:
            guest = await server.visit()
            await guest.welcome()
            heard = await guest.hear(Signal)
            assert heard.position == Position(lat=4.65, lon=-74.1, accuracy_m=12.0)
            assert heard.kind is Kind.PANIC
            await command.line("Señal en camino")
            await guest.say(receipt(heard.signal_id, stored=False))
            line = await command.line("received")
            assert "es received · en received" in line
            await guest.say(receipt(heard.signal_id))
            await command.line("Guardada. · Stored.")
            await guest.say(receipt(heard.signal_id, 2, Stage.ACCEPTED))
            await command.line("es accepted")
            assert await command.ended() == ExitCode.DONE
            assert "\x1b" not in line  # plain, for this is no terminal


async def test_a_killed_app_sends_the_same_press_when_it_is_started_again(home: Path) -> None:
    async with peer() as server:
        arguments = ("press", "--at", "4.65,-74.10", "--kind", "fire", "--server", server.url)
        async with running(home, "app", *arguments) as command:
            guest = await server.visit()
            await guest.welcome()
            killed = await guest.hear(Signal)
            await command.line("Señal en camino")
            command.process.send_signal(signal.SIGKILL)
            await command.ended()
        async with running(home, "app", "cancel", "--server", server.url) as command:
            guest = await server.visit()
            await guest.welcome(receipt(killed.signal_id))
            again = await guest.hear(Signal)
            assert again == killed
            await guest.say(receipt(killed.signal_id))
            await guest.hear(Cancel)
            await guest.say(receipt(killed.signal_id, 2, cancel_requested=True))
            assert await command.ended() == ExitCode.DONE


async def test_a_silent_press_prints_nothing(home: Path) -> None:
    async with peer() as server:
        arguments = ("press", "--kind", "silent", "--server", server.url)
        async with running(home, "app", *arguments) as command:
            guest = await server.visit()
            await guest.welcome()
            heard = await guest.hear(Signal)
            await guest.say(receipt(heard.signal_id, discreet=True))
            assert await command.rest() == ""
            assert await command.ended() == ExitCode.DONE


async def test_cancel_takes_back_what_is_open(home: Path) -> None:
    async with (
        peer() as server,
        running(home, "app", "cancel", "--server", server.url) as command,
    ):
        guest = await server.visit()
        await guest.welcome(receipt(an_id()))
        assert (await guest.hear(Cancel)).signal_id == an_id()
        await guest.say(receipt(an_id(), 2, cancel_requested=True))
        await command.line("La patrulla lo sabe y decide")
        assert await command.ended() == ExitCode.DONE


async def test_cancel_without_an_open_press_fails(home: Path) -> None:
    async with (
        peer() as server,
        running(home, "app", "cancel", "--server", server.url) as command,
    ):
        guest = await server.visit()
        await guest.welcome()
        await command.line("There is no open press")
        assert await command.ended() == ExitCode.FAILED


async def test_a_press_that_gets_no_further_in_time_says_so(home: Path) -> None:
    async with peer() as server:
        arguments = ("press", "--wait", "accepted", "--timeout", "0.5", "--server", server.url)
        async with running(home, "app", *arguments) as command:
            guest = await server.visit()
            await guest.welcome()
            heard = await guest.hear(Signal)
            await guest.say(receipt(heard.signal_id))
            await command.line("llame al 123")
            assert await command.ended() == ExitCode.LATE


@pytest.mark.parametrize("at", ["4.65", "north,south", "91,0", "nan,0", "1,2,3"])
async def test_a_place_that_is_none_is_a_wrong_command_line(home: Path, at: str) -> None:
    code, output = await run(home, "app", "press", "--at", at)
    assert code == 2
    assert "LAT,LON" in output
    assert "Traceback" not in output


async def test_without_credentials_it_says_to_enrol(tmp_path: Path) -> None:
    code, output = await run(tmp_path, "app", "press", "--at", "4.65,-74.1")
    assert code == ExitCode.FAILED
    assert "enrol" in output
    assert "Traceback" not in output


async def test_a_server_out_of_reach_is_told_and_ctrl_c_is_clean(home: Path) -> None:
    async with running(home, "app", "press", "--server", "ws://127.0.0.1:1/v1") as command:
        await command.line("Reintentando")
        command.process.send_signal(signal.SIGINT)
        output = await command.rest()
        assert await command.ended() == ExitCode.INTERRUPTED
        assert "Interrumpido" in output
        assert "Traceback" not in output


async def test_a_coordinator_is_shown_what_is_wrong_and_what_is_right_again(home: Path) -> None:
    async with (
        peer() as server,
        running(home, "app", "troubles", "--server", server.url) as command,
    ):
        guest = await server.visit()
        await guest.welcome(trouble("t1"))
        await command.line("t1 falla.")
        await guest.say(trouble("t1", closed_at_ms=9))
        await command.line("t1 bien.")
        await guest.close(CloseCode.REPLACED)
        assert await command.ended() == ExitCode.FAILED


async def test_sirens_are_printed_with_who_set_them_off_and_when_they_are_over(home: Path) -> None:
    def siren(state: SirenState, es: str) -> Siren:
        text = Text(es, "in English")
        return Siren("f-1", an_id(1), "Sirena", state, by="Carla", text=text)

    async with (
        peer() as server,
        running(home, "app", "sirens", "--server", server.url) as command,
    ):
        guest = await server.visit()
        await guest.welcome(siren(SirenState.SOUNDING, "Suena por Carla."))
        await command.line("Suena por Carla. · in English")
        await guest.say(siren(SirenState.SILENT, "Callada."))
        await command.line("Callada. · in English")
        await guest.close(CloseCode.REPLACED)
        assert await command.ended() == ExitCode.FAILED


async def test_it_shows_what_the_control_room_says_and_confirms_it(home: Path) -> None:
    async with (
        peer() as server,
        running(home, "app", "messages", "--server", server.url) as command,
    ):
        guest = await server.visit()
        await guest.welcome()
        await guest.say(front_message())
        await command.line("Sala 1: Cierren puertas")
        assert (await guest.hear(MessageShown)).message_id == an_id()
        await guest.close(CloseCode.REPLACED)
        assert await command.ended() == ExitCode.FAILED
