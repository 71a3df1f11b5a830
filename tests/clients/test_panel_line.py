"""A line carries frames, whole, until it is gone."""

import pytest
import trio
from trio.testing import memory_stream_pair

from clients.panel_line import TcpLine, open_tcp, open_udp
from tests.patience import PATIENCE_S
from tests.protocol.sia_dc09.vectors import ACK, NAK


async def test_tcp_joins_what_came_in_pieces_and_splits_what_came_together() -> None:
    near, far = memory_stream_pair()
    line = TcpLine(near)
    await line.send(ACK.frame)
    assert await far.receive_some() == ACK.frame
    await far.send_all(ACK.frame[:10])
    assert await line.receive() == []
    await far.send_all(ACK.frame[10:] + NAK.frame)
    assert await line.receive() == [ACK.frame, NAK.frame]


async def test_tcp_says_when_the_other_side_hung_up() -> None:
    near, far = memory_stream_pair()
    await far.aclose()
    with pytest.raises(trio.BrokenResourceError, match="hung up"):
        await TcpLine(near).receive()
    await TcpLine(near).aclose()
    with pytest.raises(trio.ClosedResourceError):
        await near.send_all(b"x")


async def test_udp_hears_its_receiver_only() -> None:
    receiver, stranger = (trio.socket.socket(type=trio.socket.SOCK_DGRAM) for _ in range(2))
    with receiver, stranger:
        await receiver.bind(("127.0.0.1", 0))
        line = await open_udp(*receiver.getsockname())
        await line.send(ACK.frame)
        received, panel = await receiver.recvfrom(100)
        assert received == ACK.frame
        await stranger.sendto(NAK.frame, panel)
        await receiver.sendto(ACK.frame, panel)
        with trio.fail_after(PATIENCE_S):
            assert await line.receive() == [ACK.frame]
        await line.aclose()


async def test_there_is_no_such_receiver() -> None:
    with trio.socket.socket() as taken:
        await taken.bind(("127.0.0.1", 0))  # and nobody listens on it
        with pytest.raises(OSError, match="connect"):
            await open_tcp(*taken.getsockname())
