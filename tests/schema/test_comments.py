"""Threads and comments through the API: who may do what, and what it leaves behind."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from domain.models.topics import StoredEvent
from domain.permissions import ANYONE, Audience
from tests.conftest import Ask
from tests.world import World

OPEN_THREAD = """
mutation ($input: OpenThreadInput!) {
  openThread(input: $input) {
    __typename
    ... on OpenThreadPayload {
      thread { id subject { __typename id } comments { totalCount nodes { id body } } }
    }
    ... on Error { code message path }
  }
}
"""
ADD_COMMENT = """
mutation ($input: AddCommentInput!) {
  addComment(input: $input) {
    __typename
    ... on AddCommentPayload { comment { id body revision viewerCanEdit } }
    ... on Error { code message path }
  }
}
"""


async def open_thread(ask: Ask, world: World, name: str = "nurse1") -> str:
    data = await ask(
        await world.viewer(name),
        OPEN_THREAD,
        input={
            "topicId": world.id("Engagement", world.engagement),
            "subjectId": world.id("Section", world.sections[0]),
            "body": "Is this section complete?",
        },
    )
    assert data["openThread"]["__typename"] == "OpenThreadPayload", data
    return str(data["openThread"]["thread"]["id"])


async def test_a_stakeholder_opens_a_thread_about_a_section(ask: Ask, world: World) -> None:
    thread = await open_thread(ask, world)

    data = await ask(
        await world.viewer("pharmacist1"),
        "query ($id: ID!) { node(id: $id) { ... on Thread { subject { __typename } "
        "comments { totalCount nodes { body author { name } } } } } }",
        id=thread,
    )

    assert data["node"] == {
        "subject": {"__typename": "Section"},
        "comments": {
            "totalCount": 1,
            "nodes": [{"body": "Is this section complete?", "author": {"name": "Nurse1"}}],
        },
    }


async def test_every_audience_gets_the_comment_in_its_own_gapless_stream(
    ask: Ask, world: World
) -> None:
    thread = await open_thread(ask, world)
    await ask(
        await world.viewer("nurse2"), ADD_COMMENT, input={"threadId": thread, "body": "It is."}
    )

    async with world.database.read() as session:
        rows = (
            await session.scalars(
                select(StoredEvent)
                .where(StoredEvent.topic_id == world.engagement)
                .order_by(StoredEvent.audience, StoredEvent.sequence)
            )
        ).all()

    for reader in Audience:
        mine = [(row.sequence, row.kind) for row in rows if row.audience is reader]
        assert mine == [(1, "THREAD_OPENED"), (2, "COMMENT_ADDED"), (3, "COMMENT_ADDED")]


async def test_the_same_idempotency_key_adds_one_comment(ask: Ask, world: World) -> None:
    thread = await open_thread(ask, world)
    viewer = await world.viewer("nurse2")
    input = {"threadId": thread, "body": "Once.", "idempotencyKey": "k-1"}

    first = await ask(viewer, ADD_COMMENT, input=input)
    again = await ask(viewer, ADD_COMMENT, input=input)
    other = await ask(viewer, ADD_COMMENT, input={**input, "body": "Twice."})

    assert first == again
    assert other["addComment"]["code"] == "CONFLICT"


@pytest.mark.parametrize(
    ("name", "code"), [("stranger", "NOT_ALLOWED"), ("developer", None), ("moderator", None)]
)
async def test_who_may_comment(ask: Ask, world: World, name: str, code: str | None) -> None:
    thread = await open_thread(ask, world)

    data = await ask(
        await world.viewer(name), ADD_COMMENT, input={"threadId": thread, "body": "Mine."}
    )

    assert data["addComment"].get("code") == code


async def test_nobody_unknown_may_comment(ask: Ask, world: World) -> None:
    thread = await open_thread(ask, world)

    data = await ask(ANYONE, ADD_COMMENT, input={"threadId": thread, "body": "Anonymous."})

    assert data["addComment"]["code"] == "NOT_ALLOWED"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "is empty"),
        ("a\x00b", "U+0000 at position 2"),
        ("x" * 20_001, "20,001 characters"),
    ],
)
async def test_words_that_cannot_be_stored_are_refused(
    ask: Ask, world: World, body: str, sentence: str
) -> None:
    thread = await open_thread(ask, world)

    data = await ask(
        await world.viewer("nurse1"), ADD_COMMENT, input={"threadId": thread, "body": body}
    )

    assert data["addComment"]["code"] == "INVALID"
    assert data["addComment"]["path"] == ["body"]
    assert sentence in data["addComment"]["message"]
