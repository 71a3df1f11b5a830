"""`python -m clients.button.datagram`: a hardware button in a terminal."""

import sys
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final

import trio
import typer

from clients.button import device
from clients.button.datagram import ButtonPress, DatagramButton, has_reached
from clients.commands.running import ExitCode, run
from clients.commands.screen import Screen, Stopwatch
from protocol.messages import Text
from protocol.vocabulary import Kind

LAMP: Final = MappingProxyType(
    {
        device.SENDING: Text(
            "Enviando: nadie la ha oído aún.", "Sending: nobody has heard it yet."
        ),
        device.WAITING: Text(
            "La pasarela la tiene; el servidor aún no responde.",
            "The gateway has it; the server has not answered yet.",
        ),
        device.RECEIVED: Text("Enviada a la patrulla.", "Sent to the patrol."),
        device.STORED: Text("Enviada a la patrulla y guardada.", "Sent to the patrol, and stored."),
        device.DELIVERED: Text("La patrulla la ve.", "The patrol sees it."),
        device.ACCEPTED: Text("Una patrulla va en camino.", "A patrol is on its way."),
        device.ON_SCENE: Text("La patrulla está en el sitio.", "The patrol is on the scene."),
        device.CLOSED: Text("Cerrada.", "Closed."),
        device.REFUSED: Text(
            "Este botón no puede llamar. Llame al 123.", "This button may not call. Call 123."
        ),
    }
)
"""What a person at a terminal reads in the place of the lamp."""

KeyOption = Annotated[
    Path, typer.Option("--key", help="Archivo con su clave · File with its key.", dir_okay=False)
]
GatewayOption = Annotated[
    str, typer.Option("--gateway", help="HOST:PUERTO de la pasarela · The gateway's HOST:PORT.")
]
TcpOption = Annotated[bool, typer.Option("--tcp", help="TCP, no UDP · TCP instead of UDP.")]
KindOption = Annotated[Kind, typer.Option(help="Qué ocurre · What it is about.")]

main: typer.Typer = typer.Typer(
    help="Un botón de hardware · A hardware button.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@main.command()
def press(
    *,
    key: KeyOption,
    gateway: GatewayOption,
    kind: KindOption = Kind.PANIC,
    wait: Annotated[
        str, typer.Option(help="Hasta dónde esperar · How far to wait: a lamp's word.")
    ] = device.STORED,
    tcp: TcpOption = False,
    timeout: Annotated[float, typer.Option(min=0, help="Segundos · Seconds.")] = float("inf"),
) -> None:
    """Oprime el botón y muestra su luz · Press it and show its lamp."""
    if wait not in LAMP:
        raise typer.BadParameter(f"--wait «{wait}»: {', '.join(LAMP)}")
    host, port = parse_gateway(gateway)

    async def command(screen: Screen) -> ExitCode:
        async with DatagramButton(key, host, port, tcp=tcp) as button:
            pressed = button.press(kind)
            with trio.move_on_after(timeout):
                await _follow(screen, pressed, kind, wait)
        if pressed.lamp == device.REFUSED:
            return ExitCode.FAILED
        return ExitCode.DONE if has_reached(pressed.lamp, wait) else ExitCode.LATE

    run(command)


@main.command()
def hang(
    *, key: KeyOption, gateway: GatewayOption, kind: KindOption = Kind.PANIC, tcp: TcpOption = False
) -> None:
    """Lo deja colgado en la pared: Intro lo oprime · Hang it on the wall: Enter presses it."""
    host, port = parse_gateway(gateway)

    async def command(screen: Screen) -> ExitCode:
        async with DatagramButton(key, host, port, tcp=tcp) as button:
            screen.say(Text("Listo: Intro lo oprime.", "Ready: Enter presses it."))
            async with trio.open_nursery() as nursery:
                while await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
                    pressed = button.press(kind)
                    nursery.start_soon(_follow, screen, pressed, kind, device.CLOSED)
                await trio.sleep_forever()  # nobody is at the terminal; it hangs there all the same
        return ExitCode.DONE

    run(command)


def parse_gateway(text: str) -> tuple[str, int]:
    """Read `HOST:PORT`. Raises `typer.BadParameter`."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise typer.BadParameter(f"--gateway «{text}»: escriba HOST:PUERTO · write HOST:PORT")
    return host.strip("[]"), int(port)


async def _follow(screen: Screen, pressed: ButtonPress, kind: Kind, wait: str) -> None:
    """Print each change of the lamp until it shows `wait`, unless the press is a silent one."""
    watch = Stopwatch()
    async for lamp in pressed.lamps():
        if kind is not Kind.SILENT:
            said = LAMP[lamp]
            screen.say(Text(f"+{watch.since_s:.3f} s  {lamp}  {said.es}", said.en))
        if has_reached(lamp, wait):
            return
