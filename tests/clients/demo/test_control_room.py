import pytest

from clients.demo.control_room import must_answer
from protocol.messages import OwnerView
from protocol.vocabulary import Reach, Role, Step
from tests.clients.demo.samples import OWNER, alert


@pytest.mark.parametrize(
    ("role", "reach", "step", "owner", "must"),
    [
        (Role.OPERATOR, Reach.NO_QUADRANT, Step.NONE, None, True),
        (Role.OPERATOR, Reach.NONE_CONNECTED, Step.NONE, None, False),
        (Role.OPERATOR, Reach.ON_DUTY, Step.SUPERVISORS, None, False),
        (Role.SUPERVISOR, Reach.ON_DUTY, Step.WIDENED, None, False),
        (Role.SUPERVISOR, Reach.ON_DUTY, Step.SUPERVISORS, None, True),
        (Role.SUPERVISOR, Reach.ON_DUTY, Step.INSISTED, None, True),
        (Role.SUPERVISOR, Reach.ON_DUTY, Step.INSISTED, OWNER, False),
        (Role.OPERATOR, Reach.NO_QUADRANT, Step.NONE, OWNER, False),
    ],
)
def test_who_takes_what_no_patrol_will(
    role: Role, reach: Reach, step: Step, owner: OwnerView | None, must: bool
) -> None:
    assert must_answer(role, alert(reach=reach, step=step, owner=owner)) is must
