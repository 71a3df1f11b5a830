"""One run of the demo, from its first process to its last."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import trio
from rich.console import Console
from rich.live import Live

from clients.demo import cast, kit, view
from clients.demo.backstage import HOST, Ports, free_ports, health, server, simulator, sole
from clients.demo.hardware import hardware
from clients.demo.incidents import read_incidents
from clients.demo.model import Model
from clients.demo.options import Options
from clients.demo.reports import Answered, AnyReport, Sirens
from clients.demo.set_up import Ground, enrol_view, fill_registry, forget_if_gone, prepare
from clients.demo.simulator import REGISTRY_FILE
from clients.demo.view_kit import heard_line
from clients.demo.visitors import invite
from clients.operator import Operator
from link.enrolment import Credentials
from protocol import PATH

DRAW_EVERY_S: Final = 0.25
ASK_HEALTH_EVERY_S: Final = 1.0
EVERYBODY_WITHIN_S: Final = 90.0


@dataclass(slots=True)
class Play:
    """What the parts of a run share."""

    options: Options
    console: Console
    model: Model = field(default_factory=Model)
    url: str = ""
    ports: Ports | None = None
    health: str = "…"
    is_playing: bool = False
    over: trio.Event = field(default_factory=trio.Event)
    """Someone wants the play to end; it does so in order."""
    callers_leave: trio.Event = field(default_factory=trio.Event)
    patrols_leave: trio.Event = field(default_factory=trio.Event)

    def say(self, text: str) -> None:
        """Print a line of progress."""
        self.console.print(f"· {text}", markup=False)

    def hear(self, report: AnyReport) -> None:
        """Take a simulator's report."""
        self.model.take(report)
        if self.tells_events:
            match report:
                case Sirens():
                    self.console.print(heard_line(report))
                case Answered(alert_id="", who=who, what=what):  # hardware on a wall
                    self.console.print(f"{who}: {what.es} · {what.en}", markup=False)

    @property
    def tells_events(self) -> bool:
        """Whether what happens is told in lines, for want of a screen."""
        return self.options.plain or not self.console.is_terminal


async def run(play: Play) -> None:
    """Set everything up, play, and end everything in order. Raises `DemoFailed`."""
    options = play.options

    def waiting() -> None:
        play.say(f"otra demostración termina en · another demo is ending in {options.directory} …")

    async with sole(options.directory, waiting) as lock:
        forget_if_gone(options.directory)
        ground = await trio.to_thread.run_sync(prepare, options, play.say)
        ports = play.ports = free_ports(options.port)
        play.url = f"ws://{HOST}:{ports.core}{PATH}"
        play.say(f"servidor · server: {play.url} (registro · log: {options.directory}/server.log)")
        async with _kit(play), server(options.directory, ports, lock):
            await fill_registry(options, ground, play.say)
            credentials = await enrol_view(options, play.url, ground.edition)
            if options.incidents is None:
                await _invite(play, ports.console)
            await _with_everybody(play, ground, credentials)
            play.say("el servidor termina en orden · the server drains …")


@asynccontextmanager
async def _kit(play: Play) -> AsyncIterator[None]:
    """Hang the kit of one front on its wall, for as long as the block lasts. Not for a replay."""
    options = play.options
    if options.incidents is not None:
        yield
        return
    file = options.directory / REGISTRY_FILE
    front = cast.read(file).fronts[0]
    play.say(
        f"kit: {front.name}: panel, botón casero, sirena, {kit.CAMERAS} cámaras · "
        "panel, home-made button, siren, cameras"
    )
    async with hardware(kit.pieces(front), options.directory) as wirings:
        kit.hang(file, wirings, options.seed)
        yield


async def _invite(play: Play, console_port: int) -> None:
    """Say where whoever watches can take part. A replay is a measurement, and leaves them out."""
    play.say("en el navegador, cada una en una ventana · in a browser, each in a window:")
    play.model.pages = await invite(play.options.directory, console_port)
    for page in play.model.pages:
        play.say(page)


async def _with_everybody(play: Play, ground: Ground, credentials: Credentials) -> None:
    """Play with all simulators; callers leave first, so that nothing of theirs is left open."""
    callers_left, patrols_left = trio.Event(), trio.Event()

    async def group(
        casts: list[tuple[str, list[str]]], leave: trio.Event, left: trio.Event
    ) -> None:
        try:
            async with trio.open_nursery() as nursery:
                for module, arguments in casts:
                    nursery.start_soon(
                        simulator, module, arguments, play.options.directory, play.hear, leave
                    )
        finally:
            left.set()

    play.is_playing = True
    async with Operator(play.url, credentials) as operator, trio.open_nursery() as nursery:
        nursery.start_soon(_watch, play, operator)
        nursery.start_soon(group, patrols_of(play), play.patrols_leave, patrols_left)
        await _wait_for_patrols(play)
        nursery.start_soon(group, callers_of(play, ground), play.callers_leave, callers_left)
        try:
            await _show(play)
        finally:
            with trio.CancelScope(shield=True):
                play.say("terminan los simuladores · the simulators leave …")
                play.callers_leave.set()
                await callers_left.wait()
                play.patrols_leave.set()
                await patrols_left.wait()
        nursery.cancel_scope.cancel()


