from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dispatch.push.orders import Order, Orders
from protocol.vocabulary import Stage
from tests.push.orders import order


def test_the_one_that_is_due_first_is_taken_first_and_none_too_early() -> None:
    orders = Orders(10)
    assert orders.next_due_s() is None
    orders.put(order(1), 5.0)
    orders.put(order(2), 3.0)
    assert orders.next_due_s() == 3.0
    assert orders.take(2.9) is None
    assert orders.take(9.0) == order(2)
    assert orders.take(9.0) == order(1)
    assert orders.take(9.0) is None


def test_a_newer_one_for_the_same_alert_and_address_takes_its_place() -> None:
    orders = Orders(10)
    orders.put(order(1), 1.0)
    orders.put(order(1, expires_at_s=7.0), 2.0)
    orders.put(order(1, "https://localhost/2"), 3.0)
    assert len(orders) == 2
    assert orders.holds(order(1))
    assert not orders.holds(order(2))
    assert orders.take(9.0) == order(1, expires_at_s=7.0)


def test_what_is_said_is_which_alert_and_to_whoever_called_how_far_it_has_got() -> None:
    one = order(1)
    assert one.said == {"alert_id": one.alert_id, "urgency": "normal"}
    assert replace(one, stage=Stage.CLOSED).said == {**one.said, "stage": "closed"}


def test_when_there_are_too_many_the_oldest_goes() -> None:
    orders = Orders(2)
    assert [orders.put(order(number), 1.0) for number in range(4)] == [0, 0, 1, 1]
    assert [orders.take(1.0), orders.take(1.0), orders.take(1.0)] == [order(2), order(3), None]


@given(st.lists(st.tuples(st.integers(0, 6), st.floats(0, 50), st.booleans()), max_size=200))
def test_it_holds_what_a_plain_list_would_and_stays_within_its_bound(steps) -> None:
    orders, plain = Orders(4), list[tuple[float, Order]]()
    for alert, at_s, is_put in steps:
        if is_put:
            plain = [each for each in plain if each[1] != order(alert)]
            plain.append((at_s, order(alert)))
            plain = plain[-4:]
            orders.put(order(alert), at_s)
        else:
            due = [each for each in plain if each[0] <= at_s]
            taken = min(due, key=lambda each: each[0]) if due else None
            found = orders.take(at_s)
            if taken is None:
                assert found is None
            else:
                # Which of two that are due at the same time is taken does not matter.
                assert found in [each[1] for each in due if each[0] == taken[0]]
                plain = [each for each in plain if each[1] != found]
        assert len(orders) == len(plain) <= 4
        assert len(orders._heap) <= 2 * 4
