"""The kit of the first front goes into the registry's file, and the server takes it."""

from pathlib import Path

from clients.demo import cast, kit
from clients.demo.beats import read_beats
from clients.demo.city import sample_city
from dispatch.store.import_registry import read_registry
from dispatch.wiring import Button, Camera, Shelly, SiaDc09
from protocol.vocabulary import Role


def wirings(front: cast.Front) -> dict[str, kit.Wiring]:
    return {
        piece.device_id: {"protocol": "shelly", "url": "http://127.0.0.1:1"}
        if piece.role is Role.SIREN
        else {"protocol": "camera", "url": "http://127.0.0.1:2/snapshot.jpg"}
        for piece in kit.pieces(front)
    }


def test_the_server_takes_it_and_it_is_the_same_in_every_run(tmp_path: Path) -> None:
    city, file = tmp_path / "city.geojson", tmp_path / "registry.json"
    city.write_bytes(sample_city())
    drawn = cast.cast(read_beats(city, "PCUNCUADRA", "PCUDESCRIP"), cast.Size())
    front = drawn.fronts[0]
    contents = []
    for _ in range(2):
        cast.write(drawn, file)
        kit.hang(file, wirings(front), 1)
        contents.append(file.read_bytes())
    assert contents[0] == contents[1]
    assert file.stat().st_mode & 0o077 == 0, "it holds keys"

    behind = [each for each in read_registry(file).devices if each.gateway_id is not None]
    assert {each.gateway_id for each in behind} == {kit.GATEWAY_ID}
    assert {each.front_id for each in behind} == {front.front_id}
    assert [type(each.wiring) for each in behind] == [SiaDc09, Button, Shelly, *[Camera] * 4]
    assert {kit.panel_id(front), kit.button_id(front)} <= {each.device_id for each in behind}


def test_a_front_has_one_siren_and_four_cameras(tmp_path: Path) -> None:
    front = cast.Front("frente-01", "Frente Manga", "Manga", cast.Spot(10.4, -75.5), "p")
    roles = [piece.role for piece in kit.pieces(front)]
    assert roles == [Role.SIREN, *[Role.CAMERA] * 4]
    assert len({piece.device_id for piece in kit.pieces(front)}) == 5
