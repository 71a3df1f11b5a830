"""`python -m clients.stand_ins camera|relay`: one stand-in, until its input ends (Ctrl-D)."""

import argparse
import json
import sys

from clients.stand_ins.camera import DEVICE_SERVICE, SNAPSHOT, Behaviour, Camera
from clients.stand_ins.relay import Relay
from clients.stand_ins.web import StandIn, served


def main() -> int:
    """Serve one stand-in; its wiring is said in one line of JSON. Returns the exit code."""
    options = _arguments()
    who = {"user": options.user, "password": options.password}
    try:
        with served(_stand_in(options), options.port) as url:
            sys.stdout.write(json.dumps({**_wiring(options, url), **who}) + "\n")
            sys.stdout.flush()
            sys.stdin.buffer.read()
    except KeyboardInterrupt:
        pass
    except OSError as error:
        sys.stderr.write(f"stand-in: cannot listen on port {options.port}: {error.strerror}\n")
        return 1
    return 0


def _stand_in(options: argparse.Namespace) -> StandIn:
    if options.what == "relay":
        return Relay(user=options.user, password=options.password)
    return Camera(
        options.name, user=options.user, password=options.password, behaves=options.behaves
    )


def _wiring(options: argparse.Namespace, url: str) -> dict[str, object]:
    """What to write into the registry for it."""
    if options.what == "relay":
        return {"protocol": "shelly", "url": url, "switch": 0}
    path = DEVICE_SERVICE if options.onvif else SNAPSHOT
    return {"protocol": "camera", "url": f"{url}{path}", "onvif": options.onvif}


def _arguments() -> argparse.Namespace:
    line = argparse.ArgumentParser(prog="python -m clients.stand_ins", description=__doc__)
    line.add_argument("what", choices=("camera", "relay"))
    line.add_argument("--port", type=int, default=0, help="0: any free one")
    line.add_argument("--user", default="admin", help="empty: everybody may ask")
    line.add_argument("--password", default="frente")
    line.add_argument("--name", default="Cámara", help="camera: what is written on its pictures")
    line.add_argument("--onvif", action="store_true", help="camera: wired by its ONVIF service")
    line.add_argument("--behaves", type=Behaviour, choices=list(Behaviour), default=Behaviour.WELL)
    return line.parse_args()


if __name__ == "__main__":
    sys.exit(main())
