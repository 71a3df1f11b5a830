from bench.calls import ID_CHARS
from bench.city import plan_city
from bench.floor import script_of
from bench.floor_program import ACCEPT_KEY, UPGRADED
from tests.bench.said import ID, SAID

CITY = plan_city(quadrants=4, senders=6, idle=2)


def test_a_script_holds_what_was_said_but_for_the_id() -> None:
    script = script_of(CITY, SAID)
    head, tail = script.alert
    assert (head + ID + tail).endswith(SAID["alert"])
    assert len(ID) == ID_CHARS
    assert [len(each) for each in script.receipts] == [2, 2]
    assert set(script.quadrants) == {m.device_id for m in (*CITY.senders, *CITY.handhelds)}


def test_the_key_is_that_of_the_standards_example() -> None:
    assert ACCEPT_KEY == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, section 1.3
    assert UPGRADED.endswith(b"\r\n\r\n")
