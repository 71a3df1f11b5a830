import pytest
import trio

from clients.commands.screen import Screen
from clients.commands.watching import print_alerts
from clients.operator import Operator
from link.beside import beside
from protocol.messages import Alert, Command
from protocol.vocabulary import Action, AlertState
from tests.clients.samples import OPERATOR, alert, an_id
from tests.link.peer import PATIENCE_S, peer


async def test_alerts_rings_and_what_is_gone_are_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: list[Alert] = []
    printed = ""

    async def prints(words: str) -> None:
        nonlocal printed
        with trio.fail_after(PATIENCE_S):
            while words not in printed:
                await trio.sleep(0.01)
                printed += capsys.readouterr().out

    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        screen = Screen()
        async with beside(lambda: print_alerts(screen, operator, seen.append)):
            guest = await server.visit()
            await guest.welcome(alert(an_id(1)))
            await prints("PÁNICO, sin responder")
            await guest.say(alert(an_id(1), 2, AlertState.ACCEPTED))
            await prints("PÁNICO, aceptada")
            await guest.say(Command(action=Action.RING, alert_id=an_id(1)))
            await prints(f"¡ATIENDA! {an_id(1)}")
            await guest.cut()
            await (await server.visit()).welcome()
            await prints(f"{an_id(1)} ya no está abierta")
    assert [each.version for each in seen] == [1]
