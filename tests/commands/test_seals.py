"""Sealing: every event of a stream is committed to once, in a chain that nobody can rewrite."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from api.chores import repeating
from api.keys import local_key
from api.reports.notary import Notary, signed
from domain.commands import seals
from domain.commands.seals import seal, seal_closed
from domain.evidence import beginning, commitment, fact, link
from domain.models.ballots import BallotVisibility
from domain.models.seals import Commitment, Seal
from domain.models.topics import StoredEvent
from domain.permissions import Audience
from tests.ballots import VOTERS, close, counts, opened, vote
from tests.world import World


@pytest.fixture
def notary(tmp_path: Path) -> Notary:
    return Notary(local_key(tmp_path / "evidence-key.json"))


async def stored(world: World, model: Any, audience: Audience) -> list[Any]:
    async with world.database.read() as session:
        return list(
            await session.scalars(
                select(model)
                .where(model.topic_id == world.engagement, model.audience == audience)
                .order_by(model.sequence)
            )
        )


async def test_a_closed_ballot_has_its_log_sealed_in_every_stream(
    world: World, notary: Notary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "BATCH", 4)
    ballot = await opened(world, visibility=BallotVisibility.AFTER_CLOSE)
    for name in VOTERS:
        await vote(world, name, ballot, "AGREE")
    before = await seal_closed(world.database, notary.sign)
    await close(world, ballot)
    after = await seal_closed(world.database, notary.sign)

    assert (before, after) == (0, 3)
    for audience, length in (
        (Audience.PUBLIC, 2),
        (Audience.MEMBERS, 2),
        (Audience.MODERATORS, 3 + len(VOTERS)),
    ):
        head = beginning(world.engagement, audience)
        events = await stored(world, StoredEvent, audience)
        commitments = await stored(world, Commitment, audience)
        assert len(events) == len(commitments) == length
        for event, committed in zip(events, commitments, strict=True):
            meant = fact(
                stream=(world.engagement, audience),
                sequence=event.sequence,
                kind=event.kind,
                data=event.data,
                at=event.at,
                actor_id=event.actor_id,
                salt=committed.salt,
            )
            assert committed.digest == commitment(meant, committed.salt)
            head = link(head, event.sequence, committed.digest)
            assert committed.head == head
        [sealed] = await stored(world, Seal, audience)
        statement = signed(sealed.signature, OKPKey.import_key(notary.public))
        assert statement is not None
        assert (statement["sequence"], statement["head"]) == (length, head.hex())


async def test_sealing_at_the_same_time_makes_one_chain(world: World, notary: Notary) -> None:
    ballot = await opened(world)
    await vote(world, "nurse1", ballot, "AGREE")
    await close(world, ballot)
    stream = (world.engagement, Audience.MODERATORS)

    await asyncio.gather(
        *(seal(world.database, {stream: end}, notary.sign) for end in (4, 2, 4, 3, 4))
    )

    assert [row.sequence for row in await stored(world, Commitment, stream[1])] == [1, 2, 3, 4]
    assert [row.sequence for row in await stored(world, Seal, stream[1])] == [2, 3, 4]


@pytest.mark.parametrize("table", ["commitments", "seals", "report_statements"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET {} = {}"])
async def test_the_application_may_not_change_evidence(
    world: World, table: str, change: str
) -> None:
    column = "id" if table == "report_statements" else "topic_id"
    async with world.database.session() as session:
        with pytest.raises(DBAPIError, match="permission denied"):
            await session.execute(text(change.format(table, column, column)))


async def test_a_vote_does_not_wait_for_a_seal(world: World) -> None:
    ballot = await opened(world)
    async with world.database.session() as session, session.begin():
        await session.execute(seals.LOCK, {"stream": f"{world.engagement} MODERATORS"})
        await session.execute(
            text("INSERT INTO seals VALUES (:topic, 'MODERATORS', 1, '', now())"),
            {"topic": world.engagement},
        )
        await asyncio.wait_for(vote(world, "nurse1", ballot, "AGREE"), 10)

    assert sum(map(sum, (await counts(world, ballot)).values())) == 1


async def test_a_process_seals_what_is_closed_while_it_runs(world: World, tmp_path: Path) -> None:
    last = asyncio.Event()

    class Watched(Notary):
        def sign(self, statement: Mapping[str, Any]) -> str:
            if statement["audience"] == Audience.PUBLIC:
                last.set()
            return super().sign(statement)

    await close(world, await opened(world))
    notary = Watched(local_key(tmp_path / "key.json"))
    async with repeating("sealing", 0.01, partial(seals.seal_closed, world.database, notary.sign)):
        await asyncio.wait_for(last.wait(), 10)

    # The stream that is sealed last may be cut off by the end.
    assert len(await stored(world, Seal, Audience.MODERATORS)) == 1
    assert len(await stored(world, Seal, Audience.MEMBERS)) == 1
