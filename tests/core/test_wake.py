from dispatch.core.effects import Record, Send
from dispatch.core.facts import FactKind
from dispatch.core.limits import NEWS_TTL_S, PUSH_TTL_S
from dispatch.core.wake import wake
from protocol.messages import Push
from protocol.vocabulary import Stage
from tests.core.test_push import dozing
from tests.core.town import MIDDLE


def test_it_is_ordered_with_all_addresses_and_put_on_record():
    town = dozing("patrol-2")
    alert = town.alert(town.press("ana", at=MIDDLE))
    sent, recorded = wake(town.city, alert, "patrol-2", "push", "why", town.now)
    assert isinstance(sent, Send)
    assert sent.devices == ("push",)
    targets = town.city.registry.devices["patrol-2"].push
    assert sent.message == Push(alert.alert_id, "patrol-2", alert.urgency, PUSH_TTL_S, targets)
    assert isinstance(recorded, Record)
    fact = recorded.fact
    assert (fact.kind, fact.reason, fact.device_id) == (FactKind.PUSHED, "why", "patrol-2")


def test_how_far_a_call_for_help_has_got_is_worth_knowing_for_longer():
    town = dozing("patrol-2")
    alert = town.alert(town.press("ana", at=MIDDLE))
    sent, _ = wake(town.city, alert, "ana", "push", "why", town.now, stage=Stage.CLOSED)
    assert (sent.message.stage, sent.message.ttl_s) == (Stage.CLOSED, NEWS_TTL_S)
