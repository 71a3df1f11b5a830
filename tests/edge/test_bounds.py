"""How the bounds of the edge depend on one another and on the protocol's."""

from dispatch.edge import bounds
from protocol import MAX_FRAME_BYTES, limits


def test_a_burst_of_the_longest_frames_makes_no_reader_slow_for_good() -> None:
    shown = 8 * MAX_FRAME_BYTES
    assert shown <= bounds.OUTBOX_PAUSE_BYTES < bounds.OUTBOX_MAX_BYTES


def test_the_longest_message_may_come_in_fragments() -> None:
    assert MAX_FRAME_BYTES / 16 <= bounds.BARE_FRAMES_MAX


def test_a_client_that_pings_as_it_should_is_never_taken_for_a_flood() -> None:
    pings_per_message = limits.PING_INTERVAL_S / 5  # a library that pings every 5 s by itself
    assert pings_per_message <= bounds.BARE_FRAMES_PER_MESSAGE


def test_what_is_parsed_at_a_time_is_far_less_than_a_flood() -> None:
    shortest_frame_bytes = 6
    frames = bounds.READ_SLICE_BYTES / shortest_frame_bytes
    assert frames <= bounds.BARE_FRAMES_MAX
