"""`python -m clients.patrol`: show alerts, and answer them by itself if asked to."""

from dataclasses import dataclass
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
from clients.commands.watching import print_alerts
from clients.errors import ActionRefused
from clients.patrol import Patrol
from protocol.messages import Alert, Text
from protocol.vocabulary import Outcome, Role

main: typer.Typer = typer.Typer(
    help="El terminal de una patrulla · A patrol's handheld.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
add_enrol(main, Role.PATROL)


@dataclass(frozen=True, slots=True)
class Conduct:
    """What the patrol does by itself with each alert that nobody has answered."""

    accept: bool
    eta_s: int | None
    silence_after_s: float | None
    arrive_after_s: float | None
    close_after_s: float | None
    outcome: Outcome


@main.callback()
def watch(
    context: typer.Context,
    *,
    on_duty: Annotated[
        bool, typer.Option("--on-duty/--off-duty", help="En servicio · On duty.")
    ] = True,
    accept: Annotated[
        bool, typer.Option("--accept", help="Acepta cada alerta · Accept every alert.")
    ] = False,
    eta: Annotated[
        int | None, typer.Option(min=0, help="Segundos hasta llegar · Seconds until arrival.")
    ] = None,
    silence_after: Annotated[
        float | None, typer.Option(min=0, help="Segundos hasta callar las sirenas · then silence.")
    ] = None,
    arrive_after: Annotated[
        float | None, typer.Option(min=0, help="Segundos hasta decir «llegué» · then arrive.")
    ] = None,
    close_after: Annotated[
        float | None, typer.Option(min=0, help="Segundos hasta cerrar · then close.")
    ] = None,
    outcome: Annotated[Outcome, typer.Option(help="Cómo cerrar · Close as.")] = Outcome.REAL,
    server: ServerOption = DEFAULT_SERVER,
    credentials: CredentialsOption = None,
    ca: CaOption = None,
) -> None:
    """Muestra las alertas del cuadrante hasta Ctrl-C · Show the quadrant's alerts until Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    trusted = ssl_context(ca)
    conduct = Conduct(accept, eta, silence_after, arrive_after, close_after, outcome)

    async def command(screen: Screen) -> ExitCode:
        known = credentials_for(credentials, Role.PATROL)
        patrol = Patrol(server, known, on_duty=on_duty, ssl_context=trusted)
        async with patrol, trio.open_nursery() as answers:

            def answer(alert: Alert) -> None:
                if conduct.accept and alert.owner is None:
                    answers.start_soon(_answer, screen, patrol, alert.alert_id, conduct)

            await print_alerts(screen, patrol, answer)
        return ExitCode.DONE

    run(command)


async def _answer(screen: Screen, patrol: Patrol, alert_id: str, conduct: Conduct) -> None:
    try:
        await patrol.accept(alert_id, eta_s=conduct.eta_s)
        if conduct.silence_after_s is not None:
            await trio.sleep(conduct.silence_after_s)
            await patrol.silence(alert_id)
        if conduct.arrive_after_s is not None:
            await trio.sleep(conduct.arrive_after_s)
            await patrol.arrive(alert_id)
        if conduct.close_after_s is not None:
            await trio.sleep(conduct.close_after_s)
            await patrol.close(alert_id, conduct.outcome)
    except ActionRefused as refused:
        screen.trouble(
            Text(f"{alert_id}: {refused.text.es}", f"{refused.text.en} ({refused.code})")
        )
