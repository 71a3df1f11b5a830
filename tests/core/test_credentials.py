import hashlib

from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.credentials import CODE_ALPHABET, code_digest, digest, matches

codes = st.text(CODE_ALPHABET, min_size=12, max_size=12)


def test_what_is_kept_of_a_token_is_its_sha_256():
    assert digest("secret") == hashlib.sha256(b"secret").digest()


@given(codes)
def test_a_code_may_be_typed_in_any_way_that_people_type(code):
    typed = code.lower().replace("0", "o").replace("1", "l")
    dashed = f"{typed[:4]}-{typed[4:8]} {typed[8:]}"
    assert code_digest(dashed) == code_digest(code)


@given(codes, codes)
def test_other_codes_are_other_codes(one, other):
    assert (code_digest(one) == code_digest(other)) == (one == other)


@given(st.text(), st.text())
def test_only_the_token_itself_matches(token, other):
    assert matches(token, digest(token))
    assert matches(other, digest(token)) == (other == token)


@given(st.text())
def test_where_nothing_is_enrolled_nothing_matches(token):
    assert not matches(token, None)
