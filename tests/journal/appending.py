"""A child that appends for as long as it lives, and says what it was told: one word a line.

    python appending.py PATH [MAX_BYTES]

Each line of its input asks for one entry; `go` for entries without end.
"""

import sys
import threading
from pathlib import Path

from dispatch.core.entry import Entry
from dispatch.journal.faults import Failure, NotStored
from dispatch.journal.local_log import LocalLog

PADDING = b"\xda\x04\x00" + b"s" * 1_024


def say(*words: object) -> None:
    # One write a line: a line that is there at all is there whole.
    sys.stdout.write(" ".join(map(str, words)) + "\n")


def failed(failure: Failure) -> None:
    say("failed", failure.first_seq, failure.last_seq, failure.reason)


def main(path: Path) -> None:
    said = threading.Semaphore(0)

    def stored(seq: int) -> None:
        say("stored", seq)
        said.release()

    log = LocalLog(path, call_back=lambda told: told(), on_stored=stored, on_failed=failed)
    number = log.append([])
    say("open", number, log.path.name)
    for line in sys.stdin:
        endless = line.strip() == "go"
        while True:
            number += 1
            entry = Entry(
                "signal", number, alert_id=f"a{number % 50}", version=number, state=PADDING
            )
            try:
                log.append([entry] * (number % 3 + 1))
            except NotStored as refusal:
                say("refused", refusal.reason)
            if not endless:
                break
            said.acquire(timeout=0.002)  # some commits hold one append, some many
            if number % 500 == 0:
                log.drained(number // 2)
                log.compact(number)
    log.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
