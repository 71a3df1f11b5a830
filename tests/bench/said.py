"""Messages of a server, shorter and of the same shape, for tests that have none."""

from bench.shard import ALERT, RECEIPT

ID = b"01932f7a-5c00-7abc-8def-0123456789ab"
SAID = {
    "alert": ALERT + ID + b'","version":1,"state":"dispatched","text":"' + b"a" * 800 + b'"}',
    "receipt": RECEIPT + ID + b'","stored":false,"text":"' + b"r" * 400 + b'"}',
    "stored": RECEIPT + ID + b'","stored":true,"text":"' + b"r" * 400 + b'"}',
}
