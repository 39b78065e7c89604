"""A change that matters to what is voted on asks those who voted again, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.commands.criteria import revise_criterion
from domain.commands.sections import add_block, edit_block, edit_section, remove_block
from domain.commands.specifications import edit_specification
from domain.consensus.rounds import RoundPlan
from domain.lifecycle import BallotTransition
from domain.models.ballots import Ballot, BallotVisibility
from domain.models.comments import SubjectKind
from domain.models.criteria import Criterion, CriterionKind
from domain.models.rounds import Round
from domain.models.specifications import BlockKind
from domain.models.topics import StoredEvent
from domain.models.votes import CastVote, Vote
from domain.permissions import Audience
from domain.unit_of_work import UnitOfWork
from tests.ballots import advance, close, counts, next_round, opened, vote
from tests.world import NOW, World

Edit = Callable[[UnitOfWork, World, bool], Awaitable[Any]]


async def heading(uow: UnitOfWork, world: World, material: bool) -> None:  # noqa: FBT001
    await edit_section(
        uow,
        section_id=world.sections[0],
        heading="Other purposes",
        expected_revision=None,
        material=material,
    )


async def words(uow: UnitOfWork, world: World, material: bool) -> None:  # noqa: FBT001
    await edit_block(
        uow,
        block_id=world.blocks[0],
        text="Other words.",
        expected_revision=None,
        material=material,
    )


async def addition(uow: UnitOfWork, world: World, material: bool) -> None:  # noqa: FBT001
    await add_block(
        uow,
        section_id=world.sections[0],
        kind=BlockKind.PARAGRAPH,
        text="More.",
        expected_revision=None,
        material=material,
    )


async def removal(uow: UnitOfWork, world: World, material: bool) -> None:  # noqa: FBT001
    await remove_block(uow, block_id=world.blocks[1], expected_revision=None, material=material)


async def summary(uow: UnitOfWork, world: World, material: bool) -> None:  # noqa: FBT001
    await edit_specification(
        uow,
        specification_id=world.specification,
        summary="Something else.",
        expected_revision=None,
        material=material,
    )


async def perform(world: World, edit: Edit, *, material: bool = True) -> None:
    async with UnitOfWork(world.database, await world.viewer("developer")) as uow:
        await edit(uow, world, material)


async def about(world: World, kind: SubjectKind, **more: Any) -> UUID:
    """Open a ballot about a specification, its first section or that section's first block."""
    subjects = {
        SubjectKind.SPECIFICATION: world.specification,
        SubjectKind.SECTION: world.sections[0],
        SubjectKind.BLOCK: world.blocks[0],
    }
    return await opened(world, subject=(kind, subjects[kind]), **more)


async def stale(world: World, ballot: UUID) -> list[bool]:
    async with world.database.read() as session:
        return list(
            await session.scalars(
                select(Vote.stale).where(Vote.ballot_id == ballot).order_by(Vote.id)
            )
        )


BLOCK, SECTION, SPECIFICATION = (
    SubjectKind.BLOCK,
    SubjectKind.SECTION,
    SubjectKind.SPECIFICATION,
)


@pytest.mark.parametrize(
    ("edit", "kinds"),
    [
        (heading, {SECTION, SPECIFICATION}),
        (words, {BLOCK, SECTION, SPECIFICATION}),
        (addition, {SECTION, SPECIFICATION}),
        (summary, {SPECIFICATION}),
    ],
)
async def test_votes_about_what_was_changed_and_what_holds_it_count_no_longer(
    world: World, edit: Edit, kinds: set[SubjectKind]
) -> None:
    ballots = {kind: await about(world, kind) for kind in (BLOCK, SECTION, SPECIFICATION)}
    for ballot in ballots.values():
        await vote(world, "nurse1", ballot, "AGREE")

    await perform(world, edit, material=False)
    assert [await stale(world, ballot) for ballot in ballots.values()] == [[False]] * 3
    await perform(world, edit)

    concerned = {kind for kind, ballot in ballots.items() if await stale(world, ballot) == [True]}
    assert concerned == kinds
    for kind, ballot in ballots.items():
        tallied = sum(map(sum, (await counts(world, ballot)).values()))
        assert tallied == (kind not in concerned)


async def test_the_removal_of_a_block_can_matter_too(world: World) -> None:
    ballot = await about(world, SECTION)
    await vote(world, "nurse1", ballot, "AGREE")

    await perform(world, removal)

    assert await stale(world, ballot) == [True]


async def test_a_stale_vote_counts_again_once_it_is_cast_again(world: World) -> None:
    ballot = await about(world, SECTION)
    nurses = world.constituencies["Nurses"]
    first = await vote(world, "nurse1", ballot, "AGREE")
    await vote(world, "nurse2", ballot, "DISAGREE")
    await perform(world, heading)

    again = await vote(world, "nurse1", ballot, "AGREE")
    await vote(world, "nurse3", ballot, "PASS")

    assert again == first
    assert await stale(world, ballot) == [False, True, False]
    assert (await counts(world, ballot))[nurses] == [1, 0, 1]
    async with world.database.read() as session:
        kept = await session.scalars(
            select(CastVote.choice).where(CastVote.vote_id == first).order_by(CastVote.revision)
        )
        assert list(kept) == [0, 0]
        told = await session.scalars(
            select(StoredEvent)
            .where(StoredEvent.kind == "VOTE_CAST", StoredEvent.audience == Audience.MEMBERS)
            .order_by(StoredEvent.sequence)
        )
        assert [each.data.get("previous") for each in told] == [None] * 4
    await close(world, ballot)
    async with world.database.session() as session:
        found = await session.get_one(Ballot, ballot)
    assert found.outcome is not None
    assert found.outcome["turnout"]["voted"] == 2
    assert found.subject_revision == 2


