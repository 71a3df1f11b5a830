from pathlib import Path

import pytest

from clients.demo.replay import act
from clients.demo.reports import Checked
from protocol.messages import Signal
from protocol.vocabulary import Role, Stage, Verdict
from tests.clients.demo.stage import acting, hear, player, reported
from tests.clients.samples import QUADRANT, an_id, receipt

APP = player(Role.APP)


@pytest.fixture
def incidents(tmp_path: Path) -> Path:
    path = tmp_path / "incidents.csv"
    path.write_text(
        "id,lat,lon,cuadrante_2024,borde_m_2024\n"
        f"right,10.1,-75.1,{QUADRANT.code},40\n"
        "wrong,10.2,-75.2,ANOTHER,40\n"
        "border,10.3,-75.3,ANOTHER,0.2\n"
    )
    return path


async def test_each_incident_is_pressed_where_it_was_and_its_quadrant_checked(
    incidents: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    arguments = {"incidents": incidents, "limit": None, "check": True}
    async with acting(act, APP, **arguments) as (_, server):
        guest = await server.visit()
        await guest.welcome()
        for lat in (10.1, 10.2, 10.3):
            signal = await hear(guest, Signal)
            assert signal.position is not None
            assert signal.position.lat == lat
            await guest.say(receipt(signal.signal_id))
            assert guest.unheard() == [], "the device's alert is open: another press would fold"
            await guest.say(receipt(signal.signal_id, 2, Stage.CLOSED))
    checked = {
        each.incident_id: each.right for each in reported(capfdbinary.readouterr().out, Checked)
    }
    assert checked == {"right": True, "wrong": False, "border": None}


async def test_one_that_was_folded_all_the_same_is_not_judged_but_pressed_again(
    incidents: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    arguments = {"incidents": incidents, "limit": 1, "check": True}
    async with acting(act, APP, **arguments) as (_, server):
        guest = await server.visit()
        await guest.welcome()
        for verdict in (Verdict.CORROBORATION, Verdict.FIRST):
            signal = await hear(guest, Signal)
            folded = {"alert_id": an_id(9)} if verdict is Verdict.CORROBORATION else {}
            for version, stage in ((1, Stage.RECEIVED), (2, Stage.CLOSED)):
                said = receipt(signal.signal_id, version, stage, verdict=verdict, **folded)
                await guest.say(said)
    checked = reported(capfdbinary.readouterr().out, Checked)
    assert [(each.incident_id, each.right) for each in checked] == [("right", True)]
