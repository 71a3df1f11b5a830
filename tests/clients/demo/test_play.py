from pathlib import Path

import pytest
import shapely
from rich.console import Console

from clients.demo.backstage import Ports
from clients.demo.beats import Beat
from clients.demo.options import parse
from clients.demo.play import Play, callers_of, patrols_of, wall_of
from clients.demo.set_up import Ground

GROUND = Ground(
    Path("city.geojson"), "city-1", [Beat("Q1", "Cuadrante 1", shapely.box(0, 0, 1, 1))]
)


def play(*arguments: str) -> Play:
    return Play(parse([*arguments]), Console(quiet=True), url="ws://127.0.0.1:7310/v1")


def value(arguments: list[str], flag: str) -> str:
    return arguments[arguments.index(flag) + 1]


def test_members_and_buttons_share_the_rate() -> None:
    casts = dict(callers_of(play("--per-s", "6"), GROUND))
    assert {name: value(casts[name], "--per-s") for name in ("members", "buttons")} == {
        "members": "5.0",
        "buttons": "1.0",
    }


def test_the_wall_presses_in_turns_where_the_gateway_listens() -> None:
    it = play()
    assert not wall_of(it), "there is no server yet"
    it.ports = Ports(1, 2, 3, 4, 5, 6)
    casts = dict(callers_of(it, GROUND))
    assert (value(casts["wall_panel"], "--port"), value(casts["wall_button"], "--port")) == (
        "3",
        "4",
    )
    first = {value(casts[name], "--first-s") for name in ("wall_panel", "wall_button")}
    assert len(first) == 2


@pytest.mark.parametrize(("code", "is_checked"), [("Q1", True), ("ELSEWHERE", False)])
def test_a_replay_is_alone_and_checked_only_where_the_file_knows_this_city(
    tmp_path: Path, code: str, is_checked: bool
) -> None:
    path = tmp_path / "i.csv"
    path.write_text(f"id,lat,lon,cuadrante_2024,borde_m_2024\n1,0.5,0.5,{code},30\n")
    ((name, given),) = callers_of(play("--replay", str(path), "--limit", "1"), GROUND)
    assert name == "replay"
    assert ("--check" in given) is is_checked
    assert value(given, "--limit") == "1"
    assert value(given, "--per-s") == "20.0"


def test_nobody_is_slow_in_a_check(tmp_path: Path) -> None:
    path = tmp_path / "i.csv"
    path.write_text("id,lat,lon\n1,0.5,0.5\n")
    assert "--prompt" in dict(patrols_of(play("--replay-check", str(path))))["handhelds"]
    assert "--prompt" not in dict(patrols_of(play()))["handhelds"]
