"""A child that starts on a disk that may fail, and appends once it can: `starting.py PATH`."""

import sys
import threading
from contextlib import suppress
from pathlib import Path

from dispatch.core.entry import Entry
from dispatch.journal.faults import Failure, NotStored
from dispatch.journal.local_log import LocalLog
from dispatch.journal.status import Condition


def main(path: Path) -> None:
    told = threading.Event()

    def stored(seq: int) -> None:
        print("stored", seq)  # noqa: T201
        told.set()

    def failed(_: Failure) -> None:
        log.append([Entry("signal", 2)])

    log = LocalLog(path, call_back=lambda tell: tell(), on_stored=stored, on_failed=failed)
    with suppress(NotStored):
        log.append([Entry("signal", 2)])
    while log.state().condition is Condition.HEALTHY:
        told.wait(0.01)
    print("failing")  # noqa: T201
    while not told.wait(0.01):
        if log.state().waiting == 0:
            with suppress(NotStored):
                log.append([Entry("signal", 2)])
    log.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
