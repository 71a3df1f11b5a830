"""An ONVIF camera tells where its snapshots are; on whose host, the registry says alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.stand_ins.camera import DEVICE_SERVICE, SNAPSHOT, Camera
from clients.stand_ins.web import Asked, Reply, served
from dispatch.gateway.appliances.asking import Appliance, Faulty
from dispatch.gateway.appliances.onvif import on_our_host, snapshot_url
from tests.gateway.appliances.stand_in import Scripted


async def found(url: str) -> str:
    appliance = Appliance("", "")
    try:
        return await snapshot_url(appliance, url + DEVICE_SERVICE)
    finally:
        await appliance.aclose()


async def test_an_address_behind_a_router_is_asked_for_on_the_host_that_we_know() -> None:
    with served(Camera("C")) as url:
        assert await found(url) == f"{url}{SNAPSHOT}?channel=1&stream=0"


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ("http://cam/snap?x=1", "http://cam/snap?x=1"),
        ("http://cam:8080/snap", "http://cam:8080/snap"),
        ("http://192.168.1.64/snap", "http://cam:81/snap"),
        ("http://169.254.169.254/latest", "http://cam:81/latest"),
        ("http://evil@cam/snap", "http://cam:81/snap"),
        ("https://cam/snap", "http://cam:81/snap"),
        ("http:///snap", "http://cam:81/snap"),
    ],
)
def test_no_camera_sends_us_to_another_host(told: str, asked: str) -> None:
    assert on_our_host("http://cam:81/onvif/device_service", told) == asked


@given(st.text(st.characters(codec="ascii"), max_size=60))
def test_whatever_it_tells(told: str) -> None:
    try:
        url = on_our_host("http://cam:81/onvif", f"http://{told}")
    except Faulty:
        return
    assert url.startswith(("http://cam:", "http://cam/", "http://CAM", "http://Cam")) or (
        url.lower().startswith("http://cam")
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>not found", "does not speak ONVIF"),
        (b"", "does not speak ONVIF"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "does not speak ONVIF"),
        (b"<a/>", "does not tell"),
    ],
)
async def test_what_it_says_wrongly_is_a_fault(body: bytes, why: str) -> None:
    with served(Scripted(lambda _: Reply(body))) as url, pytest.raises(Faulty, match=why):
        await found(url)


async def test_a_camera_without_a_profile_is_a_fault() -> None:
    camera = Camera("C")

    def reply(asked: Asked) -> Reply:
        return Reply(b"<a/>") if b"GetProfiles" in asked.body else camera.answer(asked)

    with served(Scripted(reply)) as url, pytest.raises(Faulty, match="profile"):
        await found(url)
