from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from clients.button.device import KINDS, Device
from protocol.button.link import WINDOW, ButtonLink, Heard, LinkState, nothing_known
from protocol.button.message import (
    Answer,
    Challenge,
    Message,
    MessageType,
    Progress,
    Reception,
    decode_answer,
    decode_message,
)
from tests.protocol.button.samples import NOW_MS, said
from tests.protocol.button.vectors import DEVICE_ID, KEY, VECTORS


def link_at(boot: int, sequence: int) -> ButtonLink:
    return ButtonLink(DEVICE_ID, KEY, LinkState(boot << 32 | sequence))


def challenge_in(heard: Heard, datagram: bytes) -> Challenge:
    challenge = decode_answer(KEY, datagram[-16:], heard.challenge)
    assert isinstance(challenge, Challenge)
    return challenge


# --- the window -----------------------------------------------------------------------------------


def test_the_receiver_of_the_vectors() -> None:
    vector = VECTORS["receiver"]
    newest = vector["newest_boot"] << 32 | vector["newest_sequence"]
    link = ButtonLink(DEVICE_ID, KEY, LinkState(newest, vector["window"]))
    for step in vector["steps"]:
        heard = link.hear(said(step["boot"], step["sequence"], salt=0xC0FFEE17), vector["now_ms"])
        assert heard.reception == step["reception"], step
        assert heard.challenge.hex() == step.get("answer", ""), step


@given(st.lists(st.integers(1, 100), max_size=60))
def test_a_message_is_fresh_once_and_while_it_can_be_known(sequences: list[int]) -> None:
    link, seen, newest = link_at(1, 0), set[int](), 0
    for sequence in sequences:
        is_fresh = link.hear(said(1, sequence), NOW_MS).reception is Reception.FRESH
        assert is_fresh is (sequence not in seen and newest - sequence < WINDOW)
        seen.add(sequence)
        newest = max(newest, sequence)


@given(st.binary(min_size=64, max_size=64))
def test_what_is_not_authentic_moves_nothing(datagram: bytes) -> None:
    link = link_at(7, 40)
    before = link.state
    heard = link.hear(datagram, NOW_MS)
    assert (heard.message, heard.challenge) == (None, b"")
    assert link.state == before


@pytest.mark.parametrize("vector", VECTORS["refused"])
def test_a_refused_datagram_of_the_vectors(vector: dict[str, Any]) -> None:
    heard = link_at(1, 0).hear(bytes.fromhex(vector["bytes"]), NOW_MS)
    assert heard == Heard(Reception(vector["reception"]))


def test_the_window_moves_only_after_the_mac_is_good() -> None:
    link = link_at(1, 0)
    assert link.hear(said(9, 9, key=bytes(32)), NOW_MS).reception is Reception.BAD_MAC
    assert link.hear(said(1, 1), NOW_MS).reception is Reception.FRESH


# --- over a restart -------------------------------------------------------------------------------


def test_a_kept_state_goes_on_as_if_nothing_had_been() -> None:
    link = link_at(1, 0)
    for sequence in (1, 2, 5):
        link.hear(said(1, sequence), NOW_MS)
    newest, window = link.state  # plain numbers, for a file or a table
    again = ButtonLink(DEVICE_ID, KEY, LinkState(newest, window))
    receptions = [again.hear(said(1, each), NOW_MS).reception for each in (2, 5, 4, 6)]
    assert receptions == ["replayed", "replayed", "fresh", "fresh"]


def test_where_nothing_was_kept_nothing_old_is_believed() -> None:
    link = ButtonLink(DEVICE_ID, KEY, nothing_known(NOW_MS))
    old = said(7, 12)
    heard = link.hear(old, NOW_MS)
    assert (heard.reception, heard.message) == (Reception.STALE, None)
    boot = challenge_in(heard, old).boot
    assert boot == NOW_MS // 1000 + 1
    assert link.hear(said(boot, 1), NOW_MS).reception is Reception.FRESH
    assert link.hear(old, NOW_MS).reception is Reception.STALE


