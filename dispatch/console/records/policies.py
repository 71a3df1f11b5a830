"""What happens, and when, to alerts that nobody answers: as the core has it."""

from fastapi import APIRouter, Depends
from msgspec import Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import Json, gives
from dispatch.core.escalation import POLICIES
from protocol.vocabulary import Kind, Step


class StepView(Struct, frozen=True):
    """A step of escalation, and when it is taken."""

    after_s: float
    step: Step


class PolicyView(Struct, frozen=True):
    """What happens to alerts of one kind that nobody answers."""

    kind: Kind
    steps: list[StepView]
    insist_every_s: float | None
    closes_after_s: float | None


class PolicyList(Struct, frozen=True):
    """Policies, one a kind."""

    policies: list[PolicyView]


def policy_routes(gatekeeper: Gatekeeper) -> APIRouter:
    """Return the route."""
    routes = APIRouter(tags=["alerts"], dependencies=[Depends(gatekeeper.may(Right.WATCH))])

    @routes.get("/v1/policies", **gives(PolicyList))
    async def policies() -> Json:
        """Say what happens to alerts that nobody answers."""
        views = [
            PolicyView(
                kind,
                [StepView(after_s, step) for after_s, step in policy.steps],
                policy.insist_every_s,
                policy.closes_after_s,
            )
            for kind, policy in POLICIES.items()
        ]
        return Json(PolicyList(views))

    return routes
