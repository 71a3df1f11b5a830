"""`enrol`, the same for every role."""

from pathlib import Path
from typing import Annotated

import trio
import typer

from clients.commands.options import (
    DEFAULT_SERVER,
    CaOption,
    CredentialsOption,
    ServerOption,
    check_role,
    credentials_path,
    ssl_context,
)
from clients.commands.running import ExitCode, run
from clients.commands.screen import Screen
from clients.watch import Watch
from link.beside import beside
from link.enrolment import enrol as trade
from protocol.messages import Text
from protocol.vocabulary import Role

GREET_WITHIN_S = 15.0


def add_enrol(commands: typer.Typer, *roles: Role) -> None:
    """Give a command line its `enrol`, for devices of these roles."""

    @commands.command()
    def enrol(
        code: Annotated[
            str, typer.Option("--code", help="Código de un solo uso · One-time code.", prompt=True)
        ],
        server: ServerOption = DEFAULT_SERVER,
        credentials: CredentialsOption = None,
        ca: CaOption = None,
    ) -> None:
        """Enrola este dispositivo con un código · Enrol this device with a code."""
        path = credentials_path(credentials, roles[0])

        async def command(screen: Screen) -> ExitCode:
            return await _enrol(screen, server, code, path=path, ca=ca, roles=roles)

        run(command)


async def _enrol(
    screen: Screen,
    server: str,
    code: str,
    *,
    path: Path,
    ca: Path | None,
    roles: tuple[Role, ...],
) -> ExitCode:
    context = ssl_context(ca)
    credentials = await trade(server, code, ssl_context=context)
    check_role(credentials, roles)
    credentials.save(path)
    screen.say(Text(f"Credenciales guardadas en {path}.", f"Credentials kept in {path}."))
    # The first hello spends the code, so that nobody else can use it.
    watch = Watch(server, credentials, on_duty=None, ssl_context=context)
    async with watch, beside(lambda: screen.follow_link(watch.states())):
        with trio.move_on_after(GREET_WITHIN_S):
            await watch.synced()
    if watch.welcome is None:
        screen.trouble(
            Text("El código se gastará al primer uso.", "The code is spent at the first use.")
        )
        return ExitCode.LATE
    screen.say(
        Text(
            f"Enrolado: {watch.welcome.name} ({watch.welcome.role}).",
            f"Enrolled: {watch.welcome.device_id}.",
        ),
        style="bold green",
    )
    return ExitCode.DONE
