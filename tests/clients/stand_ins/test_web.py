"""A stand-in is asked over real HTTP: by whoever may, after a while, without an end."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from clients.stand_ins.digest import Digest, new_digest
from clients.stand_ins.web import Asked, Reply, served


@dataclass
class Scripted:
    answer: Callable[[Asked], Reply]
    digest: Digest | None = None


def test_what_is_asked_arrives_and_what_is_answered_goes_back() -> None:
    heard = []

    def answer(asked: Asked) -> Reply:
        heard.append(asked)
        return Reply(b"done", "text/x-test", 201, {"X-Said": "so"})

    with served(Scripted(answer)) as url, httpx.Client() as client:
        for method in ("PUT", "POST"):
            said = client.request(method, f"{url}/a?b", content=b"body", headers={"X-Ask": "yes"})
            assert (said.status_code, said.content) == (201, b"done")
            assert (said.headers["Content-Type"], said.headers["X-Said"]) == ("text/x-test", "so")
        client.get(url)
    assert [asked.method for asked in heard] == ["PUT", "POST", "GET"]
    assert (heard[0].target, heard[0].body, heard[0].headers["x-ask"]) == ("/a?b", b"body", "yes")


def test_strangers_are_asked_who_they_are() -> None:
    digest = new_digest("admin", "right", "here", "SHA-256")
    with served(Scripted(lambda _: Reply(b"in"), digest)) as url, httpx.Client() as client:
        assert client.get(url).status_code == 401
        assert client.get(url, auth=httpx.DigestAuth("admin", "right")).content == b"in"


def test_it_can_keep_whoever_asks_waiting_and_still_end() -> None:
    with (
        served(Scripted(lambda _: Reply(after_s=3600))) as url,
        httpx.Client() as client,
        pytest.raises(httpx.ReadTimeout),
    ):
        client.get(url, timeout=0.2)


def test_it_can_go_on_for_ever() -> None:
    with (
        served(Scripted(lambda _: Reply(bytes(1000), endless=True))) as url,
        httpx.Client() as client,
        client.stream("GET", url) as said,
    ):
        read = 0
        for chunk in said.iter_bytes():
            read += len(chunk)
            if read > 1_000_000:
                break
    assert read > 1_000_000
