"""Makes the exercise of an imported conversation, through the commands and only once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from api.polis import Conversation
from domain.commands.ballots import advance_ballot, draft_ballot
from domain.commands.credentials import create_credential
from domain.commands.engagements import advance_engagement, create_engagement
from domain.commands.people import add_person
from domain.commands.specifications import create_specification
from domain.commands.stakeholders import add_stakeholder, declare_constituency
from domain.consensus.choices import BallotKind
from domain.database import Database
from domain.errors import Conflict
from domain.lifecycle import BallotTransition, EngagementTransition
from domain.models.ballots import BallotVisibility
from domain.models.stakeholders import ConstituencyKind
from domain.permissions import Viewer
from domain.queries import credentials, specifications
from domain.queries.pages import Page
from domain.unit_of_work import UnitOfWork

CODE = "POLIS"
TITLE = "Imported conversations"
SUMMARY = "Specifies nothing: it holds the exercises that were imported from elsewhere."
PURPOSE = "Show what people agreed on in a conversation that was held elsewhere."
BRIEFING = """\
Imported from the Polis conversation {url}.

{description}

Data was gathered using the Polis software (compdemocracy.org/polis) and is sub-licensed under \
CC BY 4.0 with attribution to The Computational Democracy Project.

Each statement became a sense check, and each opinion group that Polis found a constituency. The \
people are fictional, one for each participant; the times are those of the import."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """A conversation as it is here: its ballots by statement, its people by participant."""

    database: Database
    admin: Viewer
    conversation: Conversation
    ballots: dict[int, UUID]
    people: dict[int, UUID]


async def once(
    uow: UnitOfWork,
    conversation: Conversation,
    key: str,
    command: Callable[..., Awaitable[UUID]],
    **fields: Any,
) -> UUID:
    """Run a command, unless an earlier import did: then return what it made."""
    try:
        return await uow.once(
            f"polis:{conversation.slug}:{key}", fields, lambda: command(uow, **fields)
        )
    except Conflict as error:
        if error.path != ("idempotency_key",):
            raise
        raise Conflict(
            f"Another conversation was imported under the name {conversation.slug} before. Please "
            "rename the folder."
        ) from None


async def set_up(database: Database, admin: Viewer, conversation: Conversation) -> Exercise:
    """Make the exercise with its people and its open ballots: all of it, or nothing."""
    async with UnitOfWork(database, admin) as uow:
        step = partial(once, uow, conversation)
        engagement_id = await step(
            "engagement",
            create_engagement,
            specification_id=await _specification(uow),
            title=conversation.topic,
            purpose=PURPOSE,
            briefing=BRIEFING.format(url=conversation.url, description=conversation.description),
            public=True,
        )
        members = await _gather(step, conversation, engagement_id)
        await step(
            "open",
            advance_engagement,
            engagement_id=engagement_id,
            transition=EngagementTransition.OPEN,
            reason=f"Imported from {conversation.url}.",
            expected_revision=None,
        )
        ballots = {}
        for statement in conversation.statements:
            id = ballots[statement.id] = await step(
                f"statement:{statement.id}",
                draft_ballot,
                topic_id=engagement_id,
                kind=BallotKind.SENSE_CHECK,
                question=statement.text,
                visibility=BallotVisibility.LIVE,
                electorate_grows=False,
            )
            await step(
                f"open:{statement.id}",
                advance_ballot,
                ballot_id=id,
                transition=BallotTransition.OPEN,
                reason="",
                expected_revision=None,
            )
    return Exercise(database, admin, conversation, ballots, members)


async def _specification(uow: UnitOfWork) -> UUID:
    """Return the specification on which every imported exercise hangs; make it the first time."""
    here = (uow.session, uow.viewer)
    credential = await credentials.by_code(*here, CODE)
    credential_id = (
        await create_credential(uow, code=CODE, title=TITLE, area=TITLE)
        if credential is None
        else credential.id
    )
    [versions] = await specifications.of_credentials(*here, [credential_id], Page(1))
    if versions.items:
        return versions.items[0].id
    return await create_specification(
        uow, credential_id=credential_id, title=TITLE, summary=SUMMARY, public=True
    )


async def _gather(
    step: Callable[..., Awaitable[UUID]], conversation: Conversation, engagement_id: UUID
) -> dict[int, UUID]:
    """Declare the opinion groups and bring in their people, whose ids are returned."""
    names = {each.group or "": each.group_name for each in conversation.participants}
    groups = {
        group: await step(
            f"group:{group}",
            declare_constituency,
            engagement_id=engagement_id,
            name=names[group],
            kind=ConstituencyKind.OTHER,
        )
        # Those without a group come last.
        for group in sorted(names, key=lambda group: (not group, group))
    }
    members = {}
    for participant in conversation.participants:
        id = members[participant.id] = await step(
            f"participant:{participant.id}",
            add_person,
            name=f"Participant {participant.id}",
            email=f"participant-{participant.id}@{conversation.slug}.example",
        )
        await step(
            f"stakeholder:{participant.id}",
            add_stakeholder,
            person_id=id,
            constituency_id=groups[participant.group or ""],
        )
    return members
