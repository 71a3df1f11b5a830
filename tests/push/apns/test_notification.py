import json
from dataclasses import replace

import pytest

from dispatch.push.apns.notification import notification
from protocol.messages import PushTarget
from protocol.vocabulary import PushKind, Stage, Urgency
from tests.push.apns.stand_in import TOKEN, TOPIC
from tests.push.orders import order

TARGET = PushTarget(PushKind.APNS, TOKEN, topic=TOPIC)


def test_it_says_that_there_is_an_alert_and_which_and_nothing_else() -> None:
    one = order(target=TARGET, expires_at_s=90.0)
    request = notification(one, TOPIC, 30.0, critical=False)
    assert set(request.message) == {"aps", "alert_id", "urgency"}
    assert request.message["alert_id"] == request.collapse_key == one.alert_id
    assert request.message["aps"]["interruption-level"] == "time-sensitive"
    assert (request.priority, request.time_to_live) == (10, 60)
    assert (request.device_token, request.apns_topic) == (TOKEN, TOPIC)
    written = json.dumps(request.message)
    assert one.device_id not in written
    assert len(written) < 400, "sixteen at once fit the 65,535 bytes of a new connection"
    assert len(str(request.collapse_key)) <= 64


@pytest.mark.parametrize("stage", list(Stage))
def test_whoever_called_reads_how_far_it_has_got_and_silenced_telephones_stay_so(
    stage: Stage,
) -> None:
    one = replace(order(target=TARGET), stage=stage)
    message = notification(one, TOPIC, 0.0, critical=True).message
    assert message["stage"] == stage
    assert message["aps"].keys() == {"alert", "sound"}
    title = message["aps"]["alert"]["title"]
    comes = {Stage.ACCEPTED: "acude", Stage.ON_SCENE: "llegó", Stage.CLOSED: "cerró"}
    assert comes.get(stage, "Buscamos otra") in title


def test_where_apple_allows_it_a_silenced_telephone_sounds() -> None:
    aps = notification(order(target=TARGET), TOPIC, 0.0, critical=True).message["aps"]
    assert aps["sound"] == {"critical": 1, "name": "default", "volume": 1.0}
    assert aps["interruption-level"] == "critical"


@pytest.mark.parametrize("critical", [False, True])
def test_a_drill_disturbs_nobody(critical: bool) -> None:
    request = notification(order(target=TARGET, urgency=Urgency.LOW), TOPIC, 0.0, critical=critical)
    assert request.priority == 5
    assert set(request.message["aps"]) == {"alert"}


def test_a_late_one_is_sent_all_the_same() -> None:
    assert notification(order(expires_at_s=1.0), TOPIC, 0.9, critical=False).time_to_live == 1
