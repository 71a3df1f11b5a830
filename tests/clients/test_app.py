import trio

from clients.app import App
from protocol.messages import MessageShown, Position, PositionReport, Siren, Text
from protocol.vocabulary import SirenState
from tests.clients.samples import APP, an_id, front_message, trouble, troubles_in_all
from tests.link.peer import PATIENCE_S, peer


async def test_where_it_is_now_is_reported_but_never_later() -> None:
    here, there = Position(lat=4.65, lon=-74.1), Position(lat=4.66, lon=-74.1)
    async with peer() as server, App(server.url, APP) as app:
        assert not app.moved_to(there)
        guest = await server.visit()
        await guest.welcome()
        with trio.fail_after(PATIENCE_S):
            await app.synced()
        assert app.moved_to(here)
        assert (await guest.hear(PositionReport)).position == here


async def test_a_coordinator_knows_what_is_wrong_in_the_own_front() -> None:
    async with peer() as server, App(server.url, APP) as app:
        news = app.troubles.reader()
        guest = await server.visit()
        await guest.welcome(trouble(), troubles_in_all(1))
        with trio.fail_after(PATIENCE_S):
            assert (await anext(news)).front == "Los Pinos"


async def test_a_member_hears_which_siren_sounds_and_who_set_it_off() -> None:
    siren = Siren(
        front_id="f1",
        alert_id=an_id(),
        device="Portería",
        state=SirenState.SOUNDING,
        by="Ana",
        text=Text("Portería suena: la activó Ana.", "Portería sounds: set off by Ana."),
    )
    async with peer() as server, App(server.url, APP) as app:
        sirens = app.sirens()
        guest = await server.visit()
        await guest.welcome()
        await guest.say(siren)
        with trio.fail_after(PATIENCE_S):
            assert await anext(sirens) == siren
            assert await anext(app.sirens()) == siren  # whoever asks later hears what sounds


async def test_a_member_hears_what_is_said_to_the_front_until_it_is_shown() -> None:
    async with peer() as server, App(server.url, APP) as app:
        messages = app.messages()
        guest = await server.visit()
        await guest.welcome()
        await guest.say(front_message())
        with trio.fail_after(PATIENCE_S):
            assert await anext(messages) == front_message()
            assert await anext(app.messages()) == front_message()  # whoever asks later
            app.shown(an_id())
            assert (await guest.hear(MessageShown)).message_id == an_id()
            await guest.say(front_message(2))
            assert (await anext(messages)).message_id == an_id(2)
            assert (await anext(app.messages())).message_id == an_id(2)
