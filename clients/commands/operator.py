"""`python -m clients.operator`: watch every alert, silence or close one."""

from collections.abc import Awaitable, Callable
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


@main.command()
def silence(
    alert_id: Annotated[str, typer.Argument(help="Número de la alerta · The alert's id.")],
    *,
    timeout: Annotated[float, typer.Option(min=0, help="Segundos de espera · Seconds.")] = 30,
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Calla las sirenas de una alerta · Silence an alert's sirens."""
    context = ssl_context(ca)

    async def command(screen: Screen) -> ExitCode:
        known = credentials_for(credentials, Role.OPERATOR, Role.SUPERVISOR)
        operator = Operator(server, known, ssl_context=context)
        return await _done_in_time(
            screen,
            operator,
            lambda: operator.silence(alert_id),
            Text("En silencio.", "Silent."),
            timeout,
        )

    run(command)


@main.command()
def close(
    alert_id: Annotated[str, typer.Argument(help="Número de la alerta · The alert's id.")],
    *,
    outcome: Annotated[Outcome, typer.Option(help="Qué fue · What it was.")],
    note: Annotated[str, typer.Option(help="Nota · Note.")] = "",
    timeout: Annotated[float, typer.Option(min=0, help="Segundos de espera · Seconds.")] = 30,
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Cierra una alerta · Close an alert."""
    context = ssl_context(ca)

    async def command(screen: Screen) -> ExitCode:
        known = credentials_for(credentials, Role.OPERATOR, Role.SUPERVISOR)
        operator = Operator(server, known, ssl_context=context)
        return await _done_in_time(
            screen,
            operator,
            lambda: operator.close(alert_id, outcome, note),
            Text("Cerrada.", "Closed."),
            timeout,
        )

    run(command)


async def _done_in_time(
    screen: Screen,
    operator: Operator,
    act: Callable[[], Awaitable[None]],
    done: Text,
    timeout_s: float,
) -> ExitCode:
    """Do one thing to an alert and say that it is done, or that it is not yet."""
    async with operator, beside(lambda: screen.follow_link(operator.states())):
        with trio.move_on_after(timeout_s):
            await act()
            screen.say(done, style="bold green")
            return ExitCode.DONE
    screen.trouble(Text("El servidor no respondió a tiempo.", "No answer in time."))
    return ExitCode.LATE