async def test_moderators_of_a_blind_ballot_are_told_that_one_counts_anew(world: World) -> None:
    ballot = await about(world, SECTION, visibility=BallotVisibility.AFTER_CLOSE)
    await vote(world, "nurse1", ballot, "AGREE")
    await perform(world, heading)
    await vote(world, "nurse1", ballot, "AGREE")
    await vote(world, "nurse1", ballot, "PASS")

    async with world.database.read() as session:
        told = await session.scalars(
            select(StoredEvent)
            .where(StoredEvent.kind == "VOTE_RECEIVED")
            .order_by(StoredEvent.sequence)
        )
        assert [each.data["first"] for each in told] == [True, True, False]


@pytest.mark.parametrize("voted", [True, False])
async def test_everybody_is_told_whether_or_not_anybody_has_voted(
    world: World, *, voted: bool
) -> None:
    ballot = await about(world, SECTION, visibility=BallotVisibility.AFTER_CLOSE)
    if voted:
        await vote(world, "nurse1", ballot, "AGREE")
    await perform(world, heading)

    async with world.database.read() as session:
        events = await session.scalars(
            select(StoredEvent).where(StoredEvent.kind == "VOTES_MADE_STALE")
        )
        told = {each.audience: each.data for each in events}
    assert set(told) == set(Audience)
    assert told[Audience.PUBLIC] == {"ballot_id": str(ballot), "subject_revision": 2}


async def test_what_is_over_or_not_yet_open_is_left_alone(world: World) -> None:
    closed = await about(world, SECTION)
    between = await about(world, SECTION, round_plan=RoundPlan(most_rounds=2))
    deferred = await about(world, SECTION)
    for ballot in (closed, between, deferred):
        await vote(world, "nurse1", ballot, "AGREE")
    await close(world, closed)
    await advance(world, between, BallotTransition.CLOSE_ROUND)
    await advance(world, deferred, BallotTransition.DEFER, "The text is being changed.")

    await perform(world, heading)

    assert [await stale(world, each) for each in (closed, between, deferred)] == [
        [False],
        [False],
        [True],
    ]


async def test_in_a_later_round_the_votes_of_that_round_alone_are_stale(world: World) -> None:
    ballot = await about(world, SECTION, round_plan=RoundPlan(most_rounds=3))
    await vote(world, "nurse1", ballot, "AGREE")
    await next_round(world, ballot)
    await vote(world, "nurse1", ballot, "DISAGREE")
    await perform(world, heading)

    async def shifts() -> list[int]:
        async with world.database.read() as session:
            found = await session.scalar(
                select(Round.shifts).where(Round.ballot_id == ballot, Round.number == 2)
            )
        assert found is not None
        return list(found)

    assert await stale(world, ballot) == [False, True]
    assert await shifts() == [0] * 9
    await vote(world, "nurse1", ballot, "DISAGREE")
    assert await shifts() == [0, 1, 0, 0, 0, 0, 0, 0, 0]
    # A vote that was still stale at the end is no answer to compare a later one with.
    await perform(world, words)
    await next_round(world, ballot)
    await vote(world, "nurse1", ballot, "AGREE")
    async with world.database.read() as session:
        third = await session.scalar(
            select(Round.shifts).where(Round.ballot_id == ballot, Round.number == 3)
        )
    assert list(third or []) == [0] * 9


async def test_a_material_revision_of_a_criterion_takes_its_ballots_along(world: World) -> None:
    criterion = Criterion(
        number=99,
        version=1,
        kind=CriterionKind.ENDORSEMENT,
        title="It is safe",
        guidance="",
        in_force_since=NOW,
    )
    await world.add(criterion)
    ballot = await opened(world, subject=(SubjectKind.CRITERION, criterion.id))
    await vote(world, "nurse1", ballot, "AGREE")

    async with UnitOfWork(world.database, await world.viewer("secretary")) as uow:
        revised = await revise_criterion(
            uow,
            number=99,
            title="It is very safe",
            guidance="Look twice.",
            sub_criteria=[],
            expected_version=1,
            material=True,
        )

    assert await stale(world, ballot) == [True]
    async with world.database.session() as session:
        found = await session.get_one(Ballot, ballot)
    assert (found.subject_id, found.subject_revision) == (revised, 2)


async def test_votes_and_edits_at_once_leave_exact_tallies(world: World) -> None:
    ballot = await about(world, SPECIFICATION)
    names = [name for name in world.stakeholders if not name.startswith("physio")]

    await asyncio.gather(
        *(vote(world, name, ballot, "AGREE") for name in names),
        *(perform(world, edit) for edit in (heading, words, summary, addition)),
    )

    counted = (await stale(world, ballot)).count(False)
    assert sum(map(sum, (await counts(world, ballot)).values())) == counted
