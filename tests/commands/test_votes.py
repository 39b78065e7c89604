"""Casting votes: what it costs, what it keeps, and that nothing is lost or counted twice."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import func, select

from domain.consensus.choices import BallotKind, ReasonPolicy, choices
from domain.consensus.rules import default_rule, rule_hash
from domain.consensus.tallies import Tally, apply
from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.lifecycle import EngagementState
from domain.models.ballots import Ballot, BallotVisibility, TallyRow
from domain.models.engagements import Engagement
from domain.models.stakeholders import Stakeholder
from domain.models.topics import StoredEvent
from domain.models.votes import CastVote, Vote
from domain.permissions import Audience
from tests.ballots import VOTERS, close, counts, draft, opened, vote
from tests.counting import counting
from tests.world import World


async def cost(world: World, name: str, ballot: UUID, choice: str, key: str | None) -> int:
    """Return how many statements a vote takes; who votes is known beforehand."""
    await world.viewer(name)
    with counting(world.database) as sent:
        await vote(world, name, ballot, choice, key=key)
    return len(sent) - 1  # the first one reads the viewer's roles


async def test_a_vote_and_its_change_take_three_statements_with_and_without_a_key(
    world: World,
) -> None:
    ballot = await opened(world)

    assert await cost(world, "nurse1", ballot, "AGREE", None) == 3
    assert await cost(world, "nurse1", ballot, "DISAGREE", None) == 3
    assert await cost(world, "nurse2", ballot, "AGREE", "first") == 3
    assert await cost(world, "nurse2", ballot, "PASS", "second") == 3


async def test_a_vote_is_kept_counted_and_told(world: World) -> None:
    ballot = await opened(world)
    id = await vote(world, "nurse1", ballot, "DISAGREE", "Not yet.")

    async with world.database.session() as session:
        kept = await session.get_one(Vote, id)
        frozen = await session.scalar(select(Ballot.rule_hash).where(Ballot.id == ballot))
        events = (
            await session.scalars(select(StoredEvent).where(StoredEvent.kind == "VOTE_CAST"))
        ).all()

    assert (kept.choice, kept.rationale, kept.revision) == (1, "Not yet.", 1)
    assert kept.constituency_id == world.constituencies["Nurses"]
    assert frozen == rule_hash(default_rule(BallotKind.SENSE_CHECK))
    assert (await counts(world, ballot))[world.constituencies["Nurses"]] == [0, 1, 0]
    assert {each.audience for each in events} == {Audience.MEMBERS, Audience.MODERATORS}
    assert events[0].data == {
        "vote_id": str(id),
        "ballot_id": str(ballot),
        "constituency_id": str(world.constituencies["Nurses"]),
        "choice": 1,
        "rationale": "Not yet.",
        "revision": 1,
    }


async def test_a_changed_vote_keeps_its_id_and_its_history(world: World) -> None:
    ballot = await opened(world)
    ids = {await vote(world, "nurse1", ballot, choice) for choice in ("AGREE", "PASS", "PASS")}

    async with world.database.read() as session:
        history = (
            await session.execute(
                select(CastVote.revision, CastVote.choice).order_by(CastVote.revision)
            )
        ).all()
        told = await session.scalar(
            select(func.count())
            .select_from(StoredEvent)
            .where(StoredEvent.kind == "VOTE_CAST", StoredEvent.audience == Audience.MEMBERS)
        )

    assert len(ids) == 1
    assert [tuple(row) for row in history] == [(1, 0), (2, 2), (3, 2)]
    assert told == 3
    assert (await counts(world, ballot))[world.constituencies["Nurses"]] == [0, 0, 1]


async def test_a_repeated_key_casts_one_vote_also_after_the_close(world: World) -> None:
    ballot = await opened(world)
    first = await vote(world, "nurse1", ballot, "AGREE", key="k", fingerprint="a")

    assert await vote(world, "nurse1", ballot, "AGREE", key="k", fingerprint="a") == first
    with pytest.raises(Conflict, match="another request"):
        await vote(world, "nurse1", ballot, "PASS", key="k", fingerprint="b")
    await close(world, ballot)
    assert await vote(world, "nurse1", ballot, "AGREE", key="k", fingerprint="a") == first
    with pytest.raises(Conflict, match="it is CLOSED"):
        await vote(world, "nurse1", ballot, "AGREE", key="l", fingerprint="a")

    async with world.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(CastVote)) == 1


async def test_one_request_sent_five_times_at_once_casts_one_vote(world: World) -> None:
    ballot = await opened(world)

    ids = await asyncio.gather(
        *(vote(world, "nurse1", ballot, "AGREE", key="k", fingerprint="a") for _ in range(5))
    )

    assert len(set(ids)) == 1
    assert (await counts(world, ballot))[world.constituencies["Nurses"]] == [1, 0, 0]
    async with world.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(CastVote)) == 1


async def recount(world: World, ballot: UUID, kind: BallotKind) -> dict[UUID, list[int]]:
    """Count the votes afresh."""
    found = {id: [0] * len(choices(kind)) for id in world.constituencies.values()}
    async with world.database.read() as session:
        for each in await session.scalars(select(Vote).where(Vote.ballot_id == ballot)):
            found[each.constituency_id][each.choice] += 1
    return found


async def test_votes_of_many_at_once_are_counted_exactly_and_their_events_fold_to_the_tallies(
    world: World,
) -> None:
    ballot = await opened(world, BallotKind.RATING)
    ratings = choices(BallotKind.RATING)

    for turn in range(4):
        await asyncio.gather(
            *(
                vote(world, name, ballot, ratings[(place * 7 + turn * 3) % len(ratings)])
                for place, name in enumerate(VOTERS)
            )
        )

    tallied = await counts(world, ballot)
    assert tallied == await recount(world, ballot, BallotKind.RATING)
    assert sum(map(sum, tallied.values())) == len(VOTERS)

    async with world.database.read() as session:
        rows = await session.scalars(select(TallyRow).where(TallyRow.ballot_id == ballot))
        folded: tuple[Tally, ...] = tuple(
            Tally(str(row.constituency_id), "", row.eligible, (0,) * len(ratings)) for row in rows
        )
        events = await session.scalars(
            select(StoredEvent)
            .where(StoredEvent.kind == "VOTE_CAST", StoredEvent.audience == Audience.MEMBERS)
            .order_by(StoredEvent.sequence)
        )
        for each in events:
            data = each.data
            folded = apply(folded, data["constituency_id"], data.get("previous"), data["choice"])
    assert {UUID(tally.constituency): list(tally.counts) for tally in folded} == tallied


async def test_whoever_wins_the_race_against_the_close_only_acknowledged_votes_are_in_the_outcome(
    world: World,
) -> None:
    for _ in range(5):
        ballot = await opened(world)

        async def attempt(name: str, ballot: UUID = ballot) -> bool:
            try:
                await vote(world, name, ballot, "AGREE")
            except Conflict:
                return False
            return True

        results = await asyncio.gather(
            *(attempt(name) for name in VOTERS[:5]),
            close(world, ballot),
            *(attempt(name) for name in VOTERS[5:]),
        )
        acknowledged = results.count(True)
        async with world.database.read() as session:
            outcome = await session.scalar(select(Ballot.outcome).where(Ballot.id == ballot))

        assert outcome is not None
        assert outcome["turnout"]["voted"] == acknowledged
        assert sum(map(sum, (await counts(world, ballot)).values())) == acknowledged


@pytest.mark.parametrize("name", ["moderator", "developer", "secretary", "stranger"])
async def test_only_electors_vote(world: World, name: str) -> None:
    ballot = await opened(world)

    with pytest.raises(NotAllowed, match="not among the electors"):
        await vote(world, name, ballot, "AGREE")


async def test_who_left_the_exercise_votes_no_more(world: World) -> None:
    ballot = await opened(world)
    async with world.database.session() as session:
        await session.delete(await session.get_one(Stakeholder, world.stakeholders["nurse1"]))
        await session.commit()

    with pytest.raises(NotAllowed, match="VOTE"):
        await vote(world, "nurse1", ballot, "AGREE")


async def test_nobody_votes_in_a_draft(world: World) -> None:
    with pytest.raises(NotFound):
        await vote(world, "nurse1", await draft(world), "AGREE")


async def test_nobody_votes_after_the_close(world: World) -> None:
    ballot = await opened(world)
    await close(world, ballot)

    with pytest.raises(Conflict, match="Voting is possible while the ballot is OPEN; it is CLOSED"):
        await vote(world, "nurse1", ballot, "AGREE")


async def test_nobody_votes_while_the_exercise_is_not_open(world: World) -> None:
    ballot = await opened(world)
    async with world.database.session() as session:
        (await session.get_one(Engagement, world.engagement)).state = EngagementState.CLOSED
        await session.commit()

    with pytest.raises(Conflict, match="it is CLOSED"):
        await vote(world, "nurse1", ballot, "AGREE")


@pytest.mark.parametrize(
    ("kind", "policy", "choice", "reason", "refused"),
    [
        (BallotKind.POSITIONS, ReasonPolicy.OPTIONAL, "DISCUSS", "", ("rationale",)),
        (BallotKind.POSITIONS, ReasonPolicy.OPTIONAL, "DISCUSS", "  ", ("rationale",)),
        (BallotKind.POSITIONS, ReasonPolicy.OPTIONAL, "DISCUSS", "Unsafe.", None),
        (BallotKind.POSITIONS, ReasonPolicy.OPTIONAL, "YES", "", None),
        (BallotKind.SENSE_CHECK, ReasonPolicy.REQUIRED_FOR_DISSENT, "DISAGREE", "", ("rationale",)),
        (BallotKind.SENSE_CHECK, ReasonPolicy.REQUIRED_FOR_DISSENT, "AGREE", "", None),
        (BallotKind.RATING, ReasonPolicy.REQUIRED, "9", "", ("rationale",)),
        (BallotKind.RATING, ReasonPolicy.OPTIONAL, "10", "", ("choice",)),
        (BallotKind.SENSE_CHECK, ReasonPolicy.OPTIONAL, "YES", "", ("choice",)),
        (BallotKind.SENSE_CHECK, ReasonPolicy.OPTIONAL, "AGREE", "x" * 4_001, ("rationale",)),
    ],
)
async def test_choices_and_reasons_follow_the_kind_and_the_policy(
    world: World,
    kind: BallotKind,
    policy: ReasonPolicy,
    choice: str,
    reason: str,
    refused: tuple[str, ...] | None,
) -> None:
    ballot = await opened(world, kind, reason_policy=policy)

    path: tuple[str, ...] | None = None
    try:
        await vote(world, "nurse1", ballot, choice, reason)
    except Invalid as error:
        path = error.path
    assert path == refused


async def test_a_key_is_short(world: World) -> None:
    with pytest.raises(Invalid, match="1 to 200"):
        await vote(world, "nurse1", await opened(world), "AGREE", key="x" * 201)


async def test_of_a_blind_vote_only_moderators_are_told_that_it_was_cast(world: World) -> None:
    ballot = await opened(world, visibility=BallotVisibility.AFTER_CLOSE)
    await vote(world, "nurse1", ballot, "AGREE", "Because.")
    await vote(world, "nurse1", ballot, "DISAGREE", "Because.")

    async with world.database.read() as session:
        events = (
            await session.scalars(
                select(StoredEvent)
                .where(StoredEvent.kind.in_(("VOTE_CAST", "VOTE_RECEIVED")))
                .order_by(StoredEvent.sequence)
            )
        ).all()

    nurses = str(world.constituencies["Nurses"])
    assert [(each.kind, each.audience, each.data) for each in events] == [
        (
            "VOTE_RECEIVED",
            Audience.MODERATORS,
            {"ballot_id": str(ballot), "constituency_id": nurses, "first": first},
        )
        for first in (True, False)
    ]
