from clients.uuid7 import new_signal_id


def test_two_presses_have_two_ids() -> None:
    assert new_signal_id() != new_signal_id()
