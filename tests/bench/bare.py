"""A floor for tests: it speaks like the server, starts in a moment, and does nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench.city import City
from bench.floor import floor
from bench.shard import ALERT, RECEIPT
from bench.target import Target

ID = b"01932f7a-5c00-7abc-8def-0123456789ab"
SAID = {
    "alert": ALERT + ID + b'","version":1,"state":"dispatched","text":"' + b"a" * 800 + b'"}',
    "receipt": RECEIPT + ID + b'","stored":false,"text":"' + b"r" * 400 + b'"}',
    "stored": RECEIPT + ID + b'","stored":true,"text":"' + b"r" * 400 + b'"}',
}


@contextmanager
def bare_target(city: City) -> Iterator[Target]:
    with floor(city, SAID) as target:
        yield target
