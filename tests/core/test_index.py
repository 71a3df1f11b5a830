from dispatch.core.index import discard


def test_an_id_is_taken_out_and_a_key_without_any_goes_with_it():
    index = {"a": {"1": None, "2": None}}
    discard(index, "a", "1")
    discard(index, "a", "9")
    discard(index, "b", "1")
    assert index == {"a": {"2": None}}
    discard(index, "a", "2")
    assert index == {}
