"""Apple's push notification service (APNs), through aioapns.

aioapns runs on asyncio, and the push side on trio: it has a thread with a loop of its own, so that
whatever becomes of it there holds up no lane here.

    Order ──▶ provider.py          the one deadline; topics; what an answer says of the token
              notification.py      the headers and the few words that Apple reads
              provider_token.py    what says that we are we, signed by the key that key.py reads
              asyncio_thread.py    over to asyncio, and cancelled there when given up here
              connection.py        aioapns, mended where it would wait for ever ──▶ Apple
"""
