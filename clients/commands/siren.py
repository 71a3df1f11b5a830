"""`python -m clients.siren`: a siren that is seen, and heard as the terminal's bell."""

from typing import Final

import trio
import typer

from clients.commands.enrol import add_enrol
from clients.commands.options import (
    DEFAULT_SERVER,
    CaOption,
    CredentialsOption,
    ServerOption,
    credentials_for,
    ssl_context,
)
from clients.commands.running import ExitCode, run
from clients.commands.screen import Screen
from clients.siren import Siren
from link.beside import beside
from protocol.messages import Text
from protocol.vocabulary import Role, SirenState

BELL_EVERY_S: Final = 1.0
WORDS: Final = {
    SirenState.SOUNDING: Text("¡SUENA!", "SOUNDING"),
    SirenState.SILENT: Text("En silencio.", "silent"),
}

main: typer.Typer = typer.Typer(
    help="Una sirena · A siren.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
add_enrol(main, Role.SIREN)


@main.callback()
def sound(
    context: typer.Context,
    *,
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Suena cuando se lo piden, hasta Ctrl-C · Sound when told to, until Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    trusted = ssl_context(ca)

    async def command(screen: Screen) -> ExitCode:
        known = credentials_for(credentials, Role.SIREN)
        siren = Siren(server, known, lambda _on: None, ssl_context=trusted)

        async def ring() -> None:
            while True:
                if siren.is_sounding:
                    screen.bell()
                await trio.sleep(BELL_EVERY_S)

        async with siren, beside(ring, lambda: screen.follow_link(siren.states())):
            async for said in siren.said():
                words = WORDS[said.state]
                is_loud = said.state is SirenState.SOUNDING
                screen.say(
                    Text(f"{words.es} {said.alert_id}", words.en),
                    style="bold red" if is_loud else "dim",
                )
        return ExitCode.DONE

    run(command)
