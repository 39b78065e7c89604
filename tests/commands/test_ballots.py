"""The life of a ballot: drafted for moderators, opened to an electorate, closed with an outcome."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select, update

from domain.commands.ballots import admit, advance_ballot, draft_ballot, edit_ballot
from domain.consensus.choices import BallotKind, ReasonPolicy
from domain.consensus.rules import default_rule, dump_rule, rule_hash
from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.ids import new_id
from domain.lifecycle import BallotState, BallotTransition, EngagementState
from domain.models.ballots import Ballot, BallotVisibility, Elector, TallyRow
from domain.models.comments import SubjectKind
from domain.models.engagements import Engagement
from domain.models.roundtables import Invitation, InvitationState, Roundtable
from domain.models.specifications import Section
from domain.models.topics import StoredEvent, Topic, TopicKind
from domain.permissions import Audience
from domain.unit_of_work import UnitOfWork
from tests.ballots import advance, close, draft, opened, vote
from tests.world import NOW, World


async def read(world: World, ballot: UUID) -> Ballot:
    async with world.database.session() as session:
        return await session.get_one(Ballot, ballot)


async def electors(world: World, ballot: UUID) -> set[UUID]:
    async with world.database.read() as session:
        return set(
            await session.scalars(select(Elector.person_id).where(Elector.ballot_id == ballot))
        )


async def eligible(world: World, ballot: UUID) -> dict[UUID, int]:
    async with world.database.read() as session:
        rows = await session.execute(
            select(TallyRow.constituency_id, TallyRow.eligible).where(TallyRow.ballot_id == ballot)
        )
        return {row.constituency_id: row.eligible for row in rows}


async def told(world: World, ballot: UUID, topic: UUID) -> list[tuple[str, str]]:
    """Return which audience was told what of a ballot."""
    async with world.database.read() as session:
        rows = await session.execute(
            select(StoredEvent.audience, StoredEvent.kind)
            .where(
                StoredEvent.topic_id == topic,
                StoredEvent.data["ballot_id"].astext == str(ballot),
            )
            .order_by(StoredEvent.audience, StoredEvent.sequence)
        )
        return [(row.audience.value, row.kind) for row in rows]


async def roundtable(world: World, state: EngagementState = EngagementState.OPEN) -> UUID:
    """Hold a roundtable: nurse1 accepted, nurse2 and pharmacist1 are invited, nurse3 declined."""
    id = new_id()
    answers = {
        "nurse1": InvitationState.ACCEPTED,
        "nurse2": InvitationState.INVITED,
        "nurse3": InvitationState.DECLINED,
        "pharmacist1": InvitationState.INVITED,
    }
    await world.add(
        Topic(id=id, kind=TopicKind.ROUNDTABLE, scopes=[id, world.engagement, world.specification]),
        Roundtable(
            id=id,
            engagement_id=world.engagement,
            title="Nursing",
            agenda="",
            state=state,
            starts_at=NOW,
            created_at=NOW,
        ),
        *(
            Invitation(
                roundtable_id=id,
                stakeholder_id=world.stakeholders[name],
                person_id=world.people[name],
                state=answer,
                created_at=NOW,
            )
            for name, answer in answers.items()
        ),
    )
    return id


async def test_a_ballot_lives_through_its_states_and_each_audience_is_told_what_it_may_know(
    world: World,
) -> None:
    ballot = await opened(world)
    await close(world, ballot)

    steps = ["BALLOT_OPENED", "BALLOT_CLOSED"]
    assert await told(world, ballot, world.engagement) == [
        *(("MEMBERS", step) for step in steps),
        *(("MODERATORS", step) for step in ["BALLOT_DRAFTED", *steps]),
        *(("PUBLIC", step) for step in steps),
    ]
    assert (await read(world, ballot)).state is BallotState.CLOSED


@pytest.mark.parametrize(
    ("kind", "grows"),
    [
        (BallotKind.POSITIONS, False),
        (BallotKind.RATING, False),
        (BallotKind.SENSE_CHECK, True),
        (BallotKind.CONSENT, False),
        (BallotKind.MULTIPLE_CHOICE, False),
        (BallotKind.RANKING, False),
    ],
)
async def test_a_draft_has_the_usual_rule_of_its_kind_and_grows_if_it_is_a_sense_check(
    world: World, kind: BallotKind, *, grows: bool
) -> None:
    found = await read(world, await draft(world, kind))

    assert found.state is BallotState.DRAFT
    assert found.rule == dump_rule(default_rule(kind))
    assert found.electorate_grows is grows
    assert found.rule_hash is None


async def test_a_ballot_is_about_the_revision_of_its_subject_when_it_is_opened(
    world: World,
) -> None:
    section = world.sections[0]
    ballot = await draft(world, subject=(SubjectKind.SECTION, section))
    assert (await read(world, ballot)).subject_revision == 1

    async with world.database.session() as session:
        await session.execute(update(Section).where(Section.id == section).values(revision=7))
        await session.commit()
    await advance(world, ballot, BallotTransition.OPEN)

    assert (await read(world, ballot)).subject_revision == 7


async def test_a_subject_from_elsewhere_is_not_found(world: World) -> None:
    with pytest.raises(NotFound, match="no section with this id"):
        await draft(world, subject=(SubjectKind.SECTION, new_id()))


async def test_a_ballot_is_held_in_an_exercise_or_a_roundtable(world: World) -> None:
    async with UnitOfWork(world.database, await world.viewer("secretary")) as uow:
        with pytest.raises(Invalid, match="exercise or a roundtable"):
            await draft_ballot(
                uow,
                topic_id=world.specification,
                kind=BallotKind.SENSE_CHECK,
                question="Here?",
                visibility=BallotVisibility.LIVE,
            )


async def test_no_ballot_is_drafted_in_a_closed_exercise(world: World) -> None:
    async with world.database.session() as session:
        (await session.get_one(Engagement, world.engagement)).state = EngagementState.CLOSED
        await session.commit()

    with pytest.raises(Conflict, match="CLOSED"):
        await draft(world)


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"name": "comet", "version": 1}, ("rule", "name")),
        ({"name": "sense_check", "version": 2}, ("rule", "version")),
        (
            {"name": "sense_check", "version": 1, "threshold_percent": 50},
            ("rule", "threshold_percent"),
        ),
        ({"name": "sense_check", "version": 1, "colour": 1}, ("rule", "colour")),
    ],
)
async def test_a_rule_that_cannot_be_is_refused_where_it_is_wrong(
    world: World, rule: dict[str, object], path: tuple[str, ...]
) -> None:
    with pytest.raises(Invalid) as refusal:
        await draft(world, rule=rule)

    assert refusal.value.path == path


@pytest.mark.parametrize("question", ["", " ", "x" * 2_001])
async def test_a_question_is_needed_and_short(world: World, question: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await draft(world, question=question)

    assert refusal.value.path == ("question",)


async def test_a_draft_can_be_changed_until_it_is_opened(world: World) -> None:
    ballot = await draft(world)
    moderator = await world.viewer("moderator")
    rule = {"name": "sense_check", "version": 1, "threshold_percent": 80}

    async with UnitOfWork(world.database, moderator) as uow:
        await edit_ballot(
            uow,
            ballot_id=ballot,
            expected_revision=1,
            question="Or so?",
            visibility=BallotVisibility.AFTER_CLOSE,
            rule=rule,
            reason_policy=ReasonPolicy.REQUIRED,
            electorate_grows=False,
        )

    found = await read(world, ballot)
    assert (found.question, found.revision, found.rule["threshold_percent"]) == ("Or so?", 2, 80)
    assert (found.visibility, found.reason_policy, found.electorate_grows) == (
        BallotVisibility.AFTER_CLOSE,
        ReasonPolicy.REQUIRED,
        False,
    )
    with pytest.raises(Conflict, match="it has revision 2"):
        async with UnitOfWork(world.database, moderator) as uow:
            await edit_ballot(uow, ballot_id=ballot, expected_revision=1, question="Or not?")

    await advance(world, ballot, BallotTransition.OPEN)
    with pytest.raises(Conflict, match="while the ballot is DRAFT; it is OPEN"):
        async with UnitOfWork(world.database, moderator) as uow:
            await edit_ballot(uow, ballot_id=ballot, expected_revision=None, question="Or not?")


async def test_the_stakeholders_of_the_exercise_are_the_electorate(world: World) -> None:
    ballot = await opened(world)

    assert await electors(world, ballot) == {
        id for name, id in world.people.items() if name in world.stakeholders
    }
    assert await eligible(world, ballot) == dict.fromkeys(world.constituencies.values(), 3)


async def test_those_invited_to_a_roundtable_are_its_electorate(world: World) -> None:
    ballot = await opened(world, topic_id=await roundtable(world))

    assert await electors(world, ballot) == {
        world.people[name] for name in ("nurse1", "nurse2", "pharmacist1")
    }
    assert await eligible(world, ballot) == {
        world.constituencies["Nurses"]: 2,
        world.constituencies["Pharmacists"]: 1,
    }
    await vote(world, "nurse1", ballot, "AGREE")


async def test_a_ballot_cannot_be_opened_where_nothing_is_open_or_nobody_could_vote(
    world: World,
) -> None:
    planned = await draft(world, topic_id=await roundtable(world, EngagementState.PLANNED))
    with pytest.raises(Conflict, match="The exercise or roundtable is not open"):
        await advance(world, planned, BallotTransition.OPEN)

    empty = await roundtable(world)
    async with world.database.session() as session:
        await session.execute(
            update(Invitation)
            .where(Invitation.roundtable_id == empty)
            .values(state=InvitationState.WITHDRAWN)
        )
        await session.commit()
    ballot = await draft(world, topic_id=empty)
    with pytest.raises(Conflict, match="Nobody would be entitled to vote"):
        await advance(world, ballot, BallotTransition.OPEN)


async def test_a_step_that_does_not_follow_is_refused(world: World) -> None:
    ballot = await draft(world)

    with pytest.raises(Conflict, match="CLOSE is not possible: this ballot is DRAFT"):
        await close(world, ballot)


@pytest.mark.parametrize(
    ("name", "open", "refusal"),
    [
        ("nurse1", False, NotFound),
        ("stranger", False, NotFound),
        ("nurse1", True, NotAllowed),
        ("developer", True, NotAllowed),
    ],
)
async def test_only_moderators_take_the_steps_and_nobody_else_knows_of_a_draft(
    world: World, name: str, *, open: bool, refusal: type[Exception]
) -> None:
    ballot = await (opened if open else draft)(world)

    with pytest.raises(refusal):
        async with UnitOfWork(world.database, await world.viewer(name)) as uow:
            await advance_ballot(
                uow,
                ballot_id=ballot,
                transition=BallotTransition.CLOSE if open else BallotTransition.OPEN,
                reason="",
                expected_revision=None,
            )


async def test_the_outcome_keeps_rule_electorate_counts_status_and_reasons(world: World) -> None:
    ballot = await opened(world)
    for name in ("nurse1", "nurse2", "nurse3", "pharmacist1", "pharmacist2", "pharmacist3"):
        await vote(world, name, ballot, "AGREE")
    await vote(world, "physiotherapist1", ballot, "DISAGREE")
    await close(world, ballot)

    found = await read(world, ballot)
    rule = default_rule(BallotKind.SENSE_CHECK)
    assert found.outcome is not None
    assert found.rule_hash == found.outcome["rule_hash"] == rule_hash(rule)
    assert found.outcome["rule"] == dump_rule(rule)
    assert found.outcome["status"] == "CONSENSUS"
    assert found.outcome["turnout"] == {"voted": 7, "eligible": 9}
    assert found.outcome["reason"] == "Everybody was asked."
    assert [
        (group["label"], group["eligible"], group["counts"], group["status"])
        for group in found.outcome["by_constituency"]
    ] == [
        ("Nurses", 3, [3, 0, 0], "CONSENSUS"),
        ("Pharmacists", 3, [3, 0, 0], "CONSENSUS"),
        ("Physiotherapists", 3, [0, 1, 0], "NOT_ENOUGH_VOTES"),
    ]
    # Drafted, opened and 7 votes; members do not see the drafting, the public does not see votes.
    assert found.outcome["as_of"] == {"PUBLIC": 1, "MEMBERS": 8, "MODERATORS": 9}


async def test_each_audience_is_told_the_outcome_with_its_own_sequence(world: World) -> None:
    ballot = await opened(world)
    await vote(world, "nurse1", ballot, "AGREE")
    await close(world, ballot)

    async with world.database.read() as session:
        events = await session.scalars(
            select(StoredEvent).where(StoredEvent.kind == "BALLOT_CLOSED")
        )
        as_of = {each.audience: each.data["outcome"]["as_of"] for each in events}
    assert as_of == {Audience.PUBLIC: 1, Audience.MEMBERS: 2, Audience.MODERATORS: 3}


async def join(world: World, name: str, constituency: str) -> None:
    """Admit somebody as the stakeholders' command does: holding the lock of the exercise."""
    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        await uow.session.get_one(Engagement, world.engagement, with_for_update={"key_share": True})
        await admit(
            uow,
            topic_id=world.engagement,
            person_id=world.people[name],
            constituency_id=world.constituencies[constituency],
        )


