from bench.connections import CONTROL_ROOM_MAX, ROLES, city_of_roles, connect_all
from bench.target import Target
from tests.bench.conftest import ROLES as CITY


def test_each_role_connects_and_is_weighed(server: Target) -> None:
    rows = connect_all(server, CITY, processes=1)
    assert [row["role"] for row in rows] == [role.value for role in ROLES]
    for row in rows:
        assert row["connections"] == 3
        assert row["connect_cpu_us"] > 0
        assert row["ping_cpu_us"] > 0
        assert 0 < row["connect_p50_ms"] <= row["connect_p99_ms"]


def test_a_control_room_is_no_larger_than_one_is() -> None:
    city = city_of_roles(10 * CONTROL_ROOM_MAX)
    of_role = [sum(each.role is role for each in city.members) for role in ROLES]
    assert of_role == [10 * CONTROL_ROOM_MAX] * 4 + [CONTROL_ROOM_MAX] * 2
