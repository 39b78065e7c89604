"""Casting votes: what it costs, what it keeps, and that nothing is lost or counted twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from domain.commands.ballots import advance_ballot
from domain.commands.votes import Casting, cast_vote, cast_votes
from domain.consensus.choices import BallotKind, ReasonPolicy, choices
from domain.consensus.rules import default_rule, rule_hash
from domain.consensus.tallies import Tally, apply
from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.lifecycle import BallotState, BallotTransition, EngagementState
from domain.models.ballots import Ballot, BallotSecrecy, BallotVisibility, TallyRow
from domain.models.engagements import Engagement
from domain.models.stakeholders import Stakeholder
from domain.models.topics import IdempotencyKey, StoredEvent, Topic
from domain.models.votes import CastVote, Vote
from domain.permissions import ANYONE, Audience
from domain.unit_of_work import CHANNEL, UnitOfWork
from tests.ballots import VOTERS, close, counts, draft, opened, vote
from tests.counting import counting
from tests.world import World


async def cost(world: World, name: str, ballot: UUID, choice: str, key: str | None) -> int:
    """Return how many statements a vote takes; who votes is known beforehand."""
    await world.viewer(name)
    with counting(world.database) as sent:
        await vote(world, name, ballot, choice, key=key)
    return len(sent) - 1  # the first one reads the viewer's roles


async def test_a_vote_and_its_change_take_one_statement_with_and_without_a_key(
    world: World,
) -> None:
    ballot = await opened(world)

    assert await cost(world, "nurse1", ballot, "AGREE", None) == 1
    assert await cost(world, "nurse1", ballot, "DISAGREE", None) == 1
    assert await cost(world, "nurse2", ballot, "AGREE", "first") == 1
    assert await cost(world, "nurse2", ballot, "PASS", "second") == 1


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
        "round": 1,
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
            assert each.choice is not None
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
            {"ballot_id": str(ballot), "constituency_id": nurses, "first": first, "round": 1},
        )
        for first in (True, False)
    ]


async def test_only_who_is_known_votes(world: World) -> None:
    ballot = await opened(world)

    with pytest.raises(NotAllowed, match="sign in"):
        await cast_vote(world.database, Casting(viewer=ANYONE, ballot_id=ballot, choice="AGREE"))


async def test_a_refused_vote_leaves_nothing_and_its_key_can_be_used_again(world: World) -> None:
    ballot = await opened(world, BallotKind.POSITIONS)
    before = await world.events(world.engagement)

    with pytest.raises(Invalid, match="needs a reason"):
        await vote(world, "nurse1", ballot, "DISCUSS", key="k", fingerprint="a")
    async with world.database.read() as session:
        for model in (Vote, CastVote, IdempotencyKey):
            assert await session.scalar(select(func.count()).select_from(model)) == 0
    assert await world.events(world.engagement) == before
    await vote(world, "nurse1", ballot, "DISCUSS", "Unsafe.", key="k", fingerprint="b")


async def gapless(world: World) -> None:
    """Assert that the events of each stream of the exercise are numbered from 1 to its counter."""
    async with world.database.session() as session:
        topic = await session.get_one(Topic, world.engagement)
        rows = await session.execute(
            select(StoredEvent.audience, StoredEvent.sequence)
            .where(StoredEvent.topic_id == topic.id)
            .order_by(StoredEvent.sequence)
        )
    streams: dict[Audience, list[int]] = {reader: [] for reader in Audience}
    for row in rows:
        streams[row.audience].append(row.sequence)
    assert streams == {
        Audience.PUBLIC: list(range(1, topic.public_sequence + 1)),
        Audience.MEMBERS: list(range(1, topic.members_sequence + 1)),
        Audience.MODERATORS: list(range(1, topic.moderators_sequence + 1)),
    }


@pytest.mark.parametrize("visibility", BallotVisibility)
async def test_twenty_votes_of_one_person_at_once_are_twenty_castings_of_one_vote(
    world: World, visibility: BallotVisibility
) -> None:
    ballot = await opened(world, visibility=visibility)
    possible = choices(BallotKind.SENSE_CHECK)

    ids = await asyncio.gather(
        *(vote(world, "nurse1", ballot, possible[number % 3]) for number in range(20))
    )

    async with world.database.read() as session:
        revisions = (
            await session.scalars(select(CastVote.revision).order_by(CastVote.revision))
        ).all()
    assert len(set(ids)) == 1
    assert list(revisions) == list(range(1, 21))
    assert await counts(world, ballot) == await recount(world, ballot, BallotKind.SENSE_CHECK)
    await gapless(world)


async def test_twenty_votes_in_two_ballots_at_once_are_numbered_without_a_gap(world: World) -> None:
    ballots = [
        await opened(world),
        await opened(world, visibility=BallotVisibility.AFTER_CLOSE),
    ]

    await asyncio.gather(
        *(vote(world, VOTERS[number % 9], ballots[number % 2], "AGREE") for number in range(20))
    )

    for ballot in ballots:
        assert await counts(world, ballot) == await recount(world, ballot, BallotKind.SENSE_CHECK)
    await gapless(world)


async def test_one_key_in_two_ballots_at_once_casts_one_vote(world: World) -> None:
    ballots = [await opened(world), await opened(world)]

    results = await asyncio.gather(
        *(
            vote(world, "nurse1", ballot, "AGREE", key="k", fingerprint=str(ballot))
            for ballot in ballots
        ),
        return_exceptions=True,
    )

    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    async with world.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Vote)) == 1


async def waiting(world: World) -> bool:
    """Say whether a statement waits for a lock in this database."""
    async with world.database.session() as session:
        found: int | None = await session.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )
    return bool(found)


async def test_a_vote_that_waited_for_the_close_is_refused(world: World) -> None:
    ballot = await opened(world)

    async with world.database.session() as closing:
        await closing.execute(
            update(Ballot).where(Ballot.id == ballot).values(state=BallotState.CLOSED)
        )
        late = asyncio.create_task(vote(world, "nurse1", ballot, "AGREE"))
        while not await waiting(world):
            assert not late.done()
        await closing.commit()

    with pytest.raises(Conflict, match="it is CLOSED"):
        await late
    assert await recount(world, ballot, BallotKind.SENSE_CHECK) == await counts(world, ballot)


@pytest.mark.parametrize("secrecy", BallotSecrecy)
async def test_a_vote_that_waited_for_the_opening_is_taken_as_the_ballot_was_opened(
    world: World, secrecy: BallotSecrecy
) -> None:
    ballot = await draft(world, secrecy=secrecy)

    async with UnitOfWork(world.database, await world.viewer("moderator")) as opening:
        await advance_ballot(
            opening,
            ballot_id=ballot,
            transition=BallotTransition.OPEN,
            reason="",
            expected_revision=None,
        )
        await opening.session.flush()
        early = asyncio.create_task(vote(world, "nurse1", ballot, "AGREE"))
        while not await waiting(world):
            assert not early.done()

    if secrecy is BallotSecrecy.UNLINKABLE:
        with pytest.raises(Conflict, match="take your paper"):
            await early
    else:
        await early
    async with world.database.read() as session:
        cast = await session.scalar(select(func.count()).select_from(Vote))
    assert cast == (0 if secrecy is BallotSecrecy.UNLINKABLE else 1)


class Woken:
    """A way to wake readers that notes whom it woke."""

    def __init__(self) -> None:
        self.calls: list[list[UUID]] = []

    async def __call__(self, topics: Iterable[UUID]) -> None:
        self.calls.append(list(topics))


async def test_a_vote_wakes_the_topic_once_and_a_repeated_request_wakes_nobody(
    world: World,
) -> None:
    ballot = await opened(world)
    woken = Woken()
    world.database.notify, world.database.wake = False, woken

    for _ in range(2):
        await vote(world, "nurse1", ballot, "AGREE", key="k", fingerprint="a")

    assert woken.calls == [[world.engagement]]


@pytest.mark.parametrize("notify", [True, False])
async def test_postgresql_sends_the_wake_up_with_the_commit_where_it_is_to(
    world: World, *, notify: bool
) -> None:
    ballot = await opened(world)
    world.database.notify = notify
    heard: list[str] = []
    async with world.database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.add_listener(CHANNEL, lambda *message: heard.append(message[-1]))
        await vote(world, "nurse1", ballot, "AGREE")
        await driver.fetchval("SELECT 1")  # what was sent before is here with the answer

    assert heard == ([str(world.engagement)] if notify else [])


async def test_votes_in_one_transaction_are_cast_in_their_order_and_wake_once(
    world: World,
) -> None:
    ballots = [await opened(world), await opened(world)]
    woken = Woken()
    database = world.database
    database.notify, database.wake = False, woken
    castings = [
        Casting(
            viewer=await world.viewer(name),
            ballot_id=ballot,
            choice=choice,
            idempotency_key=f"{choice} {ballot}",
        )
        for ballot, name, choice in (
            (ballots[1], "nurse1", "AGREE"),
            (ballots[0], "nurse2", "PASS"),
            (ballots[1], "nurse1", "DISAGREE"),
        )
    ]

    first = await cast_votes(database, castings)
    again = await cast_votes(database, castings)

    assert first == again
    assert first[0] == first[2] != first[1]
    assert woken.calls == [[world.engagement]]
    nurses = world.constituencies["Nurses"]
    assert [(await counts(world, ballot))[nurses] for ballot in ballots] == [[0, 0, 1], [0, 1, 0]]
    await gapless(world)


async def test_of_votes_in_one_transaction_one_refusal_leaves_none(world: World) -> None:
    ballot = await opened(world)
    castings = [
        Casting(viewer=await world.viewer(name), ballot_id=ballot, choice="AGREE")
        for name in ("nurse1", "stranger")
    ]

    with pytest.raises(NotAllowed, match="not among the electors"):
        await cast_votes(world.database, castings)

    assert not any(map(sum, (await counts(world, ballot)).values()))
    async with world.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Vote)) == 0
