import trio
import trustme

from dispatch.push.kept_client import kept_client
from tests.push.receiver import PushStandIn, receiving, trusting

AUTHORITY = trustme.CA()


async def test_it_goes_nowhere_else_and_asks_no_proxy(monkeypatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://localhost:1")
    stand_in = PushStandIn(307)
    with receiving(stand_in, AUTHORITY) as url, trio.fail_after(20):
        async with kept_client(trusting(AUTHORITY)) as client:
            answers = [await client.post(url, content=b"x") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [307, 307]
    assert [got.path for got in stand_in.got] == ["/", "/"]
