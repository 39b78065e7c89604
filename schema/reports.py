"""Reports of exercises in GraphQL."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands.reports import state_report
from domain.models import reports as models
from domain.models.comments import SubjectKind
from domain.queries import ballots, people
from domain.queries import reports as queries
from schema.batches import derived
from schema.comments import Thread
from schema.context import Info
from schema.dispositions import Disposition
from schema.fields import Expecting, expected, mutation, perform, relation, text
from schema.nodes import Node, key, node
from schema.people import Person
from schema.stakeholders import Constituency
from schema.themes import Theme

if TYPE_CHECKING:
    from schema.ballots import Ballot


@node(
    models.ReportStatement,
    queries.statements_by_ids,
    "What moderators state in the report of an exercise, where figures cannot say it.",
)
class ReportStatement(Node):
    """A statement."""

    revision: int = text(description="Counts the statements of the exercise, from 1.")
    panel_selection: str = text(description="Who was eligible, and how the panel was chosen.")
    consensus_definition: str = text(description="Why consensus was defined as it was.")
    anonymity: str = text(description="Who knew what of whom, and when.")
    feedback: str = text(description="What people were told between votes.")
    changes: str = text(description="Which items were dropped or changed, and why.")
    deviations: str = text(description="Where the exercise deviated from its plan, and why.")
    conflicts_of_interest: str = text(description="Interests that were declared, and their effect.")
    funding: str = text(description="Who paid, and which part they had.")
    author: Person | None = relation(people.by_ids, "Who stated it.", by="author_id")
    created_at: datetime = text(description="When it was stated.")


@strawberry.type(description="A constituency of the panel.")
class PanelGroup:
    """See domain.queries.reports.PanelGroup."""

    constituency: Constituency = text(description="The constituency.")
    stakeholders: int = text(description="How many people take part in it.")
    organisations: int = text(description="For how many organisations they do.")


@strawberry.type(description="One ballot of the exercise or of its roundtables.")
class ReportItem:
    """See domain.queries.reports.Item."""

    ballot: Annotated[Ballot, strawberry.lazy("schema.ballots")] | None = relation(
        ballots.by_ids, "The ballot: its question, rule and result.", by="ballot_id"
    )
    roundtable_title: str | None = text(
        description="The roundtable that it was held in; null where it was the exercise itself."
    )
    fixed_at: datetime | None = text(
        description="When the first vote froze the definition of consensus; null before that, and "
        "while the ballot is blind."
    )
    consolidated_views: int | None = text(
        description="How many views the official positions of organisations consolidate; null "
        "where people vote, while the ballot is blind, and of a small number to the public."
    )


@strawberry.type(description="How much was said about one kind of subject.")
class Discussion:
    """See domain.queries.reports.Discussion."""

    subject_kind: SubjectKind = text(description="What it was about.")
    threads: int = text(description="How many threads.")
    comments: int = text(description="How many comments, without hidden ones.")
    people: int = text(description="How many people wrote them.")


@strawberry.type(description="A thread that something was decided on.")
class DisposedThread:
    """See domain.queries.reports.DisposedThread."""

    thread: Thread = text(description="The thread.")
    themes: list[Theme] = text(description="What it is about, as moderators name it.")
    disposition: Disposition = text(description="What was decided, why, and what came of it.")


@strawberry.type(description="The report of an exercise, in the parts of the ACCORD guideline.")
class Report:
    """See domain.queries.reports.Report."""

    statement: ReportStatement | None = derived(
        attrgetter("statement"), "What moderators state; null before they have stated anything."
    )
    statements: list[ReportStatement] = text(
        description="Everything that was ever stated, the latest first."
    )
    panel: list[PanelGroup] = text(description="The constituencies and their sizes.")
    items: list[ReportItem] = text(description="Every ballot that was opened, the oldest first.")
    discussions: list[Discussion] = text(description="What comments were about, in numbers.")
    dispositions: list[DisposedThread] = text(
        description="What was decided on each thread, the oldest first."
    )


@strawberry.input(description="What the report of an exercise is to say beside its figures.")
class StateReportInput(Expecting):
    """See domain.commands.reports.state_report; each text has at most 20,000 characters."""

    engagement_id: strawberry.ID = text(description="The exercise.")
    panel_selection: str = text(
        description="Who was eligible, and how the panel was chosen.", default=""
    )
    consensus_definition: str = text(description="Why consensus was defined as it was.", default="")
    anonymity: str = text(description="Who knew what of whom, and when.", default="")
    feedback: str = text(description="What people were told between votes.", default="")
    changes: str = text(description="Which items were dropped or changed, and why.", default="")
    deviations: str = text(
        description="Where the exercise deviated from its plan, and why.", default=""
    )
    conflicts_of_interest: str = text(
        description="Interests that were declared, and their effect.", default=""
    )
    funding: str = text(description="Who paid, and which part they had.", default="")


@strawberry.type
class ReportMutation:
    """What can be done with reports."""

    @mutation(ReportStatement, "Replace what the report of an exercise says beside its figures.")
    async def state_report(self, info: Info, input: StateReportInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            state_report,
            engagement_id=key(input.engagement_id, "engagementId", "Engagement"),
            texts={
                "panel_selection": input.panel_selection,
                "consensus_definition": input.consensus_definition,
                "anonymity": input.anonymity,
                "feedback": input.feedback,
                "changes": input.changes,
                "deviations": input.deviations,
                "conflicts_of_interest": input.conflicts_of_interest,
                "funding": input.funding,
            },
            expected_revision=expected(input),
        )
