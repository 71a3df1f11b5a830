"""`python -m clients.panel`: press, test, null."""

from dataclasses import dataclass
from typing import Annotated, Final

import trio
import typer

from clients.commands.options import parse_at
from clients.commands.running import ExitCode, run
from clients.commands.screen import Screen, Stopwatch
from clients.commands.words import KIND
from clients.panel import ATTEMPTS, LINK_TEST, SELF_TEST, Panel, PanelEvent, Transport, call
from protocol.messages import Text
from protocol.sia_dc09.events import CONTACT_ID, SIA
from protocol.sia_dc09.faults import Answer
from protocol.sia_dc09.header import check_account
from protocol.sia_dc09.seal import check_key
from protocol.vocabulary import Kind

DEFAULT_PORT: Final = 7312

main: typer.Typer = typer.Typer(
    help="Un panel de alarma (SIA DC-09) · An alarm panel.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@dataclass(frozen=True, slots=True)
class Setup:
    """How the panel is set up."""

    account: str
    key: bytes | None
    host: str
    port: int
    transport: Transport
    attempts: int
    id_token: str


@main.callback()
def setup(
    context: typer.Context,
    *,
    account: Annotated[
        str,
        typer.Option(
            help="Número de abonado, 3 a 16 dígitos hexadecimales "
            "· Account, 3 to 16 hexadecimal digits."
        ),
    ],
    key: Annotated[
        str,
        typer.Option(
            envvar="CUADRANTE_PANEL_KEY",
            help="Clave AES en hexadecimal; sin ella, sin cifrar · AES key; none: in clear.",
            show_default=False,
        ),
    ] = "",
    host: Annotated[str, typer.Option(help="Central · Receiver.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = DEFAULT_PORT,
    transport: Annotated[Transport, typer.Option()] = Transport.TCP,
    attempts: Annotated[
        int, typer.Option(min=1, help="Intentos por mensaje · Attempts for each message.")
    ] = ATTEMPTS,
    contact_id: Annotated[
        bool, typer.Option("--contact-id", help="Hablar ADM-CID, no SIA-DCS · Speak ADM-CID.")
    ] = False,
) -> None:
    """Lo que vale para todo lo que dice · What holds for all that it says."""
    try:
        check_account(account)
    except ValueError as error:
        raise typer.BadParameter(
            f"--account «{account}»: 3 a 16 dígitos hexadecimales · 3 to 16 hexadecimal digits"
        ) from error
    id_token = CONTACT_ID if contact_id else SIA
    context.obj = Setup(account, _key(key), host, port, transport, attempts, id_token)


@main.command()
def press(
    context: typer.Context,
    *,
    kind: Annotated[Kind, typer.Option(help="Qué ocurre · What it is about.")] = Kind.PANIC,
    zone: Annotated[int, typer.Option(min=0, max=999, help="Qué botón · Which button.")] = 1,
    at: Annotated[str | None, typer.Option(help="LAT,LON", show_default=False)] = None,
) -> None:
    """Pide ayuda · Call for help."""
    position = parse_at(at, None, None)
    event = call(kind, id_token=context.obj.id_token, zone=zone, position=position)
    _say(context.obj, event, KIND[kind])


@main.command()
def test(context: typer.Context) -> None:
    """Envía el reporte de prueba del panel · Send the panel's own test report."""
    _say(context.obj, SELF_TEST[context.obj.id_token], Text("Reporte de prueba", "Test report"))


@main.command()
def null(
    context: typer.Context,
    *,
    every: Annotated[
        float | None,
        typer.Option(min=0.1, help="Repetir cada tantos segundos · Again each so many seconds."),
    ] = None,
) -> None:
    """Prueba el enlace · Test the link."""
    _say(context.obj, LINK_TEST, Text("Prueba de enlace", "Link test"), every_s=every)


def _say(setup: Setup, event: PanelEvent, name: Text, every_s: float | None = None) -> None:
    """Say it, and print how it is answered."""

    async def command(screen: Screen) -> ExitCode:
        panel = Panel(
            setup.host,
            setup.port,
            setup.account,
            key=setup.key,
            transport=setup.transport,
            attempts=setup.attempts,
        )
        async with panel:
            while True:
                watch = Stopwatch()
                reply = await panel.send(event)
                if reply.answer is Answer.DUH:
                    screen.trouble(REFUSED)
                    return ExitCode.FAILED
                took = f"{panel.sequence:04} {reply.answer} +{watch.since_s:.3f} s"
                screen.say(Text(f"{name.es}: {took}", name.en), style="bold")
                if every_s is None:
                    return ExitCode.DONE
                await trio.sleep(every_s)

    run(command)


REFUSED: Final = Text(
    "La central recibió el mensaje y no lo acepta (DUH): revise el abonado, la clave y el formato.",
    "The receiver refuses it (DUH): check the account, the key and the format.",
)


def _key(digits: str) -> bytes | None:
    if not digits:
        return None
    try:
        key = bytes.fromhex(digits)
        check_key(key)
    except ValueError as error:
        # Whatever it is, it may be most of a key: it is not shown.
        raise typer.BadParameter(
            "--key: 32, 48 o 64 dígitos hexadecimales · 32, 48 or 64 hexadecimal digits"
        ) from error
    return key
