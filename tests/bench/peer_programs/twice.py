"""One press, sent twice, to one peer."""

from bench.calls import signal_id
from bench.city import plan_city
from bench.crowd import DIALECTS
from bench.lines import Link
from bench.peers import peer
from bench.shard import Shard, press_payload
from tests.bench.said import SAID

CITY = plan_city(quadrants=2, senders=4)


def press_twice(name: str) -> tuple[int, int]:
    """Returns how often it was shown, to two handhelds, and how many receipts came."""
    with peer(name, CITY, SAID) as target:
        shard = Shard(target.address, DIALECTS[target.dialect], CITY.members)
        shard.connect(shard.lines.links, 8)
        sender: Link = shard.lines.links["sender-0"]
        press = press_payload(signal_id(1, 0, 0), "panic", 1, sender.member)
        for _ in range(2):
            shard.lines.say(sender, press)
            shard.lines.settle()
        traffic = shard.lines.traffic
        shard.close()
        return traffic.alerts, traffic.receipts
