"""What is told of a request before it is parsed."""

import pytest
from websockets.http11 import Response
from websockets.streams import StreamReader

from dispatch.edge.bounds import COME_BACK_S
from dispatch.edge.knock import COME_BACK_LATER, is_urgent, is_whole
from protocol import PATH, URGENT

HEAD = b"Host: x\r\n"


@pytest.mark.parametrize(
    ("path", "goes_first"),
    [
        (f"{PATH}?{URGENT}", True),
        ("/healthz", True),
        ("/metrics", True),
        (PATH, False),
        (f"{PATH}?", False),
        ("/healthz-and-more", False),
    ],
)
def test_who_asks_for_it_goes_first(path: str, goes_first: bool) -> None:
    assert is_urgent(f"GET {path} HTTP/1.1\r\n".encode()) is goes_first


@pytest.mark.parametrize(
    ("behind", "whole"),
    [(b"", True), (b"\x81", False), (b"\x81\x80\r\n\r\n", False), (HEAD, False)],
)
def test_whether_something_follows(behind: bytes, whole: bool) -> None:
    assert is_whole(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n" + behind) is whole


def test_who_has_to_come_back_is_told_when() -> None:
    reader = StreamReader()
    reader.feed_data(COME_BACK_LATER)
    reader.feed_eof()
    parsing = Response.parse(reader.read_line, reader.read_exact, reader.read_to_eof)
    with pytest.raises(StopIteration) as parsed:
        next(parsing)
    answer = parsed.value.value
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(COME_BACK_S))
