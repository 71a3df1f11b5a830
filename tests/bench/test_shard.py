import socket
import time
from contextlib import ExitStack

import pytest

from bench.calls import Round, number_of, sender_of
from bench.city import plan_city
from bench.crowd import DIALECTS
from bench.score import judge
from bench.shard import Shard, press_payload
from protocol.codec import decode_client
from protocol.messages import Signal
from tests.bench.bare import bare_target

CITY = plan_city(quadrants=4, senders=12, idle=5)


@pytest.fixture
def shard():
    with ExitStack() as stack:
        target = stack.enter_context(bare_target(CITY))
        made = Shard(target.address, DIALECTS[target.dialect], CITY.members)
        assert len(made.connect(made.lines.links, 16)) == len(CITY.members)
        yield made
        made.close()


def test_a_round_is_pressed_on_time_and_everything_is_seen(shard: Shard) -> None:
    plan = Round(100, 2, 30, time.monotonic_ns() + 50_000_000, 5_000_000)
    calls = shard.call(plan)
    assert calls.numbers.tolist() == [*range(100, 160, 2)]
    assert (calls.sent_ns >= calls.due_ns).all(), "none before its time"
    verdict, _ = judge(calls, CITY)
    assert verdict.is_clean
    assert verdict.sent == 30
    assert calls.traffic.said == 30 * 3, "a press and two confirmations"
    assert calls.traffic.receipts == 30 * 4
    assert set(shard.heard_samples()) == {"alert", "receipt", "stored"}


def test_two_rounds_do_not_mix(shard: Shard) -> None:
    first = shard.call(Round(0, 1, 5, time.monotonic_ns(), 1_000_000))
    shard.forget()
    second = shard.call(Round(5, 1, 5, time.monotonic_ns(), 1_000_000))
    assert set(first.shown_numbers.tolist()) == {*range(5)}
    assert set(second.shown_numbers.tolist()) == {*range(5, 10)}
    assert first.senders.tolist() != second.senders.tolist(), "others press"


def test_who_was_hung_up_on_between_rounds_counts_in_the_next(shard: Shard) -> None:
    shard.call(Round(0, 1, 2, time.monotonic_ns(), 1_000_000))
    gone = shard.lines.links[CITY.idle[0].device_id].sock
    assert gone is not None
    gone.shutdown(socket.SHUT_RD)  # what the other end's close looks like from here
    shard.lines.settle()
    calls = shard.call(Round(2, 1, 2, time.monotonic_ns(), 1_000_000))
    assert calls.traffic.hung_up == 1
    assert not judge(calls, CITY)[0].is_clean
    assert shard.call(Round(4, 1, 2, time.monotonic_ns(), 1_000_000)).traffic.hung_up == 0


def test_a_late_schedule_is_caught_up_and_told(shard: Shard) -> None:
    late = shard.call(Round(0, 1, 10, time.monotonic_ns() - 500_000_000, 1_000))
    verdict, latencies = judge(late, CITY)
    assert verdict.is_clean
    assert latencies.late_us.min() > 400_000
    assert latencies.handheld_us.min() > 400_000, "latency counts from when a press was due"


def test_who_was_cut_off_comes_back(shard: Shard) -> None:
    ids = [each.device_id for each in CITY.idle]
    shard.drop(ids)
    assert all(shard.lines.links[each].sock is None for each in ids)
    assert len(shard.connect(ids, 4)) == len(ids)


def test_a_press_is_what_the_protocol_wants() -> None:
    sender = CITY.senders[3]
    made = press_payload(b"01932f7a-5c00-7000-8003-00000000000a", "fire", 1_700_000_000_000, sender)
    decoded = decode_client(made)
    assert decoded.fault is None
    assert isinstance(decoded.message, Signal)
    assert decoded.message.position is not None
    assert decoded.message.position.lat == pytest.approx(sender.lat, abs=1e-6)
    signal_id = decoded.message.signal_id.encode()
    assert (sender_of(signal_id), number_of(signal_id)) == (3, 10)