async def test_who_joins_is_admitted_to_open_ballots_that_grow_and_to_no_others(
    world: World,
) -> None:
    growing = await opened(world)
    fixed = await opened(world, electorate_grows=False)
    drafted = await draft(world)
    closed = await opened(world)
    await close(world, closed)

    await join(world, "stranger", "Nurses")
    await join(world, "stranger", "Pharmacists")

    nurses, pharmacists, physiotherapists = world.constituencies.values()
    assert await eligible(world, growing) == {nurses: 4, pharmacists: 3, physiotherapists: 3}
    for other in (fixed, drafted, closed):
        assert world.people["stranger"] not in await electors(world, other)
    events = await told(world, growing, world.engagement)
    assert [event for event in events if event[1] == "ELECTOR_ADDED"] == [
        ("MEMBERS", "ELECTOR_ADDED"),
        ("MODERATORS", "ELECTOR_ADDED"),
    ]


async def test_the_first_of_a_constituency_gets_a_tally_of_their_own(world: World) -> None:
    table = await roundtable(world)
    ballot = await opened(world, topic_id=table)

    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        await admit(
            uow,
            topic_id=table,
            person_id=world.people["physiotherapist1"],
            constituency_id=world.constituencies["Physiotherapists"],
        )

    assert (await eligible(world, ballot))[world.constituencies["Physiotherapists"]] == 1


