"""Unlinkable ballots: papers are taken once, cast without a name, and shuffled at the close."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from domain.commands.papers import cast_paper, take_paper
from domain.consensus.choices import ReasonPolicy
from domain.consensus.receipts import commitment
from domain.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.lifecycle import EngagementState
from domain.models.ballots import Ballot, BallotSecrecy, BallotVisibility, Elector
from domain.models.engagements import Engagement
from domain.models.papers import Paper, PaperVote
from domain.models.topics import StoredEvent
from domain.permissions import ANYONE
from domain.queries import ballots, consensus, receipts
from tests.ballots import VOTERS, close, counts, draft, opened, vote
from tests.world import World

UNLINKABLE: dict[str, Any] = {"secrecy": BallotSecrecy.UNLINKABLE, "smallest_count": 2}


async def taken(world: World, name: str, ballot: UUID) -> str:
    viewer = await world.viewer(name)
    return (await take_paper(world.database, viewer, ballot_id=ballot)).secret


async def cast(world: World, secret: str, choice: str, rationale: str = "") -> str:
    _, receipt = await cast_paper(
        world.database, ANYONE, secret=secret, choice=choice, rationale=rationale
    )
    return receipt.commitment


async def stored(world: World, record: Any) -> list[Any]:
    async with world.database.read() as session:
        return list(await session.scalars(select(record)))


async def test_a_paper_is_cast_without_a_session_and_the_last_that_is_on_it_counts(
    world: World,
) -> None:
    ballot = await opened(world, **UNLINKABLE)
    secrets = [await taken(world, name, ballot) for name in VOTERS]
    for number, secret in enumerate(secrets):
        await cast(world, secret, "PASS" if number % 2 else "AGREE", "A canary.")
    last = [await cast(world, secret, "DISAGREE") for secret in secrets[:4]]

    found = await counts(world, ballot)
    assert [sum(column) for column in zip(*found.values(), strict=True)] == [3, 4, 2]
    [kept] = await stored(world, Ballot)
    assert kept.rule_hash is not None
    await close(world, ballot)

    assert await stored(world, Paper) == []
    papers = await stored(world, PaperVote)
    assert sorted(paper.choice for paper in papers) == [0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert {paper.id.version for paper in papers} == {4}
    async with world.database.read() as session:
        [published] = await receipts.of_ballots(session, ANYONE, [ballot])
        [standing] = await consensus.of_ballots(session, ANYONE, [ballot])
    assert published == sorted(published or [])
    assert set(last) < set(published or [])
    assert len(published or []) == 9
    assert standing is not None
    assert standing.consensus.turnout.voted == 9


async def test_what_is_kept_of_a_paper_has_neither_person_nor_time_nor_its_secret(
    world: World,
) -> None:
    ballot = await opened(world, **UNLINKABLE)
    secret = await taken(world, "nurse1", ballot)
    _, receipt = await cast_paper(
        world.database, await world.viewer("nurse1"), secret=secret, choice="AGREE", rationale=""
    )

    [paper] = await stored(world, Paper)
    assert paper.hash == sha256(secret.encode()).hexdigest()
    assert paper.commitment == receipt.commitment == commitment(ballot, "AGREE", receipt.salt)
    for table in (Paper, PaperVote):
        names = {column.name for column in table.__table__.columns}
        assert not {name for name in names if name.endswith("_at") or "person" in name}
    events = [row for row in await stored(world, StoredEvent) if row.kind[:4] in ("PAPE", "VOTE")]
    assert [(row.kind, row.audience, row.actor_id) for row in events] == [
        ("PAPER_TAKEN", "MODERATORS", None),
        ("VOTE_RECEIVED", "MODERATORS", None),
    ]
    assert [set(row.data) for row in events] == [{"ballot_id"}, {"ballot_id", "first", "round"}]
    person = str(world.people["nurse1"])
    async with world.database.session() as session:
        for table_name in ("papers", "votes", "cast_votes", "idempotency_keys", "vote_receipts"):
            rows = await session.execute(text(f"SELECT t::text FROM {table_name} t"))
            assert not [row for row in rows.scalars() if person in row or secret in row]


async def test_an_elector_takes_one_paper_which_is_noted_and_not_replaced(world: World) -> None:
    ballot = await opened(world, **UNLINKABLE)

    async def may(name: str) -> tuple[bool, bool]:
        viewer = await world.viewer(name)
        async with world.database.read() as session:
            [paper] = await ballots.papers_for_viewer(session, viewer, [ballot])
            [own] = await ballots.open_to_viewer(session, viewer, [ballot])
        return paper, own

    assert await may("nurse1") == (True, False)
    await taken(world, "nurse1", ballot)
    with pytest.raises(Conflict, match="cannot be replaced"):
        await taken(world, "nurse1", ballot)
    assert await may("nurse1") == (False, False)
    assert await may("moderator") == (False, False)
    assert [each.person_id for each in await stored(world, Elector) if each.took_paper] == [
        world.people["nurse1"]
    ]
    assert len(await stored(world, Paper)) == 1


async def test_who_may_take_no_paper_is_told_why_and_nothing_is_written(world: World) -> None:
    drafted = await draft(world, **UNLINKABLE)
    named = await opened(world)
    ended = await opened(world, **UNLINKABLE)
    await close(world, ended)
    ballot = await opened(world, **UNLINKABLE)
    refusals: list[tuple[str, UUID, type[DomainError]]] = [
        ("nurse1", drafted, NotFound),
        ("nurse1", named, Conflict),
        ("nurse1", ended, Conflict),
        ("stranger", ballot, NotAllowed),
        ("moderator", ballot, NotAllowed),
    ]
    for name, each, refusal in refusals:
        with pytest.raises(refusal):
            await taken(world, name, each)
    with pytest.raises(NotAllowed):
        await take_paper(world.database, ANYONE, ballot_id=ballot)
    with pytest.raises(Conflict, match="take your paper"):
        await vote(world, "nurse1", ballot, "AGREE")

    assert await stored(world, Paper) == []
    assert not any(each.took_paper for each in await stored(world, Elector))


async def test_a_paper_that_cannot_be_cast_is_told_why_and_nothing_is_written(
    world: World,
) -> None:
    ballot = await opened(world, reason_policy=ReasonPolicy.REQUIRED_FOR_DISSENT, **UNLINKABLE)
    secret = await taken(world, "nurse1", ballot)
    for given, choice, refusal in (
        ("", "AGREE", NotFound),
        (secret + "x", "AGREE", NotFound),
        (secret, "YES", Invalid),
        (secret, "DISAGREE", Invalid),
    ):
        with pytest.raises(refusal):
            await cast(world, given, choice)
    for state in (EngagementState.CLOSED, EngagementState.OPEN):
        async with world.database.session() as session:
            await session.execute(update(Engagement).values(state=state))
            await session.commit()
        if state is EngagementState.CLOSED:
            with pytest.raises(Conflict):
                await cast(world, secret, "AGREE")
    [paper] = await stored(world, Paper)
    assert (paper.choice, paper.commitment) == (None, None)
    assert sum(map(sum, (await counts(world, ballot)).values())) == 0

    await close(world, ballot)
    with pytest.raises(NotFound):
        await cast(world, secret, "AGREE")
    assert await stored(world, PaperVote) == []


@pytest.mark.parametrize("name", [None, "nurse2", "moderator"])
async def test_the_result_of_an_open_ballot_is_told_by_releases(
    world: World, name: str | None
) -> None:
    ballot = await opened(world, **UNLINKABLE)
    for number, voter in enumerate(VOTERS[:4]):
        await cast(world, await taken(world, voter, ballot), ("AGREE", "DISAGREE")[number % 2])
    viewer = ANYONE if name is None else await world.viewer(name)
    async with world.database.read() as session:
        [standing] = await consensus.of_ballots(session, viewer, [ballot])
    if name is None:
        assert standing is None
    else:
        assert standing is not None
        assert standing.consensus.suppressed
        assert standing.consensus.overall is not None


async def test_papers_cannot_open_a_ballot_to_those_who_cast_one(world: World) -> None:
    with pytest.raises(Invalid):
        await draft(world, visibility=BallotVisibility.AFTER_OWN_VOTE, **UNLINKABLE)
