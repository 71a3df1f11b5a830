"""The links that the demo hands out lead to pages that there are, for devices that it has."""

from pathlib import Path

import pytest
import trio

from clients.demo import cast
from clients.demo.backstage import ROOT, DemoFailed
from clients.demo.beats import read_beats
from clients.demo.city import sample_city
from clients.demo.visitors import PAGES, invite
from protocol.vocabulary import Role
from tests.patience import PATIENCE_S


def test_each_page_is_there_and_its_device_is_in_the_cast(tmp_path: Path) -> None:
    path = tmp_path / "city.geojson"
    path.write_bytes(sample_city())
    registry = cast.cast(read_beats(path, "PCUNCUADRA", "PCUDESCRIP"), cast.Size())
    roles = {device.device_id: device.role for device in registry.devices}
    assert {device_id: roles[device_id] for device_id in PAGES} == {
        cast.BUTTON_PAGE_ID: Role.APP,
        cast.HANDHELD_PAGE_ID: Role.PATROL,
    }
    for page, _ in PAGES.values():
        assert (ROOT / "clients" / "pages" / page / "index.html").is_file()


def test_nobody_else_patrols_where_the_visitors_are(tmp_path: Path) -> None:
    path = tmp_path / "city.geojson"
    path.write_bytes(sample_city())
    registry = cast.cast(read_beats(path, "PCUNCUADRA", "PCUDESCRIP"), cast.Size())
    quadrants = {device.device_id: device.quadrant for device in registry.of(Role.PATROL)}
    theirs = quadrants.pop(cast.HANDHELD_PAGE_ID)
    assert theirs not in quadrants.values()


async def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with trio.fail_after(PATIENCE_S), pytest.RaisesGroup(DemoFailed):
        await invite(tmp_path, 7311)
