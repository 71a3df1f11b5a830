"""A picture is one whole JPEG: as Pillow writes them, and nothing that is cut or made up."""

import io
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from protocol.jpeg import NotJpeg, Size, read_size
from protocol.limits import PICTURE_MAX_BYTES


def jpeg(width_px: int = 64, height_px: int = 48, **options: object) -> bytes:
    written = io.BytesIO()
    Image.effect_noise((width_px, height_px), 50).save(written, "JPEG", **options)
    return written.getvalue()


PICTURE = jpeg()
EXIF = Image.Exif()
EXIF[0x010E] = "Calle 1 # 2-3"


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"restart_marker_blocks": 2}, {"exif": EXIF}]
)
@given(width_px=st.integers(1, 300), height_px=st.integers(1, 300))
def test_the_size_is_what_was_drawn(
    options: dict[str, object], width_px: int, height_px: int
) -> None:
    assert read_size(jpeg(width_px, height_px, **options)) == Size(width_px, height_px)


def test_what_a_camera_pads_with_is_no_fault() -> None:
    filled = PICTURE[:2] + b"\xff\xff" + PICTURE[2:] + bytes(512)

    assert read_size(filled) == Size(64, 48)


@given(st.integers(0, len(PICTURE) - 2))
def test_a_picture_cut_short_is_refused(length: int) -> None:
    with pytest.raises(NotJpeg):
        read_size(PICTURE[:length])


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (b"", "begin"),
        (b"<html>401</html>", "begin"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "begin"),
        (b"\xff\xd8\x00\x00\x00\x00", "marker"),
        (b"\xff\xd8\xff\xe0\x00\x01", "length"),
        (b"\xff\xd8\xff\xc0\x00\x04\x08\x00\xff\xda\x00\x02", "cut short"),
        (b"\xff\xd8\xff\xda\x00\x02\xff\xd9", "before"),
        (b"\xff\xd8\xff\xc0\x00\x07\x08\x00\x00\x00\x01\xff\xda\x00\x02\xff\xd9", "1 by 0"),
        (b"\xff\xd8\xff\xc0\x00\x07\x08\xff\xff\xff\xff\xff\xda\x00\x02\xff\xd9", "65535 by"),
        (PICTURE + bytes(PICTURE_MAX_BYTES), "larger"),
    ],
)
def test_what_is_no_picture_is_named(picture: bytes, why: str) -> None:
    with pytest.raises(NotJpeg, match=why):
        read_size(picture)


@given(st.binary(max_size=300))
@example(b"\xff\xd8" + b"\xff" * 300)
def test_whatever_comes_is_judged(noise: bytes) -> None:
    for picture in (noise, PICTURE[:2] + noise, PICTURE[:20] + noise + PICTURE[20:]):
        with suppress(NotJpeg):
            read_size(picture)
