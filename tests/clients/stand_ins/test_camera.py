"""The stand-in camera takes pictures that are pictures, and has bad days of every kind."""

import httpx
import pytest

from clients.stand_ins.camera import DEVICE_SERVICE, SIZE_PX, SNAPSHOT, Behaviour, Camera
from clients.stand_ins.web import Asked, served
from protocol.jpeg import NotJpeg, read_size

ASKED = Asked("GET", f"{SNAPSHOT}?channel=1")


def test_each_picture_is_a_new_one() -> None:
    camera = Camera("Cámara 1")

    first, second = camera.answer(ASKED), camera.answer(ASKED)

    assert first.content_type == "image/jpeg"
    assert read_size(first.body) == SIZE_PX
    assert first.body != second.body
    assert camera.pictures == 2


@pytest.mark.parametrize("behaviour", [Behaviour.HUGE, Behaviour.CUT, Behaviour.PAGE])
def test_bad_days_are_bad(behaviour: Behaviour) -> None:
    answer = Camera("Cámara 1", behaves=behaviour).answer(ASKED)

    assert answer.status == 200
    with pytest.raises(NotJpeg):
        read_size(answer.body)


def test_every_behaviour_is_one_of_its_own() -> None:
    answers = [Camera("C", behaves=each).answer(ASKED) for each in Behaviour]

    said = {(a.status, a.content_type, a.after_s, a.endless, len(a.body) >> 20) for a in answers}
    assert len(said) == len(Behaviour) - 1  # a picture cut short looks like a whole one


def test_a_camera_asks_who_wants_to_look() -> None:
    with served(Camera("C", user="ver", password="clave")) as url, httpx.Client() as client:
        assert client.get(url + SNAPSHOT).status_code == 401
        said = client.get(url + SNAPSHOT, auth=httpx.DigestAuth("ver", "clave"))
        assert read_size(said.content) == SIZE_PX


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (Asked("GET", "/"), 404),
        (Asked("GET", DEVICE_SERVICE), 404),
        (Asked("POST", DEVICE_SERVICE, b"<GetUsers/>"), 400),
        (Asked("POST", DEVICE_SERVICE, b"<GetProfiles/>"), 200),
    ],
)
def test_it_does_what_it_is_there_for_and_no_more(asked: Asked, status: int) -> None:
    assert Camera("C").answer(asked).status == status
