"""`python -m clients.button`: enrol, press."""

from typing import Annotated

import typer

from clients.button import Button
from clients.commands.enrol import add_enrol
from clients.commands.options import (
    DEFAULT_SERVER,
    CaOption,
    CredentialsOption,
    ServerOption,
    TimeoutOption,
    credentials_for,
    credentials_path,
    outbox_path,
    ssl_context,
)
from clients.commands.presses import press_and_follow
from clients.commands.running import ExitCode, run
from clients.commands.screen import Screen
from protocol.vocabulary import Kind, Role, Stage

main: typer.Typer = typer.Typer(
    help="Un botón físico · A physical button.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
add_enrol(main, Role.BUTTON)


@main.command()
def press(
    *,
    kind: Annotated[Kind, typer.Option(help="Qué ocurre · What it is about.")] = Kind.PANIC,
    wait: Annotated[
        Stage, typer.Option(help="Hasta dónde esperar · How far to wait.")
    ] = Stage.RECEIVED,
    timeout: TimeoutOption = None,
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Oprime el botón y muestra hasta dónde va · Press it and show how far it gets."""
    context = ssl_context(ca)

    async def command(screen: Screen) -> ExitCode:
        known = credentials_for(credentials, Role.BUTTON)
        outbox = outbox_path(credentials_path(credentials, Role.BUTTON))
        button = Button(server, known, outbox=outbox, ssl_context=context)
        return await press_and_follow(screen, button, kind, None, wait=wait, timeout_s=timeout)

    run(command)
