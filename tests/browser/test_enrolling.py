"""A browser becomes a device by a link or by typing a code; what is wrong is said."""

from io import BytesIO
from pathlib import Path

import segno
import zxingcpp
from PIL import Image
from playwright.sync_api import BrowserContext, expect

from tests.browser.stage import Stage, is_connected
from tests.live.program import Area


def test_a_typed_code_makes_a_device_that_stays(stage: Stage, area: Area) -> None:
    ana = stage.open("/boton")
    ana.get_by_label("Código").fill("AAAA-AAAA-AAAA")
    ana.get_by_role("button", name="Activar").click()
    expect(ana.get_by_role("alert")).to_contain_text("El código no es válido")
    ana.get_by_label("Código").fill(stage.program.codes[area.apps[0]].lower())
    ana.keyboard.press("Enter")
    is_connected(ana)
    ana.reload()
    is_connected(ana)


def test_the_code_of_a_link_leaves_the_address(stage: Stage, area: Area) -> None:
    ana = stage.button(area.apps[0])
    assert ana.url == f"{stage.program.console_url}/boton"


def test_a_patrols_code_makes_no_panic_button(stage: Stage, area: Area) -> None:
    ana = stage.open(f"/boton#code={stage.program.codes[area.patrols[0]]}")
    expect(ana.get_by_role("alert")).to_contain_text("Ese código es de otra clase de dispositivo")
    patrol = stage.handheld(area.patrols[0])  # and the code is not spent
    expect(patrol.locator("#name")).to_have_text(area.patrols[0])


def test_a_second_link_does_not_replace_a_device_unasked(stage: Stage, area: Area) -> None:
    ana = stage.button(area.apps[0])
    ana.goto(f"{stage.program.console_url}/boton#code={stage.program.codes[area.apps[1]]}")
    ana.get_by_role("button", name="Seguir con el actual").click()
    is_connected(ana)
    assert "code" not in ana.url


READS_CODES = """
    globalThis.BarcodeDetector = class {
      static getSupportedFormats = async () => ["qr_code"];
      async detect(video) {
        const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
        canvas.getContext("2d").drawImage(video, 0, 0);
        const picture = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
        return (await readCodes([...picture])).map((rawValue) => ({ rawValue }));
      }
    };
"""
"""A telephone's Chromium reads codes by itself; Debian's does not."""


def reading_codes(window: BrowserContext) -> BrowserContext:
    def read(picture: list[int]) -> list[str]:
        return [code.text for code in zxingcpp.read_barcodes(Image.open(BytesIO(bytes(picture))))]

    window.expose_function("readCodes", read)
    window.add_init_script(READS_CODES)
    return window


def show(film: Path, text: str) -> None:
    """Hold a sheet with a QR code before the camera: one frame of Y4M, over and over."""
    size = (640, 480)
    sheet = BytesIO()
    segno.make(text, error="m").save(sheet, kind="png", scale=6)
    frame = Image.new("L", size, 160)
    frame.paste(Image.open(sheet).convert("L"), (180, 60))
    grey = bytes([128]) * (size[0] * size[1] // 2)
    head = f"YUV4MPEG2 W{size[0]} H{size[1]} F10:1 Ip A1:1 C420jpeg\nFRAME\n"
    film.write_bytes(head.encode() + frame.tobytes() + grey)


def test_a_code_is_scanned_from_its_sheet(stage: Stage, area: Area, film: Path) -> None:
    url = f"{stage.program.console_url}/boton#code={stage.program.codes[area.apps[0]]}"
    show(film, url)
    ana = stage.open("/boton", reading_codes(stage.window(permissions=["camera"])))
    ana.get_by_role("button", name="Escanear QR").click()
    is_connected(ana)
    expect(ana.locator("video")).to_have_count(0)
    expect(ana.locator("#help")).to_be_visible()


def test_a_code_of_something_else_is_passed_over_and_the_camera_can_be_put_away(
    stage: Stage, area: Area, film: Path
) -> None:
    show(film, "https://example.com/menu")
    ana = stage.open("/boton", reading_codes(stage.window(permissions=["camera"])))
    ana.get_by_role("button", name="Escanear QR").click()
    expect(ana.locator("video")).to_have_js_property("videoWidth", 640)
    ana.get_by_role("button", name="Cerrar la cámara").click()
    expect(ana.locator("video")).to_be_hidden()
    show(film, f"{stage.program.console_url}/boton#code={stage.program.codes[area.apps[0]]}")
    ana.get_by_role("button", name="Escanear QR").click()
    is_connected(ana)
