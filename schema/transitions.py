"""What can happen next to something with a life of its own, and what stands in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import strawberry

from domain.lifecycle import Machine, Option, explain
from domain.permissions import Permission, allowed
from domain.queries import topics
from schema.batches import Parents, batched
from schema.context import Batch, Info
from schema.fields import text

T = TypeVar("T")


@strawberry.type(
    name="Option", description="A transition out of the present state, and what stands in its way."
)
class TransitionOption(Generic[T]):
    """See domain.lifecycle.Option; of an EngagementTransition it is EngagementTransitionOption."""

    transition: T = text(description="The transition.")
    allowed: bool = text(description="Whether the viewer can take it now.")
    reasons: list[str] = text(description="Why it is not the viewer's to take, in sentences.")
    missing: list[str] = text(description="What has to be done first, in sentences.")


def transitions(
    machine: Machine[Any, Any],
    facts: Batch,
    description: str,
    *,
    state: str = "state",
    personal: bool = False,
) -> Any:
    """Declare `available_transitions: list[TransitionOption[…]]` of a record with a `state`.

    `facts` reads the counts that the machine's requirements name, for many ids at once; `state` is
    the attribute that the machine moves. It is `personal` where the machine has duties.
    """

    async def resolve(parents: Parents, info: Info) -> Sequence[list[Option[Any]]]:
        context = info.context
        found, places = await asyncio.gather(
            context.load_all(facts, [parent.id for parent in parents]),
            context.load_all(topics.by_ids, [parent.topic_id for parent in parents]),
        )

        def options(parent: Any, known: Any, place: Any) -> list[Option[Any]]:
            def may(permission: Permission) -> bool:
                return allowed(context.viewer, permission, place)

            return list(explain(machine, getattr(parent, state), known, may))

        return list(map(options, parents, found, places))

    return batched(resolve, description, personal=personal, reads=("id", "topic_id", state))
