import pytest

from dispatch.core.registry import Device, Front, Person, SirenTests, Spot
from dispatch.store.rows import device_from, edition_from, front_from, person_from
from protocol.messages import PushTarget
from protocol.vocabulary import PushKind, Role

TARGET = PushTarget(PushKind.WEBPUSH, "https://push.example/1", "p", "a")
PUSH = '[{"kind":"webpush","endpoint":"https://push.example/1","p256dh":"p","auth":"a"}]'


def test_a_person() -> None:
    assert person_from(("p", "Ana", "300", 2)) == Person("p", "Ana", "300", 2)


def test_a_front_with_and_without_a_place() -> None:
    row = ("f", "Manga", "Manga", 10.4, -75.5, "Calle 1", "p", 1, 4, 2, 600, 15)
    assert front_from(row) == Front(
        "f", "Manga", "Manga", Spot(10.4, -75.5, "Calle 1"), "p", 1, 4, 2, SirenTests(600, 15)
    )
    nowhere = ("f", "Manga", "Manga", None, None, "", None, 0, 0, 0, None, None)
    assert front_from(nowhere) == Front("f", "Manga", "Manga")


@pytest.mark.parametrize("role", Role)
def test_a_device_of_every_role(role: Role) -> None:
    credentials = (b"t", b"c", 5, 3, True)
    row = ("d", role.value, "D", "p", "f", "Q", 0.0, 0.0, "", "g", *credentials, 90, b"box", PUSH)
    spot = Spot(0.0, 0.0)
    expected = Device("d", role, "D", "p", "f", "Q", spot, "g", *credentials, 90, b"box", (TARGET,))
    assert device_from(row) == expected
    assert device_from((*row[:-1], None)).push == ()


def test_no_rows_are_no_edition() -> None:
    assert edition_from([]) is None
