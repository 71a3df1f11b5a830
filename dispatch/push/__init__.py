"""The push side: wakes devices that sleep, through the makers of their browsers and telephones.

A process of its own and an ordinary client of the core, so that a push service that is dead, slow
or hostile costs the core nothing at all.

    core ──push──▶ core_link.py   one order: this device, for this alert
                   desk.py        each address to the lane of its push service, or gone
                   lane.py        one push service: a bounded queue, a breaker, a few at once
                   webpush.py     encrypted for that browser alone, signed as ours ──▶ the service
                   apns/          to Apple over HTTP/2, on a thread of its own ──▶ Apple
                   fcm/           to Firebase, with an access token for all ──▶ Google
    core ◀push_gone─              an address that wakes nobody any more
"""
