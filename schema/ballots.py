"""Ballots in GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.commands import ballots as commands
from domain.commands.ballot_steps import Particulars
from domain.commands.reminders import remind_electors
from domain.consensus.choices import BallotKind, ReasonPolicy, choices, needs_reason
from domain.consensus.rounds import Feedback
from domain.consensus.rules import parse_rule, rule_hash
from domain.consensus.suppression import USUAL
from domain.lifecycle import BALLOT, BallotState, BallotTransition
from domain.models import ballots as models
from domain.models.ballots import BallotSecrecy, BallotVisibility, VotesBy
from domain.models.comments import SubjectKind
from domain.permissions import Permission
from domain.queries import ballots as queries
from domain.queries import (
    comments,
    objections,
    past_consensus,
    people,
    proxies,
    receipts,
    rounds,
    views,
    votes,
)
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
    topic_node,
)
from schema.nodes import Node, key, node, type_of
from schema.objections import Objection
from schema.pagination import Connection, connection
from schema.people import Person
from schema.rounds import Round, RoundPlanInput, planned
from schema.rules import Rule, RuleInput, document, shown
from schema.transitions import TransitionOption, transitions
from schema.views import View, ViewTally
from schema.votes import BallotOption, Choice, Vote, numbered, spoken
from schema.words import Words

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
    SCHEDULED="It is announced, and opens by itself when its time comes.",
    OPEN="Its electors can vote and change their votes, until its deadline if it has one.",
    DEFERRED="Voting is suspended; what was cast stands.",
    ROUND_CLOSED="A round is over, and its moderators say whether another one follows.",
    CLOSED="It is over, and its outcome is kept.",
    DECIDED="It is over, and a decision is stated beside its outcome.",
    DROPPED="Its item was dropped after a round; what that came to is kept.",
    CANCELLED="It was ended without an outcome, and nothing more of it is disclosed.",
)
enum(
    BallotTransition,
    "A step in the life of a ballot.",
    SCHEDULE="Announce it; it opens by itself at opensAt.",
    OPEN="Enter the electorate and let it vote.",
    EXTEND="Give it a later deadline, with a reason.",
    DEFER="Suspend the voting, with a reason; possible once.",
    RESUME="Let its electors vote again.",
    CLOSE_ROUND="End a round that is not the last one; its moderators see what it came to.",
    NEXT_ROUND="Ask again, in the same words or others, with a reason; everybody votes anew.",
    DROP="Drop the item after a round, with a reason.",
    CLOSE="End the voting and keep what it came to.",
    DECIDE="State what was decided on its outcome, with a reason.",
    CANCEL="End it without an outcome, with a reason.",
)
enum(
    BallotVisibility,
    "When members may see votes and results; the public sees the result once it is closed.",
    LIVE="While the ballot is open.",
    AFTER_OWN_VOTE="Once they have cast a vote themselves; those who have not, when it is closed. "
    "`consensus` goes on to tell them; the streams of events do not.",
    AFTER_CLOSE="When it is closed; until then moderators see the turnout alone.",
)
enum(
    VotesBy,
    "Whose votes are counted.",
    PEOPLE="Those who take part, each for themselves.",
    ORGANISATIONS="Those for which people take part: the representative of each casts its official "
    "position, and its other members tell them their views. Of several representatives, who has "
    "been so for longest casts it.",
)
enum(
    BallotSecrecy,
    "Who can know what somebody voted.",
    NAMED="Everybody who may see the votes.",
    CONFIDENTIAL="No reader: nobody is told who voted or what, but the voter; moderators see how "
    "many have. Who operates the database could find out, so this is not anonymous.",
    UNLINKABLE="Votes are cast on papers, without a session. What is kept has no person and no "
    "time, and is shuffled at the close. Whoever operates the database while it is open could "
    "still relate an elector to a paper.",
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


def _at(
    sequence: Annotated[
        int, strawberry.argument(description="The last event that it is to contain.")
    ],
) -> None:
    """Declare the arguments of the field."""


async def _consensus_at(
    ballots: Parents, info: Info, *, sequence: int
) -> Sequence[standings.Standing | None]:
    keys = [ballot.id for ballot in ballots]
    return await info.context.load_all(past_consensus.of_ballots, keys, sequence)


@node(models.Ballot, queries.by_ids, "A question to an electorate, in one topic.")
class Ballot(Words):
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
    votes_by: VotesBy = text(description="Whose votes are counted.")
    secrecy: BallotSecrecy = text(description="Who can know what somebody voted.")
    reason_policy: ReasonPolicy = text(description="When a vote must say why.")
    electorate_grows: bool = text(
        description="Whether those who join while it is open become electors."
    )
    smallest_count: int = text(
        description="Counts of fewer people are not told to the public; nor of a secret ballot to "
        "anybody."
    )
    state_reason: str = text(description="Why it took its last step; may be empty.")
    decision: str | None = text(description="What was decided on its outcome, if anything.")
    opens_at: datetime | None = text(description="When it is to open by itself, if it is.")
    closes_at: datetime | None = text(
        description="Its deadline, if it has one: no vote is taken from then on."
    )
    round: int = text(description="The present round, from 1.")
    most_rounds: int = text(description="How many rounds there are at most.")
    feedback: Feedback = text(description="What electors are shown of earlier rounds.")
    stops_when_stable: bool = text(
        description="Whether stable answers suggest that no other round follows."
    )
    stops_on_consensus: bool = text(
        description="Whether consensus suggests that no other round follows."
    )
    rounds: list[Round] = relation(rounds.of_ballots, "Its rounds, the first one first.")
    revision: int = text(description="Counts its changes, from 1; votes do not change it.")
    created_at: datetime = text(description="When it was drafted.")
    opened_at: datetime | None = text(description="When it was opened, if it was.")
    closed_at: datetime | None = text(description="When it was closed, if it was.")
    viewer_vote: Vote | None = relation(
        votes.of_viewer, "The viewer's own vote in the present round, if any.", personal=True
    )
    viewer_earlier_vote: Vote | None = relation(
        votes.of_viewer_before, "The viewer's own vote in the round before, if any.", personal=True
    )
    reminded_at: datetime | None = text(
        description="When its electors were last reminded in this round, if they were."
    )
    viewer_can_vote: bool = relation(
        queries.open_to_viewer, "Whether the viewer can cast a vote now.", personal=True
    )
    viewer_can_take_paper: bool = relation(
        queries.papers_for_viewer,
        "Whether the viewer can take the paper of an unlinkable ballot now.",
        personal=True,
    )
    viewer_proxy: Person | None = relation(
        proxies.of_viewer, "Who may cast the viewer's vote, if anybody.", personal=True
    )
    viewer_votes_for: list[Person] = relation(
        proxies.voted_for, "Whose votes the viewer may cast, as their proxy.", personal=True
    )
    viewer_view: View | None = relation(
        views.of_viewer,
        "The viewer's own view in the present round, if any; perhaps one that does not stand.",
        personal=True,
    )
    viewer_can_give_view: bool = relation(
        views.open_to_viewer,
        "Whether the viewer can give a view now, as a member of an organisation that votes.",
        personal=True,
    )
    view_tally: ViewTally | None = relation(
        views.tallies_of_ballots,
        "What the views of members come to, for whoever casts the position of their organisation; "
        "null for anybody else.",
        personal=True,
    )
    views: Connection[View] = connection(
        views.of_ballots,
        views.count_of_ballots,
        "The views of members that stand in the present round, for whoever casts the position of "
        "their organisation; none for anybody else.",
        personal=True,
    )
    votes: Connection[Vote] = connection(
        votes.of_ballots,
        votes.count_of_ballots,
        "The votes of the present round; none where they are not shown to the viewer.",
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

    topic: Node | None = topic_node("The exercise or the roundtable that it is held in.")
    subject: Node | None = node_relation(
        lambda ballot: (
            ballot.subject_kind and (type_of(ballot.subject_kind.lower()), ballot.subject_id)
        ),
        "What it is about; null where that is nothing, or was removed.",
        reads=("subject_kind", "subject_id"),
    )
    rule: Rule = derived(
        lambda ballot: shown(ballot.rule),
        "What counts as consensus; frozen when it is opened.",
        reads=("rule",),
    )
    # Computed, because whether it is stored already would tell that somebody has voted.
    rule_hash: str = derived(
        lambda ballot: rule_hash(parse_rule(ballot.kind, ballot.rule)),
        "The SHA-256 of the rule's canonical JSON, in hex.",
        reads=("kind", "rule"),
    )
    choices: list[ChoiceOption] = derived(
        _choices,
        "What can be chosen; empty where there are options instead.",
        reads=("kind", "reason_policy"),
    )
    options: list[BallotOption] = derived(
        lambda ballot: numbered(ballot.options),
        "The options of a multiple choice or a ranking; else empty.",
        reads=("options",),
    )
    consensus: Consensus | None = relation(
        standings.of_ballots, "How far it has come; null where the viewer may not know."
    )
    receipts: list[str] | None = relation(
        receipts.of_ballots,
        "The commitments of all who voted, sorted, so that each can find their own; null until it "
        "is over.",
    )
    consensus_at: Consensus | None = batched(
        _consensus_at,
        "How far it had come at an earlier `asOf`, computed from the log of events; null where the "
        "viewer's stream did not tell it then, and of a secret ballot.",
        like=_at,
        reads=("id",),
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
    votes_by: VotesBy = text(description="Whose votes are counted.", default=VotesBy.PEOPLE)
    secrecy: BallotSecrecy = text(
        description="Who can know what somebody voted; where ORGANISATIONS vote, NAMED.",
        default=BallotSecrecy.NAMED,
    )
    rule: RuleInput | None = text(
        description="What counts as consensus; the usual rule of the kind where left out.",
        default=None,
    )
    reason_policy: ReasonPolicy = text(
        description="When a vote must say why.", default=ReasonPolicy.OPTIONAL
    )
    electorate_grows: bool | None = text(
        description="Whether those who join while it is open become electors; where left out, "
        "people in a sense check do. Organisations never do.",
        default=None,
    )
    smallest_count: int = text(
        description="Counts of fewer people are suppressed, 2 to 1,000.", default=USUAL
    )
    round_plan: RoundPlanInput | None = text(
        description="The rounds that it may have; one where left out.", default=None
    )
    opens_at: datetime | None = text(
        description="When it is to open by itself, once it is scheduled.", default=None
    )
    closes_at: datetime | None = text(
        description="Its deadline: no vote is taken from then on.", default=None
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
    votes_by: VotesBy | None = text(description="Whose votes are counted.", default=None)
    secrecy: BallotSecrecy | None = text(
        description="Who can know what somebody voted.", default=None
    )
    rule: RuleInput | None = text(description="What counts as consensus.", default=None)
    reason_policy: ReasonPolicy | None = text(description="When a vote must say why.", default=None)
    electorate_grows: bool | None = text(
        description="Whether those who join while it is open become electors.", default=None
    )
    smallest_count: int | None = text(
        description="Counts of fewer people are suppressed, 2 to 1,000.", default=None
    )
    round_plan: RoundPlanInput | None = text(
        description="The rounds that it may have.", default=None
    )
    opens_at: datetime | None = text(
        description="When it is to open by itself, once it is scheduled.", default=None
    )
    closes_at: datetime | None = text(
        description="Its deadline: no vote is taken from then on.", default=None
    )


@strawberry.input(description="A step in the life of a ballot.")
class AdvanceBallotInput(Expecting):
    """See domain.commands.ballots.advance_ballot."""

    ballot_id: strawberry.ID = text(description="The ballot.")
    transition: BallotTransition = text(description="The step.")
    reason: str = text(
        description="Why, at most 4,000 characters. May be empty for SCHEDULE, OPEN, RESUME, "
        "CLOSE_ROUND and CLOSE.",
        default="",
    )
    question: str | None = text(
        description="For NEXT_ROUND: the question in other words; where left out it is kept.",
        default=None,
    )
    closes_at: datetime | None = text(
        description="The later deadline that EXTEND needs, or that of NEXT_ROUND, if any.",
        default=None,
    )
    decision: str | None = text(
        description="What DECIDE states, at most 4,000 characters.", default=None
    )


@strawberry.input(description="A ballot whose electors are to be reminded.")
class RemindElectorsInput(Idempotent):
    """See domain.commands.reminders.remind_electors."""

    ballot_id: strawberry.ID = text(description="The ballot; it must be open.")


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
            votes_by=input.votes_by,
            secrecy=input.secrecy,
            rule=document(input.rule),
            reason_policy=input.reason_policy,
            electorate_grows=input.electorate_grows,
            smallest_count=input.smallest_count,
            round_plan=planned(input.round_plan),
            opens_at=input.opens_at,
            closes_at=input.closes_at,
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
            votes_by=input.votes_by,
            secrecy=input.secrecy,
            rule=document(input.rule),
            reason_policy=input.reason_policy,
            electorate_grows=input.electorate_grows,
            smallest_count=input.smallest_count,
            round_plan=planned(input.round_plan),
            opens_at=input.opens_at,
            closes_at=input.closes_at,
        )

    @mutation(Ballot, "Take a step of a ballot's life: open, extend, close and so on.")
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
            particulars=Particulars(input.question, input.closes_at, input.decision),
        )

    @mutation(Ballot, "Remind electors who have not voted, once in 24 hours; nobody hears who.")
    async def remind_electors(self, info: Info, input: RemindElectorsInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            remind_electors,
            ballot_id=key(input.ballot_id, "ballotId", "Ballot"),
        )
