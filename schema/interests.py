"""Declared interests in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from domain.commands import interests as commands
from domain.models import interests as models
from domain.models.comments import HidingGround, SubjectKind
from domain.models.interests import Mitigation
from domain.queries import interests as queries
from domain.queries import people
from schema.batches import for_viewer
from schema.comments import SUBJECTS, kind_of
from schema.context import Info
from schema.fields import Idempotent, enum, mutation, node_relation, perform, relation, text
from schema.nodes import Node, key, node, type_of
from schema.pagination import connection
from schema.people import Person
from schema.words import Words, hidden_ground, tombstone_of, unless_hidden

TOPICS = ("Specification", "Engagement", "Roundtable", "Cycle", "Proposal", "DeliveryPlan")

enum(
    Mitigation,
    "What follows from a declared interest.",
    RECUSE="The person neither votes on its object nor judges or decides on it.",
    NONE="Nothing but that it is known.",
)


@node(models.Interest, queries.by_ids, "A person's declared interest in what is decided.")
class Interest(Words):
    """An interest."""

    person: Person = relation(people.by_ids, "Whose it is.", by="person_id")
    subject_kind: SubjectKind | None = text(
        description="What kind of thing it is in; null where it is the whole topic."
    )
    subject: Node | None = node_relation(
        lambda interest: (
            interest.subject_kind and (type_of(interest.subject_kind.lower()), interest.subject_id)
        ),
        "What it is in; null where that is the whole topic, or was removed.",
        reads=("subject_kind", "subject_id"),
    )
    body: str | None = unless_hidden("body", "What the interest is")
    hidden_ground: HidingGround | None = hidden_ground()
    tombstone: str | None = tombstone_of("what this interest is")
    mitigation: Mitigation = text(description="What follows from it.")
    created_at: datetime = text(description="When it was declared.")
    withdrawn_at: datetime | None = text(description="When it was withdrawn, if it was.")
    viewer_can_withdraw: bool = for_viewer(
        lambda interest, viewer: (
            interest.withdrawn_at is None and viewer.is_person(interest.person_id)
        ),
        "Whether the viewer can withdraw it.",
        reads=("withdrawn_at", "person_id"),
    )


def interests() -> Any:
    """Declare `interests: Connection[Interest]` of a topic."""
    return connection(
        queries.of_topics,
        queries.count_of_topics,
        "The interests that people declared in it, for its members.",
    )


@strawberry.input(description="An interest of one's own in what is decided.")
class DeclareInterestInput(Idempotent):
    """See domain.commands.interests.declare_interest."""

    topic_id: strawberry.ID = text(
        description="The specification, exercise, roundtable, priority cycle, proposal or "
        "delivery plan."
    )
    subject_id: strawberry.ID | None = text(
        description="What of it; null for all of it, and what is held in it.", default=None
    )
    body: str = text(description="What the interest is, at most 4,000 characters.")
    mitigation: Mitigation = text(description="What is to follow from it.")


@strawberry.input(description="An interest that one does not have any more.")
class WithdrawInterestInput(Idempotent):
    """See domain.commands.interests.withdraw_interest."""

    interest_id: strawberry.ID = text(description="One's own interest.")


@strawberry.type
class InterestMutation:
    """What can be done with interests."""

    @mutation(
        Interest,
        "Declare an interest; RECUSE keeps one from voting, judging and deciding.",
    )
    async def declare_interest(self, info: Info, input: DeclareInterestInput) -> UUID:
        """See the command."""
        subject = input.subject_id
        return await perform(
            info,
            input,
            commands.declare_interest,
            topic_id=key(input.topic_id, "topicId", *TOPICS),
            subject=(
                None
                if subject is None
                else (kind_of(subject, "subjectId"), key(subject, "subjectId", *SUBJECTS))
            ),
            body=input.body,
            mitigation=input.mitigation,
        )

    @mutation(Interest, "Withdraw an interest of one's own.")
    async def withdraw_interest(self, info: Info, input: WithdrawInterestInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.withdraw_interest,
            interest_id=key(input.interest_id, "interestId", "Interest"),
        )
