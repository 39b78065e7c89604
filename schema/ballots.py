"""Ballots in GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from domain.commands import ballots as commands
from domain.consensus.choices import BallotKind, ReasonPolicy, choices, needs_reason
from domain.consensus.rules import parse_rule, rule_hash
from domain.lifecycle import BALLOT, BallotState, BallotTransition
from domain.models import ballots as models
from domain.models.ballots import BallotVisibility
from domain.models.comments import SubjectKind
from domain.permissions import Permission
from domain.queries import ballots as queries
from domain.queries import comments, objections, people, proxies, topics, votes
from domain.queries import consensus as standings
from schema.batches import Parents, batched, derived
from schema.comments import SUBJECTS, Thread, kind_of
from schema.consensus import Consensus
from schema.context import Info
from schema.fields import (
    Expecting,
    Idempotent,
    enum,
    expected,
    mutation,
    node_relation,
    perform,
    permitted,
    relation,
    text,
)
from schema.nodes import Node, key, load_nodes, node, type_of
from schema.objections import Objection
from schema.pagination import Connection, connection
from schema.people import Person
from schema.rules import Rule, RuleInput, document, shown
from schema.transitions import TransitionOption, transitions
from schema.votes import BallotOption, Choice, Vote, numbered, spoken

enum(
    BallotKind,
    "What a ballot asks for.",
    POSITIONS="A position: YES, NO_OBJECTION, DISCUSS, ABSTAIN or RECUSE.",
    RATING="A rating from 1 to 9, or UNABLE_TO_SCORE.",
    SENSE_CHECK="Quickly: AGREE, DISAGREE or PASS.",
    CONSENT="Consent: CONSENT, CONCERN, OBJECT or ABSTAIN.",
    MULTIPLE_CHOICE="Which of the options that it lists one approves.",
    RANKING="In which order one prefers the options that it lists.",
)
enum(
    BallotState,
    "Where a ballot stands.",
    DRAFT="It is being prepared, and only its moderators know of it.",
    OPEN="Its electors can vote and change their votes.",
    CLOSED="It is over, and its outcome is kept.",
)
enum(
    BallotTransition,
    "A step in the life of a ballot.",
    OPEN="Enter the electorate and let it vote.",
    CLOSE="End the voting and keep what it came to.",
)
enum(
    BallotVisibility,
    "When members may see votes and results; the public sees the result once it is closed.",
    LIVE="While the ballot is open.",
    AFTER_CLOSE="When it is closed; until then moderators see the turnout alone.",
)
enum(
    ReasonPolicy,
    "When a vote must say why; a blocking one always must.",
    OPTIONAL="Only where it blocks.",
    REQUIRED_FOR_DISSENT="Where it dissents.",
    REQUIRED="Always.",
)


@strawberry.type(description="Something that can be chosen in a ballot.")
class ChoiceOption:
    """A choice."""

    choice: Choice | None = text(description="The choice; null where it is a rating.")
    rating: int | None = text(description="The rating, 1 to 9; null where it is none.")
    needs_reason: bool = text(description="Whether a vote for it must say why.")


def _choices(ballot: Any) -> list[ChoiceOption]:
    return [
        ChoiceOption(
            choice=spoken(ballot.kind, place)[0],
            rating=spoken(ballot.kind, place)[1],
            needs_reason=needs_reason(ballot.kind, name, ballot.reason_policy),
        )
        for place, name in enumerate(choices(ballot.kind))
    ]


async def _topics(ballots: Parents, info: Info) -> Sequence[Node | None]:
    keys = [ballot.topic_id for ballot in ballots]
    places = await info.context.load_all(topics.by_ids, keys)
    return await load_nodes(
        info.context,
        [(type_of(place.kind.lower()), place.id) for place in places],
    )


@node(models.Ballot, queries.by_ids, "A question to an electorate, in one topic.")
class Ballot(Node):
    """A ballot."""

    kind: BallotKind = text(description="What it asks for.")
    question: str = text(description="The question.")
    subject_kind: SubjectKind | None = text(description="What kind of thing it is about, if any.")
    subject_revision: int | None = text(
        description="The revision (of a criterion, the version) of the subject that is asked about."
    )
    author: Person = relation(people.by_ids, "Who drafted it.", by="author_id")
    state: BallotState = text(description="Where it stands.")
    visibility: BallotVisibility = text(description="When members may see votes and results.")
    reason_policy: ReasonPolicy = text(description="When a vote must say why.")
    electorate_grows: bool = text(
        description="Whether those who join while it is open become electors."
    )
    revision: int = text(description="Counts its changes, from 1; votes do not change it.")
    created_at: datetime = text(description="When it was drafted.")
    opened_at: datetime | None = text(description="When it was opened, if it was.")
    closed_at: datetime | None = text(description="When it was closed, if it was.")
    viewer_vote: Vote | None = relation(
        votes.of_viewer, "The viewer's own vote, if any.", personal=True
    )
    viewer_can_vote: bool = relation(
        queries.open_to_viewer, "Whether the viewer can cast a vote now.", personal=True
    )
    viewer_proxy: Person | None = relation(
        proxies.of_viewer, "Who may cast the viewer's vote, if anybody.", personal=True
    )
    viewer_votes_for: list[Person] = relation(
        proxies.voted_for, "Whose votes the viewer may cast, as their proxy.", personal=True
    )
    votes: Connection[Vote] = connection(
        votes.of_ballots,
        votes.count_of_ballots,
        "The votes; none where they are not shown to the viewer.",
    )
    objections: Connection[Objection] = connection(
        objections.of_ballots,
        objections.count_of_ballots,
        "The objections; none where they are not shown to the viewer.",
    )
    threads: Connection[Thread] = connection(
        comments.threads_of_subjects,
        comments.count_threads_of_subjects,
        "The threads about it.",
    )
    available_transitions: list[TransitionOption[BallotTransition]] = transitions(
        BALLOT, queries.facts, "What can happen to it next, and what stands in the way."
    )

    topic: Node | None = batched(_topics, "The exercise or the roundtable that it is held in.")
    subject: Node | None = node_relation(
        lambda ballot: (
            ballot.subject_kind and (type_of(ballot.subject_kind.lower()), ballot.subject_id)
        ),
        "What it is about; null where that is nothing, or was removed.",
    )
    rule: Rule = derived(
        lambda ballot: shown(ballot.rule), "What counts as consensus; frozen when it is opened."
    )
    # Computed, because whether it is stored already would tell that somebody has voted.
    rule_hash: str = derived(
        lambda ballot: rule_hash(parse_rule(ballot.kind, ballot.rule)),
        "The SHA-256 of the rule's canonical JSON, in hex.",
    )
    choices: list[ChoiceOption] = derived(
        _choices, "What can be chosen; empty where there are options instead."
    )
    options: list[BallotOption] = derived(
        lambda ballot: numbered(ballot.options),
        "The options of a multiple choice or a ranking; else empty.",
    )
    consensus: Consensus | None = relation(
        standings.of_ballots, "How far it has come; null where the viewer may not know."
    )
    viewer_can_moderate: bool = permitted(
        Permission.MODERATE, "Whether the viewer can edit, open and close it."
    )


@strawberry.input(description="A question to put to the electorate of an exercise or roundtable.")
class DraftBallotInput(Idempotent):
    """See domain.commands.ballots.draft_ballot."""

    topic_id: strawberry.ID = text(description="The exercise or the roundtable.")
    kind: BallotKind = text(description="What it asks for.")
    question: str = text(description="The question, at most 2,000 characters.")
    options: list[str] = text(
        description="What is chosen from in a multiple choice or a ranking: 2 to 10, each at most "
        "500 characters.",
        default_factory=list,
    )
    subject_id: strawberry.ID | None = text(
        description="What it is about: something of that topic or of the specification.",
        default=None,
    )
    visibility: BallotVisibility = text(description="When members may see votes and results.")
    rule: RuleInput | None = text(
        description="What counts as consensus; the usual rule of the kind where left out.",
        default=None,
    )
    reason_policy: ReasonPolicy = text(
        description="When a vote must say why.", default=ReasonPolicy.OPTIONAL
    )
    electorate_grows: bool | None = text(
        description="Whether those who join while it is open become electors; where left out, "
        "those of a sense check do.",
        default=None,
    )


@strawberry.input(description="Changes to a draft; what is left out or null stays as it is.")
class EditBallotInput(Expecting):
    """See domain.commands.ballots.edit_ballot."""

    ballot_id: strawberry.ID = text(description="The ballot.")
    question: str | None = text(description="The question.", default=None)
    options: list[str] | None = text(description="What is chosen from.", default=None)
    visibility: BallotVisibility | None = text(
        description="When members may see votes and results.", default=None
    )
    rule: RuleInput | None = text(description="What counts as consensus.", default=None)
    reason_policy: ReasonPolicy | None = text(description="When a vote must say why.", default=None)
    electorate_grows: bool | None = text(
        description="Whether those who join while it is open become electors.", default=None
    )


@strawberry.input(description="A step in the life of a ballot.")
class AdvanceBallotInput(Expecting):
    """See domain.commands.ballots.advance_ballot."""

    ballot_id: strawberry.ID = text(description="The ballot.")
    transition: BallotTransition = text(description="The step.")
    reason: str = text(description="Why; kept with the outcome. May be empty.", default="")


@strawberry.type
class BallotMutation:
    """What can be done with ballots."""

    @mutation(Ballot, "Draft a ballot; only moderators see it until it is opened.")
    async def draft_ballot(self, info: Info, input: DraftBallotInput) -> UUID:
        """See the command."""
        subject = input.subject_id
        return await perform(
            info,
            input,
            commands.draft_ballot,
            topic_id=key(input.topic_id, "topicId", "Engagement", "Roundtable"),
            kind=input.kind,
            question=input.question,
            options=input.options,
            subject=(
                None
                if subject is None
                else (kind_of(subject, "subjectId"), key(subject, "subjectId", *SUBJECTS))
            ),
            visibility=input.visibility,
            rule=document(input.rule),
            reason_policy=input.reason_policy,
            electorate_grows=input.electorate_grows,
        )

    @mutation(Ballot, "Change a draft.")
    async def edit_ballot(self, info: Info, input: EditBallotInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_ballot,
            ballot_id=key(input.ballot_id, "ballotId", "Ballot"),
            expected_revision=expected(input),
            question=input.question,
            options=input.options,
            visibility=input.visibility,
            rule=document(input.rule),
            reason_policy=input.reason_policy,
            electorate_grows=input.electorate_grows,
        )

    @mutation(Ballot, "Open a draft to its electorate, or close an open ballot.")
    async def advance_ballot(self, info: Info, input: AdvanceBallotInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_ballot,
            ballot_id=key(input.ballot_id, "ballotId", "Ballot"),
            transition=input.transition,
            reason=input.reason,
            expected_revision=expected(input),
        )
