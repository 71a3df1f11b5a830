"""`python -m clients.app`: enrol, press, cancel."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import trio
import typer

from clients.app import App
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
    parse_at,
    ssl_context,
)
from clients.commands.presses import press_and_follow
from clients.commands.running import ExitCode, run
from clients.commands.screen import Screen, Stopwatch
from clients.commands.watching import print_messages, print_sirens, print_troubles
from link.beside import beside
from protocol.messages import Text
from protocol.vocabulary import Kind, Role, Stage

main: typer.Typer = typer.Typer(
    help="El botón de pánico de un vecino · A neighbour's panic button.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
add_enrol(main, Role.APP)


@main.command()
def press(
    *,
    at: Annotated[
        str | None, typer.Option("--at", help="LAT,LON en grados · in degrees.", show_default=False)
    ] = None,
    accuracy: Annotated[
        float | None, typer.Option(min=0, help="Precisión en metros · Accuracy in metres.")
    ] = None,
    age: Annotated[
        float | None, typer.Option(min=0, help="Edad de la posición, s · Age of the fix, s.")
    ] = None,
    kind: Annotated[Kind, typer.Option(help="Qué ocurre · What it is about.")] = Kind.PANIC,
    wait: Annotated[
        Stage, typer.Option(help="Hasta dónde esperar · How far to wait.")
    ] = Stage.RECEIVED,
    timeout: TimeoutOption = None,
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Pide ayuda y muestra hasta dónde va · Call for help and show how far it gets."""
    position = parse_at(at, accuracy, age)
    context = ssl_context(ca)

    async def command(screen: Screen) -> ExitCode:
        known = credentials_for(credentials, Role.APP)
        outbox = outbox_path(credentials_path(credentials, Role.APP))
        app = App(server, known, outbox=outbox, ssl_context=context)
        return await press_and_follow(screen, app, kind, position, wait=wait, timeout_s=timeout)

    run(command)


@main.command()
def cancel(
    *,
    signal_id: Annotated[
        str | None,
        typer.Option(help="Solo esta señal · Only this press.", show_default=False),
    ] = None,
    timeout: TimeoutOption = 30,
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Retira sus señales abiertas · Take back your open presses."""
    context = ssl_context(ca)

    async def command(screen: Screen) -> ExitCode:
        known = credentials_for(credentials, Role.APP)
        outbox = outbox_path(credentials_path(credentials, Role.APP))
        app = App(server, known, outbox=outbox, ssl_context=context)
        return await _cancel(screen, app, signal_id, float("inf") if timeout is None else timeout)

    run(command)


@main.command()
def sirens(
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Muestra qué sirenas de su frente suenan, hasta Ctrl-C · Show which of your sirens sound."""
    _follow(server, credentials, ca, lambda screen, app: print_sirens(screen, app.sirens()))


@main.command()
def messages(
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Muestra los mensajes de la sala de control a su frente, hasta Ctrl-C · Show the messages."""
    _follow(server, credentials, ca, print_messages)


@main.command()
def troubles(
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Muestra las fallas de su frente hasta Ctrl-C · Show what is wrong with your front's kit."""
    _follow(server, credentials, ca, lambda screen, app: print_troubles(screen, app.troubles))


def _follow(
    server: str,
    credentials: Path | None,
    ca: Path | None,
    show: Callable[[Screen, App], Awaitable[None]],
) -> None:
    """Show what the app hears until it is ended."""
    context = ssl_context(ca)

    async def command(screen: Screen) -> ExitCode:
        known = credentials_for(credentials, Role.APP)
        app = App(server, known, ssl_context=context)
        async with app, beside(lambda: screen.follow_link(app.states())):
            await show(screen, app)
        return ExitCode.DONE

    run(command)


async def _cancel(screen: Screen, app: App, signal_id: str | None, timeout_s: float) -> ExitCode:
    async with app, beside(lambda: screen.follow_link(app.states())):
        with trio.move_on_after(timeout_s):
            await app.synced()
            wanted = [
                press for press in app.presses.values() if signal_id in (None, press.signal_id)
            ]
            if not wanted:
                screen.trouble(
                    Text("No hay señales abiertas para retirar.", "There is no open press.")
                )
                return ExitCode.FAILED
            watch = Stopwatch()
            for press in wanted:
                screen.receipt(await press.cancel(), watch.since_s)
            screen.say(
                Text(
                    "La patrulla lo sabe y decide; la alerta sigue abierta.",
                    "The patrol knows and decides; the alert stays open.",
                )
            )
            return ExitCode.DONE
    screen.trouble(
        Text("No se pudo retirar a tiempo.", "It could not be taken back in time."),
    )
    return ExitCode.LATE
