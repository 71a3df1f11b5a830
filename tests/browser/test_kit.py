"""What hangs on the walls of a front, in the pages of whoever answers: its siren, its cameras."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from clients.stand_ins.camera import Behaviour
from tests.browser.stage import Stage, press, until
from tests.live.front import Front, front
from tests.live.program import Area, Program

QUARTER_OF_AN_HOUR_MS = 900_000
SEEN = "(images) => images.every((image) => image.complete && image.naturalWidth > 0)"


@pytest.fixture
def manga(program: Program, area: Area) -> Iterator[Front]:
    """A front with a siren and four cameras, all of them wired by now."""
    with front(program, area, *[Behaviour.WELL] * 4) as it:
        until(lambda: all(camera.pictures for camera in it.cameras))
        yield it


def sees_it_all(page: Page) -> None:
    expect(page.locator(".siren[data-state=sounding]")).to_contain_text("Sirena Manga: suena")
    images = page.locator(".pictures img")
    expect(images).to_have_count(4)
    until(lambda: images.evaluate_all(SEEN))
    expect(page.locator(".pictures")).to_contain_text("Cámara 3, ")


def test_the_room_sees_the_siren_and_the_cameras_and_silences_one(
    stage: Stage, area: Area, eva: str, manga: Front
) -> None:
    page = stage.room(eva)
    page.locator("#search").fill(area.quadrant)
    patrol = stage.handheld(area.patrols[0])
    ana = stage.button(manga.members[0], area.spot())
    press(ana)
    page.locator(".queue-row").click()
    for each in (page, patrol):
        sees_it_all(each)
    expect(ana.locator("#banners")).to_contain_text("Sirena Manga")
    until(lambda: manga.relay.is_on)
    page.get_by_role("button", name="Callar la sirena").click()
    for each in (page, patrol):
        expect(each.locator(".siren")).to_have_attribute("data-state", "silent")
        expect(each.get_by_role("button", name="Callar la sirena")).to_have_count(0)
    until(lambda: not manga.relay.is_on)
    expect(ana.locator("#banners")).to_be_empty()
    expect(page.locator("#story")).to_contain_text("Sirena callada")


def test_pictures_can_be_opened_for_as_long_as_the_alert_is(
    stage: Stage, area: Area, eva: str, manga: Front
) -> None:
    page = stage.room(eva)
    page.locator("#search").fill(area.quadrant)
    press(stage.button(manga.members[0], area.spot()))
    page.locator(".queue-row").click()
    picture = page.locator(".pictures a").first
    before = until(lambda: picture.get_attribute("href"))
    expect(page.locator(".pictures img")).to_have_count(4)
    with page.expect_response(lambda answer: answer.url.endswith("/pictures")):
        page.clock.install()
        page.clock.fast_forward(QUARTER_OF_AN_HOUR_MS)
    renewed = until(lambda: (path := picture.get_attribute("href")) != before and path)
    assert ends_s(renewed) > ends_s(before)
    assert picture.evaluate("(link) => fetch(link.href).then(({ status }) => status)") == 200


def test_a_picture_that_does_not_open_says_so(stage: Stage, area: Area, manga: Front) -> None:
    stage.forgives_network = True
    patrol = stage.handheld(area.patrols[0])
    patrol.route("**/v1/pictures/*", lambda route: route.abort())
    press(stage.button(manga.members[0], area.spot()))
    expect(patrol.locator(".pictures")).to_contain_text("La foto no se pudo abrir")


def ends_s(path: str) -> int:
    (until_s,) = parse_qs(urlsplit(path).query)["until"]
    return int(until_s)
