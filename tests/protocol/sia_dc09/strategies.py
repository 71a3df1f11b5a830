"""What a panel may write: headers, data and fields that are as the standard wants them."""

from hypothesis import strategies as st

from protocol.sia_dc09.header import Header

hexadecimal = "0123456789ABCDEFabcdef"
accounts = st.text(hexadecimal, min_size=3, max_size=16)
numbers = st.text(hexadecimal, max_size=6)
keys = st.sampled_from((16, 24, 32)).flatmap(lambda size: st.binary(min_size=size, max_size=size))
pads = st.binary(min_size=16, max_size=16)
# What may stand in data and fields: anything but what ends them.
parts = st.binary(max_size=60).map(lambda raw: raw.translate(None, b"[]\r\n"))
times_s = st.integers(-62_135_596_800, 253_402_300_799)  # the years 1 to 9999


def headers(
    ids: st.SearchStrategy[str], *, is_encrypted: bool = False
) -> st.SearchStrategy[Header]:
    return st.builds(
        Header,
        id_token=ids,
        sequence=st.integers(0, 9999),
        account=accounts,
        prefix=numbers,
        receiver=st.none() | numbers,
        is_encrypted=st.just(is_encrypted),
    )