async def test_admissions_and_votes_at_once_leave_exact_tallies(world: World) -> None:
    ballot = await opened(world)

    await asyncio.gather(
        *(join(world, name, "Nurses") for name in ("stranger", "developer", "provider")),
        *(vote(world, name, ballot, "AGREE") for name in ("nurse1", "nurse2", "nurse3")),
    )

    async with world.database.session() as session:
        row = await session.get_one(TallyRow, (ballot, world.constituencies["Nurses"]))
    assert (row.eligible, row.counts) == (6, [3, 0, 0])


@pytest.mark.parametrize("number", [-1, 0, 1, 1_001])
async def test_a_smallest_count_out_of_bounds_is_refused_and_nothing_is_written(
    world: World, number: int
) -> None:
    ballot = await draft(world, smallest_count=1_000)
    with pytest.raises(Invalid) as drafting:
        await draft(world, smallest_count=number)
    with pytest.raises(Invalid) as editing:
        async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
            await edit_ballot(uow, ballot_id=ballot, expected_revision=None, smallest_count=number)

    assert drafting.value.path == editing.value.path == ("smallest_count",)
    async with world.database.read() as session:
        kept = (await session.scalars(select(Ballot))).all()
    assert [(each.smallest_count, each.revision) for each in kept] == [(1_000, 1)]


async def test_what_is_a_small_count_is_set_before_the_opening_and_frozen_with_the_rule(
    world: World,
) -> None:
    ballot = await draft(world)
    for number in (7, None):
        async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
            await edit_ballot(uow, ballot_id=ballot, expected_revision=None, smallest_count=number)
    await advance(world, ballot, BallotTransition.OPEN)
    with pytest.raises(Conflict, match="DRAFT"):
        async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
            await edit_ballot(uow, ballot_id=ballot, expected_revision=None, smallest_count=2)

    async with world.database.read() as session:
        found = (await session.scalars(select(Ballot))).one()
    assert found.smallest_count == 7
