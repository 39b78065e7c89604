"""Votes for options: a set that is approved, or an order of preference, counted as cast."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.commands.ballots import edit_ballot
from domain.consensus.choices import BallotKind, ReasonPolicy
from domain.consensus.options import marks, width
from domain.consensus.results import Status
from domain.consensus.tallies import Tally, apply_marks
from domain.errors import Invalid
from domain.lifecycle import BallotTransition
from domain.models.ballots import Ballot, TallyRow
from domain.models.topics import StoredEvent
from domain.models.votes import CastVote, Vote
from domain.permissions import Audience
from domain.unit_of_work import UnitOfWork
from tests.ballots import OPTIONS, VOTERS, advance, close, draft, opened, vote
from tests.counting import counting
from tests.world import World

CHOICE, RANKING = BallotKind.MULTIPLE_CHOICE, BallotKind.RANKING


async def tallies(world: World, ballot: UUID) -> tuple[Tally, ...]:
    async with world.database.session() as session:
        rows = await session.scalars(
            select(TallyRow).where(TallyRow.ballot_id == ballot).order_by(TallyRow.constituency_id)
        )
        return tuple(
            Tally(str(row.constituency_id), "", row.eligible, tuple(row.counts), row.voted)
            for row in rows
        )


async def folded(world: World, ballot: UUID, kind: BallotKind) -> tuple[Tally, ...]:
    """Return what the events of a ballot come to, beside what its tallies say."""
    nothing = (0,) * width(kind, len(OPTIONS))
    found = tuple(
        Tally(each.constituency, "", each.eligible, nothing, 0)
        for each in await tallies(world, ballot)
    )
    async with world.database.session() as session:
        events = await session.scalars(
            select(StoredEvent)
            .where(StoredEvent.kind == "VOTE_CAST", StoredEvent.audience == Audience.MEMBERS)
            .order_by(StoredEvent.sequence)
        )
        for each in events:
            data = each.data
            before = data.get("previous_options")
            found = apply_marks(
                found,
                data["constituency_id"],
                None if before is None else marks(kind, len(OPTIONS), before),
                marks(kind, len(OPTIONS), data["options"]),
            )
    return found


@pytest.mark.parametrize("kind", [CHOICE, RANKING])
async def test_votes_of_many_at_once_are_counted_as_their_events_say(
    world: World, kind: BallotKind
) -> None:
    ballot = await opened(world, kind)
    turns = [(1,), (2, 1), (3, 1, 2), (2, 3)]

    for turn in range(3):
        await asyncio.gather(
            *(
                vote(world, name, ballot, options=turns[(place + turn) % 4])
                for place, name in enumerate(VOTERS)
            )
        )

    counted = await tallies(world, ballot)
    assert counted == await folded(world, ballot, kind)
    assert sum(each.voted for each in counted) == len(VOTERS)


@pytest.mark.parametrize(
    ("kind", "kept"), [(CHOICE, [[1, 3], [2], []]), (RANKING, [[3, 1], [2], [1, 2, 3]])]
)
async def test_a_vote_for_options_takes_one_statement_and_keeps_its_history(
    world: World, kind: BallotKind, kept: list[list[int]]
) -> None:
    ballot = await opened(world, kind)
    await world.viewer("nurse1")
    for options in ((3, 1), (2,), tuple(kept[2])):
        with counting(world.database) as sent:
            await vote(world, "nurse1", ballot, options=options)
        assert len(sent) - 1 == 1  # the first one reads the viewer's roles

    async with world.database.session() as session:
        castings = list(await session.scalars(select(CastVote).order_by(CastVote.revision)))
        now = (await session.scalars(select(Vote))).one()
    assert [each.options for each in castings] == kept
    assert (now.options, now.choice, now.revision) == (kept[2], None, 3)


async def test_a_set_may_be_empty_and_is_a_vote(world: World) -> None:
    ballot = await opened(world, CHOICE)
    await vote(world, "nurse1", ballot)

    assert sum(each.voted for each in await tallies(world, ballot)) == 1
    assert sum(sum(each.counts) for each in await tallies(world, ballot)) == 0


@pytest.mark.parametrize(
    ("kind", "given", "path", "sentence"),
    [
        (CHOICE, {"options": (4,)}, "options", "the options 1 to 3; 4 is not among them"),
        (RANKING, {"options": (1, 10)}, "options", "the options 1 to 3; 10 is not among them"),
        (RANKING, {"options": (1, 1)}, "options", "named twice"),
        (RANKING, {"options": (0,)}, "options", "there is no 0"),
        (RANKING, {}, "options", "rank one option at least"),
        (CHOICE, {"choice": "AGREE"}, "choice", "lists options to choose from"),
        (BallotKind.SENSE_CHECK, {"options": (1,)}, "options", "lists no options"),
    ],
)
async def test_a_vote_that_the_ballot_does_not_ask_for_is_refused_and_nothing_is_written(
    world: World, kind: BallotKind, given: dict[str, Any], path: str, sentence: str
) -> None:
    ballot = await opened(world, kind)
    before = await world.events(world.engagement)

    with pytest.raises(Invalid, match=sentence) as refusal:
        await vote(world, "nurse1", ballot, **given)
    assert refusal.value.path == (path,)
    assert await world.events(world.engagement) == before
    async with world.database.session() as session:
        assert (await session.scalars(select(Vote))).all() == []


async def test_a_vote_for_options_says_why_where_every_vote_must(world: World) -> None:
    ballot = await opened(world, RANKING, reason_policy=ReasonPolicy.REQUIRED)

    with pytest.raises(Invalid, match="A vote needs a reason") as refusal:
        await vote(world, "nurse1", ballot, options=(1,))
    assert refusal.value.path == ("rationale",)
    await vote(world, "nurse1", ballot, rationale="It is quicker.", options=(1,))


async def test_the_outcome_names_who_won(world: World) -> None:
    ballot = await opened(world, RANKING)
    for name in VOTERS:
        await vote(world, name, ballot, options=(2, 1) if name.startswith("nurse") else (1, 3))
    await close(world, ballot)

    async with world.database.session() as session:
        outcome = (await session.get_one(Ballot, ballot)).outcome
    assert outcome is not None
    assert outcome["status"] == Status.CONSENSUS_WITH_DISSENT
    assert outcome["overall"]["winners"] == [1]
    assert outcome["reasons"] == ["Nurses: prefers option 2 to option 1."]


@pytest.mark.parametrize(
    ("kind", "more", "path"),
    [
        (CHOICE, {"options": ["One"]}, ("options",)),
        (BallotKind.RATING, {"options": ["One", "Two"]}, ("options",)),
        (
            CHOICE,
            {"rule": {"name": "approval", "version": 1, "most_winners": 4}},
            ("rule", "most_winners"),
        ),
    ],
)
async def test_a_ballot_with_impossible_options_is_not_drafted(
    world: World, kind: BallotKind, more: dict[str, Any], path: tuple[str, ...]
) -> None:
    with pytest.raises(Invalid) as refusal:
        await draft(world, kind, **more)
    assert refusal.value.path == path


async def test_the_options_of_a_draft_can_be_changed_within_its_rule(world: World) -> None:
    rule = {"name": "approval", "version": 1, "most_winners": 3}
    ballot = await draft(world, CHOICE, rule=rule)
    moderator = await world.viewer("moderator")

    with pytest.raises(Invalid, match="3 of 2 options cannot win"):
        async with UnitOfWork(world.database, moderator) as uow:
            await edit_ballot(uow, ballot_id=ballot, expected_revision=None, options=["One", "Two"])
    async with UnitOfWork(world.database, moderator) as uow:
        await edit_ballot(
            uow, ballot_id=ballot, expected_revision=None, options=["One", "Two", "Three", "Four"]
        )
    await advance(world, ballot, BallotTransition.OPEN)
    await vote(world, "nurse1", ballot, options=(4,))
