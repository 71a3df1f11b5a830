from protocol.sia_dc09.faults import ANSWERS, Answer, Fault, Reason


def test_every_fault_has_its_answer() -> None:
    assert set(ANSWERS) == set(Reason)
    assert [Fault(reason).answer for reason in Reason] == [ANSWERS[reason] for reason in Reason]


def test_no_fault_is_acknowledged() -> None:
    assert Answer.ACK not in ANSWERS.values()


def test_only_a_wrong_time_is_answered_with_ours() -> None:
    naked = {reason for reason, answer in ANSWERS.items() if answer is Answer.NAK}
    assert naked == {Reason.NO_TIMESTAMP, Reason.OUTSIDE_WINDOW}
