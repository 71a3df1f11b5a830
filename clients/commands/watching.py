"""Printing alerts as they change, the same for a patrol and a control room."""

from collections.abc import AsyncIterator, Callable

from clients.app import App
from clients.commands.screen import Screen
from clients.troubles import Troubles
from clients.watch import Watch
from link.beside import beside
from protocol.messages import Alert, Siren, Text
from protocol.vocabulary import SirenState


async def print_troubles(screen: Screen, troubles: Troubles) -> None:
    """Print what goes wrong with the kit, and what is right again, until cancelled."""
    async for trouble in troubles.reader():
        is_over = trouble.closed_at_ms is not None
        screen.say(trouble.text, style="green" if is_over else "yellow")


async def print_sirens(screen: Screen, sirens: AsyncIterator[Siren]) -> None:
    """Print which of a front's sirens sounds, who set it off, and when it is over."""
    async for siren in sirens:
        sounds = siren.state is SirenState.SOUNDING
        screen.say(siren.text, style="bold red" if sounds else "green")


async def print_messages(screen: Screen, app: App) -> None:
    """Print what the control room says to a front, and confirm each."""
    async for message in app.messages():
        screen.bell()
        screen.say(Text(f"{message.by}: {message.body}", message.front), style="bold")
        app.shown(message.message_id)


async def print_alerts(
    screen: Screen, watch: Watch, at_first_sight: Callable[[Alert], None] = lambda _: None
) -> None:
    """Print every alert and every change of one, until cancelled."""

    async def gone() -> None:
        async for alert in watch.gone():
            screen.say(Text(f"{alert.alert_id} ya no está abierta.", "no longer open"), style="dim")

    async def rung() -> None:
        async for command in watch.commands():
            screen.bell()
            screen.say(
                Text(f"¡ATIENDA! {command.alert_id} sigue sin respuesta.", "ANSWER IT!"),
                style="bold red",
            )

    known: set[str] = set()
    async with beside(gone, rung, lambda: screen.follow_link(watch.states())):
        async for alert in watch.alerts():
            is_new = alert.alert_id not in known
            known = (known | {alert.alert_id}) & ({alert.alert_id} | watch.open.keys())
            if is_new:
                screen.bell()
            screen.alert(alert, is_new=is_new)
            if is_new:
                at_first_sight(alert)