def test_a_gateway_restarted_within_a_second_believes_nothing_of_before() -> None:
    first = ButtonLink(DEVICE_ID, KEY, nothing_known(NOW_MS))
    boot = challenge_in(first.hear(said(7, 1), NOW_MS), said(7, 1)).boot
    replayed = said(boot, 1)
    assert first.hear(replayed, NOW_MS).reception is Reception.FRESH
    second = ButtonLink(DEVICE_ID, KEY, nothing_known(NOW_MS + 1000))
    assert second.hear(replayed, NOW_MS + 1000).reception is Reception.STALE


def test_a_clock_that_was_never_set_is_noticed() -> None:
    with pytest.raises(ValueError, match="never set"):
        nothing_known(12_000)


def test_a_device_that_has_lost_its_count_is_never_believed_before_it_has_a_new_one() -> None:
    link = link_at(0, 0)
    lost = said(0, 5)
    heard = link.hear(lost, NOW_MS)
    assert heard.reception is Reception.STALE
    assert challenge_in(heard, lost).boot == NOW_MS // 1000


def test_nothing_old_is_believed_when_both_ends_have_lost_their_count() -> None:
    recorded = said(500, 1)
    later_ms = NOW_MS + 60_000
    link = ButtonLink(DEVICE_ID, KEY, nothing_known(later_ms))
    lost = said(0, 1)
    boot = challenge_in(link.hear(lost, later_ms), lost).boot
    assert link.hear(said(boot, 1), later_ms).reception is Reception.FRESH
    assert link.hear(recorded, later_ms).reception is Reception.STALE


