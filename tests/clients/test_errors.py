from clients.errors import ActionRefused
from protocol.vocabulary import ErrorCode
from tests.clients.samples import error


def test_an_action_refused_says_the_servers_words() -> None:
    refused = ActionRefused(error(ErrorCode.ALREADY_OWNED, None))
    assert refused.code is ErrorCode.ALREADY_OWNED
    assert refused.text.es == "No se pudo."
