"""Comments as they are written, of a whole topic or of one thread."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.commands import comments as commands
from domain.commands import moderation, words
from domain.models.comments import HidingGround, ReactionKind, SubjectKind
from domain.models.moderation import WordsKind
from domain.permissions import ANYONE
from domain.unit_of_work import UnitOfWork
from schema.nodes import parse
from tests.subscriptions.live import Live
from tests.world import World

COMMENTS = """
subscription ($topic: ID, $thread: ID, $after: String) {
  comments(topicId: $topic, threadId: $thread, after: $after) {
    __typename
    ... on CommentsSnapshot {
      cursor sequence
      thread { comments { nodes { body } } }
      threads { totalCount nodes { comments { nodes { body } } } }
    }
    ... on CommentEvent {
      cursor sequence kind
      thread { id resolvedAt }
      comment { body hiddenReason reactions { kind person { name } } }
    }
    ... on Reset { message }
  }
}
"""


async def open_thread(world: World, name: str, body: str) -> UUID:
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        return await commands.open_thread(
            uow,
            topic_id=world.engagement,
            subject_kind=SubjectKind.BLOCK,
            subject_id=world.blocks[0],
            body=body,
        )


async def add(world: World, name: str, thread: UUID, body: str) -> UUID:
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        return await commands.add_comment(uow, thread_id=thread, body=body)


async def test_a_topic_shows_its_threads_and_then_each_change(live: Live, world: World) -> None:
    thread = await open_thread(world, "nurse1", "Why?")
    topic = world.id("Engagement", world.engagement)

    async with live.subscribe(await world.viewer("nurse2"), COMMENTS, topic=topic) as messages:
        snapshot = await messages.next()
        comment = await add(world, "pharmacist1", thread, "Because.")
        added = await messages.next()
        async with UnitOfWork(world.database, await world.viewer("nurse1")) as uow:
            await commands.react(uow, comment_id=comment, kind=ReactionKind.THANKS, present=True)
        reacted = await messages.next()
        async with UnitOfWork(world.database, await world.viewer("nurse1")) as uow:
            await commands.resolve_thread(uow, thread_id=thread, expected_revision=1)
        resolved = await messages.next()

    assert snapshot["threads"] == {
        "totalCount": 1,
        "nodes": [{"comments": {"nodes": [{"body": "Why?"}]}}],
    }
    assert added["comment"]["body"] == "Because."
    assert reacted["comment"]["reactions"] == [{"kind": "THANKS", "person": {"name": "Nurse1"}}]
    assert resolved["kind"] == "THREAD_RESOLVED"
    assert resolved["comment"] is None
    assert resolved["thread"]["resolvedAt"] is not None


async def test_one_thread_hears_nothing_of_another(live: Live, world: World) -> None:
    mine = await open_thread(world, "nurse1", "Mine.")
    other = await open_thread(world, "nurse1", "Other.")

    async with live.subscribe(
        await world.viewer("nurse2"), COMMENTS, thread=world.id("Thread", mine)
    ) as messages:
        snapshot = await messages.next()
        await add(world, "nurse2", other, "Not for you.")
        await add(world, "nurse2", mine, "For you.")
        event = await messages.next()

    assert snapshot["thread"] == {"comments": {"nodes": [{"body": "Mine."}]}}
    assert event["comment"]["body"] == "For you."
    assert event["sequence"] == snapshot["sequence"] + 2


async def test_a_comment_that_is_moved_is_told_of_in_both_threads(live: Live, world: World) -> None:
    left = await open_thread(world, "nurse1", "One.")
    entered = await open_thread(world, "nurse1", "Other.")
    comment = await add(world, "nurse1", left, "About the other one.")
    nurse = await world.viewer("nurse2")

    async with (
        live.subscribe(nurse, COMMENTS, thread=world.id("Thread", left)) as leaving,
        live.subscribe(nurse, COMMENTS, thread=world.id("Thread", entered)) as entering,
    ):
        await leaving.next()
        await entering.next()
        async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
            await moderation.move_comment(
                uow,
                comment_id=comment,
                thread_id=entered,
                reason="It is about that.",
                expected_revision=1,
            )
        told = [await leaving.next(), await entering.next()]

    assert [each["kind"] for each in told] == ["COMMENT_MOVED", "COMMENT_MOVED"]
    assert {each["thread"]["id"] for each in told} == {world.id("Thread", entered)}


async def test_a_hidden_comment_is_replayed_without_its_words(live: Live, world: World) -> None:
    topic = world.id("Engagement", world.engagement)
    async with live.subscribe(ANYONE, COMMENTS, topic=topic) as messages:
        snapshot = await messages.next()
    thread = await open_thread(world, "nurse1", "First.")
    canary = await add(world, "nurse1", thread, "A canary in a secret.")
    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        await words.hide_words(
            uow,
            kind=WordsKind.COMMENT,
            words_id=canary,
            ground=HidingGround.PERSONAL_DATA,
            reason="It names a patient.",
            expected_revision=1,
        )

    async with live.subscribe(ANYONE, COMMENTS, topic=topic, after=snapshot["cursor"]) as messages:
        replayed = await messages.take(4)
    async with live.subscribe(
        await world.viewer("nurse1"), COMMENTS, thread=world.id("Thread", thread)
    ) as messages:
        own = await messages.next()

    assert "canary" not in str(replayed)
    assert "patient" not in str(replayed)
    assert own["thread"]["comments"]["nodes"][1]["body"] == "A canary in a secret."


async def test_an_author_is_told_what_was_decided_and_why_in_a_topic_of_their_own(
    live: Live, world: World
) -> None:
    query = (
        "subscription ($topic: ID!) { activity(topicId: $topic) { ... on ActivityEvent { kind "
        "subject { ... on ModerationDecision { "
        "action reason words { ... on Comment { body } } } } } } }"
    )
    thread = await open_thread(world, "nurse1", "First.")
    comment = await add(world, "nurse1", thread, "Mr Brown said so.")
    own = world.id("Person", world.people["nurse1"])

    async with live.subscribe(await world.viewer("nurse1"), query, topic=own) as messages:
        await messages.next()
        async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
            await words.hide_words(
                uow,
                kind=WordsKind.COMMENT,
                words_id=comment,
                ground=HidingGround.PERSONAL_DATA,
                reason="It names a patient.",
                expected_revision=1,
            )
        told = await messages.next()
    async with live.subscribe(await world.viewer("nurse2"), query, topic=own) as messages:
        other = await messages.result()

    assert told == {
        "kind": "MODERATION_DECIDED",
        "subject": {
            "action": "HIDE",
            "reason": "It names a patient.",
            "words": {"body": "Mr Brown said so."},
        },
    }
    assert other["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("both", [True, False])
async def test_a_topic_or_a_thread_is_needed(live: Live, world: World, both: bool) -> None:  # noqa: FBT001
    thread = await open_thread(world, "nurse1", "One.")
    variables = {
        "topic": world.id("Engagement", world.engagement),
        "thread": world.id("Thread", thread),
    }

    error = await live.refused(ANYONE, COMMENTS, **(variables if both else {}))

    assert error["extensions"]["code"] == "INVALID"
    assert parse(variables["thread"], "id") == ("Thread", thread)
