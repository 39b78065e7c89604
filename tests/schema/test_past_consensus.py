"""What a ballot's status was is computed from its events, and is what was shown then."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from domain.commands.sections import edit_section
from domain.commands.stakeholders import join_engagement
from domain.consensus.choices import LISTED, BallotKind, choices
from domain.consensus.rounds import RoundPlan
from domain.lifecycle import BallotTransition
from domain.models.ballots import BallotVisibility, TallyRow
from domain.models.comments import SubjectKind
from domain.permissions import ANYONE, Viewer
from domain.queries import topics
from domain.unit_of_work import UnitOfWork
from tests.ballots import VOTERS, advance, close, draft, opened, vote
from tests.conftest import Ask
from tests.counting import counting
from tests.world import World

FIGURES = """
fragment figures on Consensus {
  status reasons ruleHash asOf turnout { voted eligible }
  overall { ...group } byConstituency { ...group }
}
fragment group on GroupConsensus {
  constituency { id } status counts { choice rating count } eligible voted inFavour of
  intervalLow intervalHigh median tastleWierman fewestToFlip
}
"""
NOW = "query ($id: ID!) { node(id: $id) { ... on Ballot { consensus { ...figures } } } }" + FIGURES
THEN = (
    "query ($ids: [ID!]!, $at: Int!) { nodes(ids: $ids) { ... on Ballot "
    "{ consensusAt(sequence: $at) { ...figures } } } }" + FIGURES
)
READERS = (None, "stranger", "nurse1", "moderator")


async def shown(ask: Ask, world: World, viewer: Viewer, ballot: UUID) -> Any:
    return (await ask(viewer, NOW, id=world.id("Ballot", ballot)))["node"]["consensus"]


async def then(ask: Ask, world: World, viewer: Viewer, at: int, *ballots: UUID) -> list[Any]:
    ids = [world.id("Ballot", ballot) for ballot in ballots]
    return [node["consensusAt"] for node in (await ask(viewer, THEN, ids=ids, at=at))["nodes"]]


async def end(world: World, viewer: Viewer) -> int:
    """Return the last event of the viewer's stream."""
    async with world.database.read() as session:
        return (await topics.position(session, viewer, world.engagement)).sequence


async def viewers(world: World) -> dict[str | None, Viewer]:
    return {name: ANYONE if name is None else await world.viewer(name) for name in READERS}


def said(chance: random.Random, kind: BallotKind) -> tuple[str | None, tuple[int, ...]]:
    """Return a vote: a choice, or options where the ballot lists three."""
    if kind in LISTED:
        return None, tuple(chance.sample((1, 2, 3), chance.randint(1, 3)))
    return chance.choice(choices(kind)), ()


@pytest.mark.parametrize("visibility", BallotVisibility)
@pytest.mark.parametrize("kind", BallotKind)
async def test_a_random_run_is_told_again_as_it_was_shown(
    ask: Ask, world: World, kind: BallotKind, visibility: BallotVisibility
) -> None:
    chance = random.Random(f"{kind} {visibility}")  # noqa: S311 - the same run every time
    listed = {"options": ["One", "Two", "Three"]} if kind in LISTED else {}
    ballot = await opened(world, kind, visibility, electorate_grows=True, **listed)
    other = await opened(world, BallotKind.SENSE_CHECK)
    readers = await viewers(world)
    kept: list[tuple[str | None, int, Any]] = []

    async def record() -> None:
        for name, viewer in readers.items():
            kept.append((name, await end(world, viewer), await shown(ask, world, viewer, ballot)))

    await record()
    for step in range(25):
        if step == 12:
            async with UnitOfWork(world.database, await world.viewer("stranger")) as uow:
                await join_engagement(uow, constituency_id=world.constituencies["Nurses"])
        else:
            at = chance.choice([ballot, ballot, other])
            choice, options = said(chance, kind if at is ballot else BallotKind.SENSE_CHECK)
            voter = chance.choice(VOTERS)
            await vote(world, voter, at, choice, f"Because {step}.", options=options)
        await record()
    await close(world, ballot)
    await record()

    # The tables are forgotten: what is told is in the log.
    async with world.database.session() as session:
        await session.execute(update(TallyRow).values(eligible=0, voted=0, counts=[0] * 10))
        await session.commit()
    for name, sequence, found in kept:
        assert await then(ask, world, readers[name], sequence, ballot) == [found], name


