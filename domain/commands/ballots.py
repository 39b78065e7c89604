"""Writes of ballots: drafting, and each step from opening to an outcome and a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text

from domain.commands.ballot_steps import (
    EXPLAINED,
    NO_PARTICULARS,
    QUESTION_LENGTH,
    Particulars,
    announce,
)
from domain.commands.comments import HOSTS
from domain.commands.deadlines import extend, later, set_times
from domain.commands.papers import shuffle
from domain.commands.releases import final, tallies_of
from domain.commands.rounds import begin_round, close_round, dispose, end_round, next_round
from domain.commands.secrecy import require_coherent
from domain.commands.steps import next_state
from domain.commands.subjects import require_subject
from domain.consensus.choices import LISTED, BallotKind, ReasonPolicy, choices
from domain.consensus.options import listed
from domain.consensus.rounds import RoundDisposition, RoundPlan
from domain.consensus.rules import default_rule, dump_rule, parse_rule
from domain.consensus.status import evaluate
from domain.consensus.suppression import BOUNDS, USUAL, for_public
from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.events import (
    EVERYONE,
    MEMBERS,
    MODERATORS,
    BallotClosed,
    BallotDrafted,
    BallotDropped,
    BallotEdited,
    BallotOpened,
    ElectorAdded,
    ElectorRecused,
)
from domain.lifecycle import (
    BALLOT,
    HELD,
    BallotState,
    BallotTransition,
    EngagementState,
    require,
)
from domain.models.ballots import Ballot, BallotSecrecy, BallotVisibility, VotesBy
from domain.models.comments import SubjectKind
from domain.models.criteria import Criterion
from domain.models.objections import Objection
from domain.models.topics import Topic, TopicKind
from domain.permissions import Audience, Permission, Role
from domain.queries import ballots as queries
from domain.queries.consensus import open_objections, sequences
from domain.queries.interests import COVERED
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

_HELD = ", ".join(repr(state.value) for state in HELD)

# How many counts a tally of a ballot has: domain.consensus.options.width in SQL.
_WIDTHS = " ".join(
    f"WHEN '{kind}' THEN {len(choices(kind))}" for kind in BallotKind if kind not in LISTED
)
_WIDTH = (
    f"CASE kind {_WIDTHS} WHEN '{BallotKind.MULTIPLE_CHOICE}' THEN cardinality(options) "
    f"WHEN '{BallotKind.RANKING}' THEN cardinality(options) * cardinality(options) END"
)

# Who takes part: the stakeholders of an exercise, or the invited among them.
_PARTICIPANTS = {
    TopicKind.ENGAGEMENT: "SELECT * FROM stakeholders WHERE engagement_id = :topic_id",
    TopicKind.ROUNDTABLE: "SELECT s.* FROM invitations i "
    "JOIN stakeholders s ON s.id = i.stakeholder_id WHERE i.roundtable_id = :topic_id "
    f"AND i.state IN ({', '.join(repr(state.value) for state in queries.INVITED)})",
}
# Who of them votes, in which constituency and for which organisation. Of several representatives of
# one organisation, that is who has been so for longest and is not recused: one person answers for
# its position, and who else speaks for it tells them by a view, as its other members do.
_ELECTORATES = {
    VotesBy.PEOPLE: "SELECT person_id, constituency_id, NULL::uuid AS organisation_id, recused "
    "FROM participants",
    VotesBy.ORGANISATIONS: "SELECT DISTINCT ON (p.organisation_id) "
    "p.person_id, p.constituency_id, p.organisation_id, p.recused FROM participants p "
    f"JOIN memberships m ON m.role = '{Role.ORGANISATION_REPRESENTATIVE}' "
    "AND m.person_id = p.person_id AND m.scope_id IN (p.organisation_id, p.engagement_id) "
    "WHERE p.organisation_id IS NOT NULL ORDER BY p.organisation_id, p.recused, m.id",
}
ENTER = {
    (kind, votes_by): text(
        f"""
        WITH participants AS (
            SELECT part.*, {COVERED.format(person="part.person_id")} AS recused
            FROM ballots, ({participants}) AS part WHERE ballots.id = :ballot_id
        ), entered AS (
            INSERT INTO electors
                   (ballot_id, person_id, constituency_id, organisation_id, recused)
            SELECT :ballot_id, person_id, constituency_id, organisation_id, recused
            FROM ({electorate}) AS electorate
            RETURNING constituency_id, recused
        )
        INSERT INTO tallies (ballot_id, constituency_id, eligible, voted, counts)
        SELECT ballots.id, constituency_id, count(*) FILTER (WHERE NOT recused), 0,
               array_fill(0::bigint, ARRAY[{_WIDTH}])
        FROM ballots, entered WHERE ballots.id = :ballot_id
        GROUP BY ballots.id, constituency_id
        RETURNING constituency_id, eligible
        """
    ).bindparams(bindparam("ballot_id", type_=Uuid()), bindparam("topic_id", type_=Uuid()))
    for kind, participants in _PARTICIPANTS.items()
    for votes_by, electorate in _ELECTORATES.items()
}
# One elector more in every ballot of a topic that is held and still takes some. The ballots are
# locked in the order of their ids, so a vote and a close are either before this or after it, and by
# a statement of its own, so that the next one knows of every interest that was declared before.
GROWING = text(
    f"SELECT id FROM ballots WHERE topic_id = :topic_id AND state IN ({_HELD}) "
    "AND electorate_grows ORDER BY id FOR NO KEY UPDATE"
).bindparams(bindparam("topic_id", type_=Uuid()))
ADMIT = text(
    f"""
    WITH growing AS (
        SELECT id, {_WIDTH} AS width, {COVERED.format(person=":person_id")} AS recused
        FROM ballots
        WHERE topic_id = :topic_id AND state IN ({_HELD}) AND electorate_grows
    ), entered AS (
        INSERT INTO electors (ballot_id, person_id, constituency_id, recused)
        SELECT id, :person_id, :constituency_id, recused FROM growing
        ON CONFLICT DO NOTHING
        RETURNING ballot_id, recused
    ), grown AS (
        INSERT INTO tallies (ballot_id, constituency_id, eligible, voted, counts)
        SELECT id, :constituency_id, (NOT growing.recused)::int, 0,
               array_fill(0::bigint, ARRAY[width])
        FROM growing JOIN entered ON ballot_id = id
        ON CONFLICT (ballot_id, constituency_id)
        DO UPDATE SET eligible = tallies.eligible + excluded.eligible
    )
    SELECT ballot_id, recused FROM entered ORDER BY ballot_id
    """
).bindparams(
    bindparam("topic_id", type_=Uuid()),
    bindparam("person_id", type_=Uuid()),
    bindparam("constituency_id", type_=Uuid()),
)
# What they say is for those alone who may read it, and so is no part of an outcome.
OBJECTIONS = (
    select(Objection.id, Objection.state, Objection.safety)
    .where(Objection.ballot_id == bindparam("ballot_id"))
    .order_by(Objection.id)
)
# Columns, not the record: its counters are to be those of now, whatever was read before.
COUNTERS = select(Topic.public_sequence, Topic.members_sequence, Topic.moderators_sequence).where(
    Topic.id == bindparam("topic_id")
)


async def draft_ballot(
    uow: UnitOfWork,
    *,
    topic_id: UUID,
    kind: BallotKind,
    question: str,
    visibility: BallotVisibility,
    votes_by: VotesBy = VotesBy.PEOPLE,
    secrecy: BallotSecrecy = BallotSecrecy.NAMED,
    options: Sequence[str] = (),
    subject: tuple[SubjectKind, UUID] | None = None,
    rule: Mapping[str, Any] | None = None,
    reason_policy: ReasonPolicy = ReasonPolicy.OPTIONAL,
    electorate_grows: bool | None = None,
    smallest_count: int = USUAL,
    round_plan: RoundPlan | None = None,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
) -> UUID:
    """Draft a ballot in an exercise or a roundtable; return its id.

    `options` are what is chosen from, where the kind asks for that. `rule` is a document as
    `parse_rule` reads it, the default of the kind where it is None. Unless told otherwise, the
    electorate of people in a sense check grows with those who join while it is open, and a ballot
    has one round. Once scheduled, it opens itself; once open, it closes itself.
    """
    topic = await uow.topic_for(topic_id, Permission.MODERATE, doing="drafting a ballot")
    if topic.kind not in HOSTS:
        raise Invalid("A ballot is held in an engagement exercise or a roundtable.", ("topic_id",))
    if (await _host(uow, topic)).state is EngagementState.CLOSED:
        raise Conflict(f"This {topic.kind.lower()} is CLOSED; no ballot can be held in it.")
    ballot = Ballot(
        topic_id=topic.id,
        kind=kind,
        question=clean(question, "question", limit=QUESTION_LENGTH),
        options=listed(kind, options),
        author_id=uow.actor_id,
        visibility=visibility,
        votes_by=votes_by,
        secrecy=secrecy,
        reason_policy=reason_policy,
        electorate_grows=(
            kind is BallotKind.SENSE_CHECK and votes_by is VotesBy.PEOPLE
            if electorate_grows is None
            else electorate_grows
        ),
        smallest_count=_smallest_count(smallest_count),
        rule=_rule(kind, rule),
        created_at=uow.now,
    )
    if round_plan is not None:
        _plan(ballot, round_plan)
    set_times(ballot, opens_at, closes_at)
    _require_possible(ballot)
    require_coherent(ballot)
    if subject is not None:
        ballot.subject_kind, ballot.subject_id = subject
        await _record_subject(uow, topic, ballot)
    await uow.add(ballot)
    uow.emit(topic.id, BallotDrafted(ballot_id=ballot.id), MODERATORS)
    return ballot.id


async def edit_ballot(
    uow: UnitOfWork,
    *,
    ballot_id: UUID,
    expected_revision: int | None,
    question: str | None = None,
    options: Sequence[str] | None = None,
    visibility: BallotVisibility | None = None,
    votes_by: VotesBy | None = None,
    secrecy: BallotSecrecy | None = None,
    rule: Mapping[str, Any] | None = None,
    reason_policy: ReasonPolicy | None = None,
    electorate_grows: bool | None = None,
    smallest_count: int | None = None,
    round_plan: RoundPlan | None = None,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
) -> UUID:
    """Change a draft; what is None stays as it is."""
    ballot = await load_ballot(uow, ballot_id)
    require(BALLOT, ballot.state, (BallotState.DRAFT,), "Editing")
    uow.expect(ballot, expected_revision)
    if question is not None:
        ballot.question = clean(question, "question", limit=QUESTION_LENGTH)
    if options is not None:
        ballot.options = listed(ballot.kind, options)
    settings = {
        "visibility": visibility,
        "votes_by": votes_by,
        "secrecy": secrecy,
        "reason_policy": reason_policy,
        "electorate_grows": electorate_grows,
    }
    for name, setting in settings.items():
        if setting is not None:
            setattr(ballot, name, setting)
    if rule is not None:
        ballot.rule = _rule(ballot.kind, rule)
    _require_possible(ballot)
    if smallest_count is not None:
        ballot.smallest_count = _smallest_count(smallest_count)
    if round_plan is not None:
        _plan(ballot, round_plan)
    require_coherent(ballot)
    set_times(ballot, opens_at, closes_at)
    ballot.revision += 1
    uow.emit(
        ballot.topic_id, BallotEdited(ballot_id=ballot.id, revision=ballot.revision), MODERATORS
    )
    return ballot.id


async def advance_ballot(
    uow: UnitOfWork,
    *,
    ballot_id: UUID,
    transition: BallotTransition,
    reason: str,
    expected_revision: int | None,
    particulars: Particulars = NO_PARTICULARS,
) -> UUID:
    """Take a step of a ballot's life; see domain.lifecycle.

    EXTEND needs a later deadline and DECIDE a decision. NEXT_ROUND keeps the item or rewords it,
    and may have a deadline; without one, the round is closed by hand.
    """
    ballot = await load_ballot(uow, ballot_id)
    uow.expect(ballot, expected_revision)
    topic = await uow.topic(ballot.topic_id)
    words = clean(reason, "reason", limit=REASON_LENGTH, required=transition in EXPLAINED)
    particulars.require_fit(transition)
    if transition is BallotTransition.OPEN:
        await _host(uow, topic)
    ballot.state = await next_state(uow, BALLOT, ballot, transition, queries.facts)
    ballot.revision += 1
    ballot.state_reason = words
    await _take(uow, topic, ballot, transition, words, particulars)
    return ballot.id


async def admit(uow: UnitOfWork, *, topic_id: UUID, person_id: UUID, constituency_id: UUID) -> None:
    """Enter somebody who joins in the electorate of every ballot held in a topic that grows.

    The caller holds the lock of the exercise or roundtable, so that no ballot opens meanwhile. Who
    is an elector already stays one, in the constituency that they were entered in.
    """
    parameters = {
        "topic_id": topic_id,
        "person_id": person_id,
        "constituency_id": constituency_id,
    }
    await uow.session.execute(GROWING, {"topic_id": topic_id})
    for ballot_id, recused in await uow.session.execute(ADMIT, parameters):
        elector = {
            "ballot_id": ballot_id,
            "person_id": person_id,
            "constituency_id": constituency_id,
        }
        uow.emit(topic_id, ElectorAdded(**elector), MEMBERS)
        if recused:
            uow.emit(topic_id, ElectorRecused(**elector, choice=None, options=None), MEMBERS)


async def load_ballot(uow: UnitOfWork, ballot_id: UUID) -> Ballot:
    """Lock a ballot to moderate it; a draft does not exist for those who may not."""
    try:
        return await uow.load(Ballot, ballot_id, Permission.MODERATE)
    except NotAllowed:
        ballot = await uow.session.get_one(Ballot, ballot_id)
        if ballot.state is BallotState.DRAFT:
            raise NotFound("There is no ballot with this id that you may see.") from None
        raise


async def _host(uow: UnitOfWork, topic: Topic) -> Any:
    """Lock the exercise or roundtable, so that it neither closes nor takes anybody in meanwhile."""
    return await uow.session.get_one(
        HOSTS[topic.kind], topic.id, with_for_update={"key_share": True}
    )


def _rule(kind: BallotKind, document: Mapping[str, Any] | None) -> dict[str, Any]:
    return dump_rule(default_rule(kind) if document is None else parse_rule(kind, document))


def _smallest_count(number: int) -> int:
    if number not in BOUNDS:
        raise Invalid(
            f"The smallest count that is told is from {BOUNDS[0]} to {BOUNDS[-1]}; "
            f"{number} is not.",
            ("smallest_count",),
        )
    return number


def _require_possible(ballot: Ballot) -> None:
    """Refuse a rule that so many options cannot meet."""
    if ballot.kind in LISTED:
        parse_rule(ballot.kind, ballot.rule).parameters.require_options(len(ballot.options))


async def _record_subject(uow: UnitOfWork, topic: Topic, ballot: Ballot) -> None:
    """Keep which version of its subject a ballot is about: the one at this moment."""
    if ballot.subject_kind is None or ballot.subject_id is None:
        return
    record = await require_subject(uow, topic, ballot.subject_kind, ballot.subject_id)
    ballot.subject_revision = record.version if isinstance(record, Criterion) else record.revision


async def _take(
    uow: UnitOfWork,
    topic: Topic,
    ballot: Ballot,
    transition: BallotTransition,
    reason: str,
    particulars: Particulars,
) -> None:
    """Do what a step comes to, beside the change of state."""
    match transition:
        case BallotTransition.OPEN:
            await _open(uow, topic, ballot)
        case BallotTransition.EXTEND:
            extend(uow, ballot, particulars.closes_at, reason)
        case BallotTransition.CLOSE_ROUND:
            outcome, _, ends = await _outcome(uow, ballot, reason)
            await close_round(uow, ballot, {**outcome, "as_of": ends}, reason)
        case BallotTransition.NEXT_ROUND:
            ballot.closes_at = later(uow, particulars.closes_at)
            await next_round(uow, ballot, particulars.reworded(), reason)
        case BallotTransition.CLOSE:
            await _close(uow, ballot, reason, BallotClosed)
        case BallotTransition.DROP:
            await dispose(uow, ballot, RoundDisposition.DROPPED, reason)
            await _close(uow, ballot, reason, BallotDropped)
        case BallotTransition.CANCEL if ballot.secrecy is BallotSecrecy.UNLINKABLE:
            await shuffle(uow, ballot.id)
            announce(uow, ballot, transition, reason, particulars.decision)
        case _:
            announce(uow, ballot, transition, reason, particulars.decision)


async def _open(uow: UnitOfWork, topic: Topic, ballot: Ballot) -> None:
    await _record_subject(uow, topic, ballot)
    ballot.opened_at = uow.now
    await begin_round(uow, ballot)
    entered = await uow.session.execute(
        ENTER[topic.kind, ballot.votes_by], {"ballot_id": ballot.id, "topic_id": topic.id}
    )
    eligible = {str(row.constituency_id): row.eligible for row in entered}
    if not eligible and ballot.votes_by is VotesBy.ORGANISATIONS:
        raise Conflict(
            "No organisation would vote: nobody who takes part for one holds the role "
            "ORGANISATION_REPRESENTATIVE, in it or in the exercise."
        )
    if not any(eligible.values()):
        raise Conflict("Nobody would be entitled to vote: all are recused by declared interests.")
    uow.emit(topic.id, BallotOpened(ballot_id=ballot.id, eligible=eligible))


async def _outcome(
    uow: UnitOfWork, ballot: Ballot, reason: str
) -> tuple[dict[str, Any], dict[str, Any], dict[str, int]]:
    """Return what a ballot has come to, what the public is told of that, and as of what.

    The latter is the sequence of each audience.
    """
    tallies = await tallies_of(uow.session, ballot.id)
    rule = parse_rule(ballot.kind, ballot.rule)
    result = evaluate(rule, tallies, open_objections(ballot))
    objections = await uow.session.execute(OBJECTIONS, {"ballot_id": ballot.id})
    counters = (await uow.session.execute(COUNTERS, {"topic_id": ballot.topic_id})).one()
    ends = {reader.value: sequence for reader, sequence in sequences(counters).items()}
    if ballot.secrecy is BallotSecrecy.NAMED:
        public = for_public(BallotKind(ballot.kind), result, tallies, ballot.smallest_count)
    else:
        result = public = await final(uow.session, ballot, result, tallies)
    ballot.rule_hash = result.rule_hash
    outcome = {
        **asdict(result),
        "rule": dump_rule(rule),
        "round": ballot.round,
        "reason": reason,
        "objections": [
            {"objection_id": str(each.id), "state": each.state, "safety": each.safety}
            for each in objections
        ],
    }
    return outcome, {**outcome, **asdict(public), "objections": []}, ends


async def _close(
    uow: UnitOfWork, ballot: Ballot, reason: str, event: type[BallotClosed | BallotDropped]
) -> None:
    outcome, public, ends = await _outcome(uow, ballot, reason)
    ballot.outcome = {**outcome, "as_of": ends}
    ballot.closed_at = uow.now
    await end_round(uow, ballot, ballot.outcome)
    if ballot.secrecy is BallotSecrecy.UNLINKABLE:
        await shuffle(uow, ballot.id)
    told = dict.fromkeys(EVERYONE, outcome) | {Audience.PUBLIC: public}
    # Each audience is told its own sequence: another's would disclose how much it may not see.
    for reader in sorted(EVERYONE):
        uow.emit(
            ballot.topic_id,
            event(
                ballot_id=ballot.id,
                outcome={**told[reader], "as_of": ends[reader.value]},
                reason=reason,
            ),
            frozenset({reader}),
        )


def _plan(ballot: Ballot, plan: RoundPlan) -> None:
    ballot.most_rounds = plan.most_rounds
    ballot.feedback = plan.feedback
    ballot.stops_when_stable = plan.stops_when_stable
    ballot.stops_on_consensus = plan.stops_on_consensus
