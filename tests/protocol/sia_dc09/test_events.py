import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.sia_dc09.codes import (
    CONTACT_ID_CODES,
    SIA_CODES,
    UNKNOWN,
    contact_id_meaning,
    sia_meaning,
)
from protocol.sia_dc09.events import CONTACT_ID, SIA, Event, Report, read_events


def event(code: str, zone: str = "", area: str = "", text: str = "", **more: bool) -> Event:
    return Event(code, sia_meaning(code), zone, area, text, **more)


def unreadable(text: str) -> Event:
    return Event(text, UNKNOWN, is_readable=False)


SIA_DATA = {
    b"#1234|NPA003": [event("PA", "003")],
    b"1234|NPA003": [event("PA", "003")],  # no `#`
    b"NPA003": [event("PA", "003")],
    b"#1234|NPA": [event("PA")],
    b"#1234|NPAbc": [event("PA", "BC")],
    b"#1234|Npa3": [event("PA", "3")],
    b"#1234|Nri1/PA003/HA004": [event("PA", "003", "1"), event("HA", "004", "1")],
    b"#1234|Nri1/PA003/ri2/HA004": [event("PA", "003", "1"), event("HA", "004", "2")],
    b"#1234|Nid7pi20/ti12:34/PA003": [event("PA", "003")],
    b"#1234|Nid1FA3/ri2PA4": [event("FA", "3"), event("PA", "4", "2")],
    b"#1234|NPA3^Patio^/FA4": [event("PA", "3", text="Patio"), event("FA", "4")],
    b"#1234|NPA3^Patio/FA4": [event("PA", "3", text="Patio"), event("FA", "4")],
    b"#1234|NPA3*12*V/FA4": [event("PA", "3"), event("FA", "4")],
    b"#1234|NPA01*'Puerta'NM": [event("PA", "01", text="Puerta")],
    b"#1234|OPA003": [event("PA", "003", is_old=True)],
    b"#1234|NPA1|NFA2": [event("PA", "1"), event("FA", "2")],
    b"#1234|NPA1||": [event("PA", "1")],
    b"#1234|N?9/PA1": [unreadable("?9/"), event("PA", "1")],
    b"#1234|NPA1/?": [event("PA", "1"), unreadable("?")],
    b"#1234|N PA1/ FA2": [event("PA", "1"), event("FA", "2")],
    b"#1234|@A1|NPA1": [unreadable("@A1"), event("PA", "1")],
    b"#1234|NVA1": [event("VA", "1")],
}


@pytest.mark.parametrize(("data", "events"), SIA_DATA.items())
def test_sia_data(data: bytes, events: list[Event]) -> None:
    report = read_events(SIA, data)
    assert report is not None
    assert list(report.events) == events


def test_the_account_and_the_text_of_sia_data() -> None:
    assert read_events(SIA, b"#12aB|NRR|Atest|Aagain") == Report(
        (event("RR"),), "12AB", "test again"
    )


def contact_id(code: str, area: str = "00", zone: str = "001") -> Event:
    return Event(code, contact_id_meaning(code[0], code[1:]), zone, area)


CONTACT_ID_DATA = {
    b"#1234|1120 01 003": [contact_id("1120", "01", "003")],
    b"1234|1120 01 003": [contact_id("1120", "01", "003")],
    b"#1234|3120 01 003": [contact_id("3120", "01", "003")],
    b"#1234|1 120 01 003": [contact_id("1120", "01", "003")],
    b"#1234| 1120  01  003 ": [contact_id("1120", "01", "003")],
    b"#1234|112a 0b 00c": [contact_id("112A", "0B", "00C")],
    b"#1234|1120 01 0003": [contact_id("1120", "01", "0003")],
    b"#1234|1120 01 003|1121 02 004": [
        contact_id("1120", "01", "003"),
        contact_id("1121", "02", "004"),
    ],
    b"#1234|1120 01 003|?": [contact_id("1120", "01", "003"), unreadable("?")],
}


@pytest.mark.parametrize(("data", "events"), CONTACT_ID_DATA.items())
def test_contact_id_data(data: bytes, events: list[Event]) -> None:
    assert read_events(CONTACT_ID, data) == Report(tuple(events), "1234")


@pytest.mark.parametrize("id_token", [SIA, CONTACT_ID])
@pytest.mark.parametrize(
    "data", [b"", b"#1234", b"#1234|", b"|", b"#1234|?", b"\xff\xfe", b"#1234|N"]
)
def test_data_without_an_event(id_token: str, data: bytes) -> None:
    assert read_events(id_token, data) is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(SIA_CODES)),
            st.text("0123456789ABCDEF", max_size=4),
            st.text("abc áé_1", max_size=20).map(str.strip),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_all_events_of_a_frame_are_read(packets: list[tuple[str, str, str]]) -> None:
    block = "/".join(f"{code}{zone}^{text}^" for code, zone, text in packets)
    report = read_events(SIA, f"#1234|N{block}".encode())
    assert report is not None
    assert list(report.events) == [event(code, zone, text=text) for code, zone, text in packets]


@given(
    st.sampled_from("136"),
    st.sampled_from(sorted(CONTACT_ID_CODES)),
    st.integers(0, 99),
    st.integers(0, 999),
)
def test_every_contact_id_event_is_read(qualifier: str, code: str, area: int, zone: int) -> None:
    data = f"#1234|{qualifier}{code} {area:02} {zone:03}".encode()
    read = contact_id(qualifier + code, f"{area:02}", f"{zone:03}")
    assert read_events(CONTACT_ID, data) == Report((read,), "1234")


@given(st.sampled_from((SIA, CONTACT_ID)), st.binary(max_size=200))
def test_any_data_are_read_or_refused(id_token: str, data: bytes) -> None:
    report = read_events(id_token, data)
    assert report is None or any(event.is_readable for event in report.events)