async def test_before_it_was_opened_and_after_the_end_there_is_nothing_to_tell(
    ask: Ask, world: World
) -> None:
    first = await opened(world)
    second = await opened(world)
    unopened = await draft(world)
    viewer = await world.viewer("nurse1")

    assert await end(world, viewer) == 2
    one, two = [await then(ask, world, viewer, at, first, second) for at in (1, 2)]
    assert [found and found["asOf"] for found in one] == [1, None]
    assert [found and found["asOf"] for found in two] == [2, 2]
    for sequence in (-1, 0, 3, 2**31 - 1):
        assert await then(ask, world, viewer, sequence, first) == [None]
    moderator = await world.viewer("moderator")
    assert await then(ask, world, moderator, await end(world, moderator), unopened) == [None]


async def test_what_was_blind_stays_untold_of_that_time(ask: Ask, world: World) -> None:
    ballot = await opened(world, visibility=BallotVisibility.AFTER_CLOSE)
    await vote(world, "nurse1", ballot, "AGREE")
    member, moderator = await world.viewer("nurse2"), await world.viewer("moderator")
    during = [await end(world, viewer) for viewer in (member, moderator)]
    await close(world, ballot)

    assert await then(ask, world, member, during[0], ballot) == [None]
    [told] = await then(ask, world, moderator, during[1], ballot)
    assert (told["status"], told["turnout"]["voted"], told["overall"]) == ("WITHHELD", 1, None)
    [closed] = await then(ask, world, member, during[0] + 1, ballot)
    assert closed["turnout"]["voted"] == 1


async def test_many_ballots_take_as_many_statements_as_one(ask: Ask, world: World) -> None:
    ballots = [await opened(world) for _ in range(5)]
    viewer = await world.viewer("nurse1")
    with counting(world.database) as one:
        await then(ask, world, viewer, 5, ballots[0])
    with counting(world.database) as many:
        await then(ask, world, viewer, 5, *ballots)
    assert set(many) == set(one)


@pytest.mark.parametrize("visibility", BallotVisibility)
async def test_rounds_pauses_and_stale_votes_are_told_again(
    ask: Ask, world: World, visibility: BallotVisibility
) -> None:
    ballot = await opened(
        world,
        visibility=visibility,
        subject=(SubjectKind.SECTION, world.sections[0]),
        round_plan=RoundPlan(most_rounds=9),
    )
    readers = await viewers(world)
    kept: list[tuple[str | None, int, Any]] = []
    script: list[Any] = [
        *[(name, "AGREE") for name in VOTERS[:6]],
        "edit",
        ("nurse1", "DISAGREE"),
        ("pharmacist1", "AGREE"),
        BallotTransition.DEFER,
        BallotTransition.RESUME,
        BallotTransition.CLOSE_ROUND,
        BallotTransition.NEXT_ROUND,
        ("nurse1", "AGREE"),
        ("nurse1", "DISAGREE"),
        *[(name, "AGREE") for name in VOTERS[3:]],
        BallotTransition.CLOSE,
        BallotTransition.DECIDE,
    ]
    for step in script:
        match step:
            case "edit":
                async with UnitOfWork(world.database, await world.viewer("developer")) as uow:
                    await edit_section(
                        uow,
                        section_id=world.sections[0],
                        heading="Other words",
                        expected_revision=None,
                        material=True,
                    )
            case BallotTransition():
                decided = {"decision": "So be it."} if step is BallotTransition.DECIDE else {}
                await advance(world, ballot, step, "It is time.", **decided)
            case name, choice:
                await vote(world, name, ballot, choice)
        for name, viewer in readers.items():
            kept.append((name, await end(world, viewer), await shown(ask, world, viewer, ballot)))

    for name, sequence, found in kept:
        assert await then(ask, world, readers[name], sequence, ballot) == [found], (name, sequence)
    assert {found and found["turnout"]["voted"] for _, _, found in kept} >= {1, 6, 7}
