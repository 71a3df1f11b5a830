"""`python -m clients.operator`: watch every alert, act on one, say something to a front."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

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
from clients.commands.watching import print_alerts, print_troubles
from clients.operator import Operator
from link.beside import beside
from protocol.messages import Text
from protocol.vocabulary import Outcome, Role

main: typer.Typer = typer.Typer(
    help="La pantalla de la sala de control · The control room's screen.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
add_enrol(main, Role.OPERATOR, Role.SUPERVISOR)


@main.command()
def watch(
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Muestra todas las alertas y fallas hasta Ctrl-C · Show every alert and trouble."""
    context = ssl_context(ca)

    async def command(screen: Screen) -> ExitCode:
        known = credentials_for(credentials, Role.OPERATOR, Role.SUPERVISOR)
        operator = Operator(server, known, ssl_context=context)
        async with operator, beside(lambda: print_troubles(screen, operator.troubles)):
            await print_alerts(screen, operator)
        return ExitCode.DONE

    run(command)


AlertArgument = Annotated[str, typer.Argument(help="Número de la alerta · The alert's id.")]
TimeoutSOption = Annotated[float, typer.Option(min=0, help="Segundos de espera · Seconds.")]


@main.command()
def assign(
    alert_id: AlertArgument,
    patrol: Annotated[str, typer.Argument(help="El equipo de la patrulla · The patrol's device.")],
    *,
    eta_s: Annotated[
        int | None, typer.Option(min=0, max=14_400, help="Segundos hasta llegar · ETA in seconds.")
    ] = None,
    timeout: TimeoutSOption = 30,
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Asigna una alerta a una patrulla · Give an alert to a patrol."""

    async def act(operator: Operator) -> Text:
        await operator.assign(alert_id, patrol, eta_s=eta_s)
        return Text(f"Asignada a {patrol}.", f"Given to {patrol}.")

    _do(act, timeout, server, credentials, ca)


@main.command()
def silence(
    alert_id: AlertArgument,
    *,
    timeout: TimeoutSOption = 30,
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Calla las sirenas de una alerta · Silence an alert's sirens."""

    async def act(operator: Operator) -> Text:
        await operator.silence(alert_id)
        return Text("En silencio.", "Silent.")

    _do(act, timeout, server, credentials, ca)


@main.command()
def close(
    alert_id: AlertArgument,
    *,
    outcome: Annotated[Outcome, typer.Option(help="Qué fue · What it was.")],
    note: Annotated[str, typer.Option(help="Nota · Note.")] = "",
    timeout: TimeoutSOption = 30,
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Cierra una alerta · Close an alert."""

    async def act(operator: Operator) -> Text:
        await operator.close(alert_id, outcome, note)
        return Text("Cerrada.", "Closed.")

    _do(act, timeout, server, credentials, ca)


@main.command()
def tell(
    front_id: Annotated[str, typer.Argument(help="El frente · The front's id.")],
    body: Annotated[str, typer.Argument(help="El mensaje · The message.")],
    *,
    about: Annotated[
        str | None, typer.Option(help="Sobre esta alerta abierta · About this open alert.")
    ] = None,
    timeout: TimeoutSOption = 30,
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Envía un mensaje a un frente · Say something to everyone of a front."""

    async def act(operator: Operator) -> Text:
        reach = await operator.tell_front(front_id, body, about=about)
        return Text(
            f"Guardado; va a {reach.members} dispositivos del frente.",
            f"Stored; it is for {reach.members} devices of the front.",
        )

    _do(act, timeout, server, credentials, ca)


def _do(
    act: Callable[[Operator], Awaitable[Text]],
    timeout_s: float,
    server: str,
    credentials: Path | None,
    ca: Path | None,
) -> None:
    """Do one thing, and say that it is done, or that it is not yet."""
    context = ssl_context(ca)

    async def command(screen: Screen) -> ExitCode:
        known = credentials_for(credentials, Role.OPERATOR, Role.SUPERVISOR)
        operator = Operator(server, known, ssl_context=context)
        async with operator, beside(lambda: screen.follow_link(operator.states())):
            with trio.move_on_after(timeout_s):
                screen.say(await act(operator), style="bold green")
                return ExitCode.DONE
        screen.trouble(Text("El servidor no respondió a tiempo.", "No answer in time."))
        return ExitCode.LATE

    run(command)