def patrols_of(play: Play) -> list[tuple[str, list[str]]]:
    """Return the simulators of those who answer, with their arguments."""
    options = play.options
    common = ["--url", play.url, "--seed", str(options.seed), "--hurry", str(options.hurry)]
    prompt = ["--prompt"] if options.is_check else []
    return [("handhelds", [*common, *prompt]), ("control_room", common)]


def callers_of(play: Play, ground: Ground) -> list[tuple[str, list[str]]]:
    """Return the simulators of those who press, with their arguments."""
    options = play.options
    common = ["--url", play.url, "--seed", str(options.seed)]
    if options.incidents is None:
        # Buttons hang on walls: one press in six is theirs.
        members = ("members", [*common, "--per-s", str(options.per_s * 5 / 6)])
        buttons = ("buttons", [*common, "--per-s", str(options.per_s / 6)])
        return [members, buttons, *wall_of(play)]
    codes = {beat.code for beat in ground.beats}
    incidents = read_incidents(options.incidents, options.limit)
    comparable = any(incident.expected in codes for incident in incidents)
    if not comparable:
        play.say(
            "el archivo no dice cuadrantes de esta ciudad: no se verifica · "
            "the file names no quadrant of this city: nothing to check"
        )
    arguments = ["--incidents", str(options.incidents.resolve()), "--per-s", str(options.per_s)]
    limit = [] if options.limit is None else ["--limit", str(options.limit)]
    check = ["--check"] if comparable else []
    return [("replay", [*common, *arguments, *limit, *check])]


def wall_of(play: Play) -> list[tuple[str, list[str]]]:
    """Return the simulators of what presses on the kit's wall: in turns, with time to be heard."""
    if play.ports is None:
        return []
    panel = ["--port", str(play.ports.panels), "--first-s", "1"]
    button = ["--port", str(play.ports.buttons), "--first-s", "12"]
    every = ["--every-s", "90"]
    return [("wall_panel", [*panel, *every]), ("wall_button", [*button, *every])]


async def _wait_for_patrols(play: Play) -> None:
    """Let the handhelds come on duty before anybody presses."""
    play.say("los simuladores se enrolan con sus códigos · the simulators enrol with their codes")
    told = 0
    with trio.move_on_after(EVERYBODY_WITHIN_S):
        while True:
            enrolling = play.model.enrolling.get("handhelds")
            up = play.model.connected.get("handhelds", 0)
            if (
                play.over.is_set()
                or play.model.failures
                or (enrolling is not None and up >= enrolling.total)
            ):
                break
            if enrolling is not None and enrolling.done >= told + 200:
                told = enrolling.done
                play.say(f"  patrullas · handhelds {told:,}/{enrolling.total:,}")
            await trio.sleep(0.1)
    play.say(f"en servicio · on duty: {play.model.connected.get('handhelds', 0):,} patrullas")


async def _watch(play: Play, operator: Operator) -> None:
    async for alert in operator.alerts():
        reached = play.model.see(alert)
        if play.tells_events and not play.options.is_check:
            for stage in reached:
                play.console.print(view.line(alert, stage), markup=False, highlight=False)


async def _show(play: Play) -> None:
    """Show the run until its time, its replay or the viewer ends it."""
    seconds = play.options.seconds
    with trio.move_on_after(float("inf") if seconds is None else seconds):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_ask_health, play)
            if play.tells_events:
                nursery.start_soon(_tell_progress, play)
            else:
                nursery.start_soon(_draw, play)
            nursery.start_soon(_end_of_replay, play)
            await play.over.wait()
            nursery.cancel_scope.cancel()


async def _end_of_replay(play: Play) -> None:
    while True:
        replaying = play.model.replaying
        is_over = replaying and replaying.done + replaying.given_up >= replaying.total > 0
        if play.options.once and (is_over or play.model.failures):
            play.over.set()
        await trio.sleep(DRAW_EVERY_S)


async def _draw(play: Play) -> None:
    with Live(console=play.console, screen=True, auto_refresh=False) as live:
        while True:
            height = shutil.get_terminal_size().lines
            live.update(view.screen(play.model, play.url, play.health, height), refresh=True)
            await trio.sleep(DRAW_EVERY_S)


async def _tell_progress(play: Play) -> None:
    told = -1
    while True:
        await trio.sleep(5 * ASK_HEALTH_EVERY_S)
        replaying = play.model.replaying
        if replaying is not None and replaying.done != told:
            told = replaying.done
            play.console.print(view.replay_line(play.model))


async def _ask_health(play: Play) -> None:
    while True:
        ask: Callable[[int], str] = health
        port = 0 if play.ports is None else play.ports.core
        play.health = await trio.to_thread.run_sync(ask, port, abandon_on_cancel=True)
        await trio.sleep(ASK_HEALTH_EVERY_S)
