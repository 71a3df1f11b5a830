import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from dispatch.core.registry import Device, Front, SirenTests
from dispatch.store import import_registry as module
from dispatch.store.enrolment import devices, issue_codes, keep_token, revoke
from dispatch.store.errors import Refused
from dispatch.store.import_registry import RegistryImport, Written, import_registry
from dispatch.store.load import load_registry
from dispatch.store.pool import connected, open_pool
from dispatch.wiring import Camera, open_sealed
from protocol.vocabulary import Role

from .on_asyncio import on_asyncio
from .samples import ANA, APP, BUTTON, FRONT, GATEWAY, KEY, PATROL, REGISTRY, written

ANA_ITEM = {"person_id": "p-ana", "name": "Ana"}
PATROL_ITEM = {"device_id": "d", "role": "patrol", "name": "D", "quadrant": "Q"}
CAMERA_ITEM = {
    "device_id": "d",
    "role": "camera",
    "name": "D",
    "gateway_id": "g",
    "wiring": {"protocol": "camera", "url": "http://192.0.2.8/snap.jpg", "password": "hunter2"},
}
APP_ITEM = {"device_id": "d", "role": "app", "name": "D"}


@on_asyncio
async def test_everything_in_the_file_is_in_the_registry(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        done = await import_registry(pool, written(tmp_path), KEY)
        things = set((await load_registry(pool)).things)
    assert done == RegistryImport(Written(1, 1), Written(1, 1), Written(4, 4))
    assert things == {ANA, FRONT, APP, PATROL, GATEWAY, BUTTON}


@on_asyncio
async def test_the_same_file_again_changes_and_announces_nothing(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await import_registry(pool, written(tmp_path), KEY)
        before = await load_registry(pool)
        done = await import_registry(pool, written(tmp_path), KEY)
        after = await load_registry(pool)
    assert done == RegistryImport(Written(1, 0), Written(1, 0), Written(4, 0))
    assert after == before


@on_asyncio
async def test_what_differs_is_brought_up_to_date_and_the_rest_stays(
    dsn: str, tmp_path: Path
) -> None:
    changed: dict[str, Any] = {
        "people": [{"person_id": "p-ana", "name": "Ana D."}],
        "devices": [{"device_id": "button-1", "role": "button", "name": "Botón"}],
    }
    async with open_pool(dsn) as pool:
        await import_registry(pool, written(tmp_path), KEY)
        done = await import_registry(pool, written(tmp_path, changed), KEY)
        things = {
            getattr(thing, "device_id", getattr(thing, "person_id", "front")): thing
            for thing in (await load_registry(pool)).things
        }
    assert done == RegistryImport(Written(1, 1), Written(0, 0), Written(1, 1))
    assert (things["p-ana"].name, things["p-ana"].phone) == ("Ana D.", "")
    assert (things["button-1"].spot, things["button-1"].gateway_id) == (None, None)
    assert things["app-ana"] == APP


@on_asyncio
async def test_credentials_and_revocations_are_not_touched(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await import_registry(pool, written(tmp_path), KEY)
        await issue_codes(pool, ["app-ana"])
        await keep_token(pool, "app-ana", bytes(32))
        await revoke(pool, "patrol-1", "lost")
        before = await devices(pool)
        renamed = json.loads(json.dumps(REGISTRY).replace('"name": "', '"name": "El '))
        await import_registry(pool, written(tmp_path, renamed), KEY)
        after = await devices(pool)
    assert [row.enrolment for row in after] == [row.enrolment for row in before]
    assert all(row.name.startswith("El ") for row in after)


FAULTY = [
    ({"person": []}, "unknown field `person`"),
    ({"people": [ANA_ITEM, {"person_id": "p-2"}]}, r"missing required field `name`.*people\[1\]"),
    ({"people": [{"person_id": "p 1", "name": "Ana"}]}, r"people\[0\]\.person_id"),
    ({"people": [ANA_ITEM | {"name": " "}]}, r"people\[0\]\.name"),
    ({"people": [ANA_ITEM | {"name": "A" * 65}]}, r"length <= 64.*people\[0\]\.name"),
    ({"people": [ANA_ITEM | {"name": "A\u0000"}]}, r"people\[0\]\.name"),
    ({"people": [ANA_ITEM | {"phone": "1" * 25}]}, r"length <= 24.*people\[0\]\.phone"),
    ({"people": [ANA_ITEM | {"email": "a@b"}]}, "unknown field `email`"),
    ({"people": [ANA_ITEM, ANA_ITEM]}, "people: p-ana stands there 2 times"),
    (
        {"fronts": [{"front_id": "f", "name": "F", "spot": {"lat": 91, "lon": 0}}]},
        r"<= 90.*fronts\[0\]\.spot\.lat",
    ),
    ({"fronts": [{"front_id": "f", "name": "F", "cameras": -1}]}, r"fronts\[0\]\.cameras"),
    (
        {"fronts": [{"front_id": "f", "name": "F", "coordinator_id": "p-x"}]},
        r"fronts\[0\]: coordinator_id p-x is neither in the file nor in the registry",
    ),
    ({"devices": [PATROL_ITEM | {"quadrant": None}]}, r"a patrol has a `quadrant`.*devices\[0\]"),
    ({"devices": [PATROL_ITEM | {"role": "app"}]}, r"only a patrol has a `quadrant`.*devices\[0\]"),
    ({"devices": [PATROL_ITEM | {"quadrant": " Q"}]}, r"devices\[0\]\.quadrant"),
    ({"devices": [PATROL_ITEM | {"role": "spy"}]}, r"'spy'.*devices\[0\]\.role"),
    ({"devices": [APP_ITEM | {"person_id": "p-x"}]}, r"devices\[0\]: person_id p-x is neither"),
    ({"devices": [APP_ITEM | {"front_id": "f-x"}]}, r"devices\[0\]: front_id f-x is neither"),
    ({"devices": [APP_ITEM | {"gateway_id": "d"}]}, r"devices\[0\]: gateway_id d is neither"),
    ({"devices": [APP_ITEM | {"heartbeat_s": 1}]}, r">= 5.*devices\[0\]\.heartbeat_s"),
    ({"devices": [CAMERA_ITEM | {"gateway_id": None}]}, r"behind a gateway.*devices\[0\]"),
    ({"devices": [CAMERA_ITEM | {"role": "siren"}]}, r"`camera` is for a camera.*devices\[0\]"),
    (
        {"devices": [CAMERA_ITEM | {"wiring": CAMERA_ITEM["wiring"] | {"url": "file:///etc"}}]},
        r"devices\[0\]\.wiring\.url",
    ),
    ({"devices": [CAMERA_ITEM | {"wiring": {"protocol": "x10"}}]}, r"devices\[0\]\.wiring"),
    (
        {"fronts": [{"front_id": "f", "name": "F", "siren_tests": {"weekday": 8, "at": "10:00"}}]},
        r"<= 7.*siren_tests\.weekday",
    ),
    (
        {"fronts": [{"front_id": "f", "name": "F", "siren_tests": {"weekday": 6, "at": "25:00"}}]},
        r"siren_tests\.at",
    ),
]


@pytest.mark.parametrize(("registry", "why"), FAULTY)
@on_asyncio
async def test_a_faulty_item_is_named_and_nothing_is_imported(
    dsn: str, tmp_path: Path, registry: Any, why: str
) -> None:
    good = {"people": [{"person_id": "p-good", "name": "Good"}]}
    async with open_pool(dsn) as pool:
        with pytest.raises(Refused, match=why) as raised:
            await import_registry(pool, written(tmp_path, good | registry), KEY)
        assert str(tmp_path / "registry.json") in str(raised.value)
        assert (await load_registry(pool)).things == []


@on_asyncio
async def test_what_the_database_refuses_takes_everything_back(
    own_dsn: str, tmp_path: Path
) -> None:
    async with open_pool(own_dsn) as pool:
        async with connected(pool) as connection:
            await connection.execute("ALTER TABLE devices ADD CONSTRAINT none CHECK (false)")
        with pytest.raises(Refused, match="none"):
            await import_registry(pool, written(tmp_path), KEY)
        assert (await load_registry(pool)).things == []


@on_asyncio
async def test_a_file_may_name_what_the_registry_already_has(dsn: str, tmp_path: Path) -> None:
    later = {"devices": [REGISTRY["devices"][0] | {"device_id": "button-2"}]}
    async with open_pool(dsn) as pool:
        await import_registry(pool, written(tmp_path), KEY)
        done = await import_registry(pool, written(tmp_path, later), KEY)
    assert done.devices == Written(1, 1)


@on_asyncio
async def test_what_is_no_json_is_refused(dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "registry.json"
    path.write_text('{"people": [')
    async with open_pool(dsn) as pool:
        with pytest.raises(Refused, match=r"registry\.json: Input data was truncated"):
            await import_registry(pool, path, KEY)


@on_asyncio
async def test_the_documented_example_can_be_imported(dsn: str, tmp_path: Path) -> None:
    assert module.__doc__ is not None
    example = module.__doc__[module.__doc__.index("    {") : module.__doc__.rindex("    }") + 5]
    path = tmp_path / "registry.json"
    path.write_text(textwrap.dedent(example), "utf-8")
    async with open_pool(dsn) as pool:
        done = await import_registry(pool, path, KEY)
    assert done == RegistryImport(Written(1, 1), Written(1, 1), Written(4, 4))


@on_asyncio
async def test_how_a_device_is_wired_reaches_the_database_sealed(dsn: str, tmp_path: Path) -> None:
    gateway = {"device_id": "g", "role": "gateway", "name": "G"}
    file = written(tmp_path, {"devices": [gateway, CAMERA_ITEM | {"heartbeat_s": 600}]})
    async with open_pool(dsn) as pool:
        await import_registry(pool, file, KEY)
        (camera,) = [
            thing
            for thing in (await load_registry(pool)).things
            if isinstance(thing, Device) and thing.role is Role.CAMERA
        ]
        again = await import_registry(pool, file, KEY)
        rows = {row.device_id: row for row in await devices(pool)}
    assert camera.wiring is not None
    assert b"hunter2" not in camera.wiring
    assert open_sealed(camera.wiring, KEY, "d") == Camera(
        "http://192.0.2.8/snap.jpg", password="hunter2"
    )
    assert camera.heartbeat_s == 600
    assert again.devices == Written(2, 0)  # the same box: nothing to announce
    assert (rows["d"].is_wired, rows["g"].is_wired) == (True, False)
    assert "hunter2" not in repr(rows)


@on_asyncio
async def test_a_front_says_when_it_tries_out_its_sirens(dsn: str, tmp_path: Path) -> None:
    tests = {"weekday": 6, "at": "10:30", "minutes": 20}
    front = {"front_id": "f", "name": "F", "siren_tests": tests}
    async with open_pool(dsn) as pool:
        await import_registry(pool, written(tmp_path, {"fronts": [front]}), KEY)
        assert (await load_registry(pool)).things == [
            Front("f", "F", siren_tests=SirenTests((5 * 24 + 10) * 60 + 30, 20))
        ]


@on_asyncio
async def test_a_front_has_four_cameras_at_most(dsn: str, tmp_path: Path) -> None:
    camera = {"role": "camera", "name": "C", "front_id": "f"}
    cameras = [camera | {"device_id": f"c-{number}"} for number in range(5)]
    fronts = [{"front_id": "f", "name": "F"}]
    async with open_pool(dsn) as pool:
        with pytest.raises(Refused, match="front f has more than 4 cameras"):
            await import_registry(
                pool, written(tmp_path, {"fronts": fronts, "devices": cameras}), KEY
            )
        assert (await load_registry(pool)).things == []
        some = {"fronts": fronts, "devices": cameras[:4]}
        await import_registry(pool, written(tmp_path, some), KEY)
        moved = {"devices": [cameras[0] | {"front_id": None}, cameras[4]]}
        await import_registry(pool, written(tmp_path, moved), KEY)