def test_a_count_to_go_on_from_is_above_all_that_was_heard_and_all_that_was_given() -> None:
    link = link_at(7, 40)  # a start of 8 may be on its way already
    lost = said(0, 1)
    assert challenge_in(link.hear(lost, NOW_MS), lost).boot == NOW_MS // 1000
    ahead = link_at(NOW_MS // 1000 + 5, 0)  # restarted often since it was challenged
    assert challenge_in(ahead.hear(lost, NOW_MS), lost).boot == NOW_MS // 1000 + 6


def test_counting_ends_somewhere_but_nothing_breaks() -> None:
    link = link_at(2**32 - 1, 2**32 - 1)
    assert challenge_in(link.hear(said(1, 1), NOW_MS), said(1, 1)).boot == 2**32 - 1


# --- answers --------------------------------------------------------------------------------------


def test_an_answer_says_what_is_known() -> None:
    link = link_at(1, 0)
    datagram = said(1, 1, type=MessageType.PRESS, press=1 << 32 | 1)
    message = link.hear(datagram, NOW_MS).message
    assert message is not None
    answer = link.answer(message, NOW_MS, Progress.ACCEPTED, stored=True, eta_min=4)
    assert decode_answer(KEY, datagram[-16:], answer) == Answer(
        Progress.ACCEPTED, 1, NOW_MS, stored=True, eta_min=4
    )


def test_every_message_of_a_press_names_the_same_signal() -> None:
    press = 1 << 32 | 1
    datagrams = [said(1, each, type=MessageType.PRESS, press=press) for each in (1, 2, 3)]
    link, restarted = link_at(1, 0), link_at(1, 2)
    messages = [link.hear(each, NOW_MS).message for each in datagrams]
    messages.append(restarted.hear(datagrams[2], NOW_MS).message)
    assert len({link.signal_id(each) for each in messages if each is not None}) == 1
    assert None not in messages


# --- a device, its gateway, and somebody in between ---------------------------------------------


class Conspiracy(RuleBasedStateMachine):
    """A real device and a real link; between them somebody who keeps all that was ever sent.

    He loses, delays, repeats and changes datagrams both ways. The device loses its count and is
    restarted; the gateway is restarted with and without what it kept.
    """

    @initialize()
    def begin(self) -> None:
        self.now_ms = 0
        self.saved = 0
        self.salt = 0
        self.taken: list[bytes] = []
        self.up: list[bytes] = []
        self.down: list[bytes] = []
        self.link = ButtonLink(DEVICE_ID, KEY, nothing_known(NOW_MS))
        self.start()

    def save(self, boot: int) -> None:
        self.saved = boot

    def start(self) -> None:
        self.salt += 1
        self.device = Device(DEVICE_ID, KEY, self.saved, self.salt, self.save, self.now_ms)

    @rule(ms=st.integers(0, 90_000))
    def time_passes(self, ms: int) -> None:
        self.now_ms += ms
        while (datagram := self.device.due(self.now_ms)) is not None:
            self.up.append(datagram)

    @rule(kind=st.sampled_from(KINDS))
    def somebody_presses(self, kind: int) -> None:
        self.device.press(kind, self.now_ms)

    @rule()
    def the_device_is_restarted(self) -> None:
        self.now_ms += 1000  # it takes a moment, as the specification asks
        self.start()

    @rule()
    def the_device_loses_its_count(self) -> None:
        self.saved = 0
        self.start()

    @rule()
    def the_gateway_is_restarted(self) -> None:
        self.link = ButtonLink(DEVICE_ID, KEY, self.link.state)

    @rule()
    def the_gateway_forgets_all(self) -> None:
        self.now_ms += 1000
        self.link = ButtonLink(DEVICE_ID, KEY, nothing_known(NOW_MS + self.now_ms))

    @rule(ago=st.integers(0, 40))
    def something_arrives_at_the_gateway(self, ago: int) -> None:
        if ago < len(self.up):
            self.arrive(self.up[-1 - ago])

    @rule(ago=st.integers(0, 40), bit=st.integers(0, 511))
    def something_changed_arrives(self, ago: int, bit: int) -> None:
        if ago < len(self.up):
            datagram = int.from_bytes(self.up[-1 - ago]) ^ 1 << bit
            heard = self.link.hear(datagram.to_bytes(64), NOW_MS + self.now_ms)
            assert (heard.message, heard.challenge) == (None, b"")

    @rule(ago=st.integers(0, 40))
    def something_arrives_at_the_device(self, ago: int) -> None:
        if ago < len(self.down):
            self.device.hear(self.down[-1 - ago], self.now_ms)

    @rule(ms=st.integers(1, 20_000))
    def nothing_is_in_the_way(self, ms: int) -> None:
        self.now_ms += ms
        while (datagram := self.device.due(self.now_ms)) is not None:
            self.up.append(datagram)
            before = len(self.down)
            self.arrive(datagram)
            for answer in self.down[before:]:
                assert self.device.hear(answer, self.now_ms)

    @rule()
    def all_that_was_ever_sent_comes_again(self) -> None:
        for datagram in self.up:
            self.arrive(datagram)

    def arrive(self, datagram: bytes) -> None:
        heard = self.link.hear(datagram, NOW_MS + self.now_ms)
        if heard.message is not None:
            assert datagram not in self.taken, "a replay was believed"
            self.taken.append(datagram)
            self.down.append(self.answer(heard.message))
        elif heard.challenge:
            self.down.append(heard.challenge)

    def answer(self, message: Message) -> bytes:
        stored = message.type is MessageType.PRESS
        progress = Progress.RECEIVED if stored else Progress.ALIVE
        return self.link.answer(message, NOW_MS + self.now_ms, progress, stored=stored)

    @invariant()
    def what_the_lamp_says_is_true(self) -> None:
        stored = {
            message.press
            for datagram in self.taken
            if isinstance(message := decode_message(KEY, datagram), Message)
            and message.type is MessageType.PRESS
        }
        for press in self.device.presses:
            assert not press.stored or press.number in stored

    def teardown(self) -> None:
        """Whatever was done: when both are left in peace, every press arrives."""
        if not hasattr(self, "device"):
            return
        for _ in range(40):
            self.nothing_is_in_the_way(1_001)
        assert all(press.stored for press in self.device.presses)


TestConspiracy = Conspiracy.TestCase
