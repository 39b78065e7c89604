"""A response is whole: what is said while it is published is refused, or answered in it."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from domain.commands import comments, dispositions, engagements, responses
from domain.errors import Conflict
from domain.lifecycle import EngagementTransition
from domain.models.comments import SubjectKind
from domain.models.dispositions import DispositionKind
from domain.unit_of_work import UnitOfWork
from tests.world import World

AUTHORS = ("nurse1", "nurse2", "nurse3", "pharmacist1", "pharmacist2", "pharmacist3")
COUNTS = text(
    "SELECT (SELECT count(*) FROM threads) AS threads, (SELECT count(*) FROM comments) AS comments,"
    " (SELECT count(*) FROM response_entries) AS entries,"
    " (SELECT count(*) FROM responses) AS responses"
)
NOTED: dispositions.Answer = {
    "kind": DispositionKind.NOTED,
    "reason": "It asks for nothing.",
    "section_id": None,
    "revision_before": None,
    "revision_after": None,
    "change": None,
}


async def test_of_what_is_said_while_a_response_is_published_nothing_is_left_out(
    world: World,
) -> None:
    async def say(name: str) -> bool:
        """Open a thread that a moderator answers at once; say whether that was in time."""
        try:
            async with UnitOfWork(world.database, await world.viewer(name)) as uow:
                thread = await comments.open_thread(
                    uow,
                    topic_id=world.engagement,
                    subject_kind=SubjectKind.SECTION,
                    subject_id=world.sections[0],
                    body="In time?",
                )
        except Conflict:
            return False
        async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
            await dispositions.set_disposition(
                uow, thread_id=thread, answer=NOTED, expected_revision=None
            )
        return True

    async def end() -> None:
        async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
            await engagements.advance_engagement(
                uow,
                engagement_id=world.engagement,
                transition=EngagementTransition.CLOSE,
                reason="It is over.",
                expected_revision=None,
            )
        while True:
            try:
                async with UnitOfWork(world.database, await world.viewer("secretary")) as uow:
                    await responses.publish_response(
                        uow,
                        engagement_id=world.engagement,
                        reason="All is answered.",
                        expected_revision=None,
                    )
            except Conflict as refusal:
                if "still lack a disposition" not in refusal.message:
                    raise
            else:
                return

    *heard, _ = await asyncio.gather(*(say(name) for name in AUTHORS), end())
    async with world.database.session() as session:
        counts = (await session.execute(COUNTS)).one()

    assert counts.threads == counts.comments == counts.entries == sum(map(bool, heard))
    assert counts.responses == 1


async def test_a_response_is_published_by_one_of_those_who_try_at_once(world: World) -> None:
    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        await engagements.advance_engagement(
            uow,
            engagement_id=world.engagement,
            transition=EngagementTransition.CLOSE,
            reason="It is over.",
            expected_revision=None,
        )

    async def publish(name: str) -> bool:
        try:
            async with UnitOfWork(world.database, await world.viewer(name)) as uow:
                await responses.publish_response(
                    uow,
                    engagement_id=world.engagement,
                    reason="All is answered.",
                    expected_revision=None,
                )
        except Conflict:
            return False
        return True

    tried = ("moderator", "secretary", "admin") * 2

    assert sum(await asyncio.gather(*(publish(name) for name in tried))) == 1
