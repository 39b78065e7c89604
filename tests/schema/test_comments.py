"""Threads and comments through the API: who may do what, and what it leaves behind."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from domain.models.topics import StoredEvent
from domain.permissions import ANYONE, Audience
from tests.conftest import Ask
from tests.mutations import change
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


COMMENT = (
    "comment { id body revision editedAt hiddenAt hiddenReason edits { number body } "
    "mentioned { name } replyTo { body } reactions { kind person { name } } }"
)
WORDS = f"words {{ ... on Comment {COMMENT.removeprefix('comment ')} }}"
THREAD = "thread { id pinned resolvedAt resolvedBy { name } revision viewerCanComment }"


async def add(ask: Ask, world: World, name: str, thread: str, **input: Any) -> dict[str, Any]:
    """Add a comment and return it."""
    viewer = await world.viewer(name)
    payload = await change(
        ask, viewer, "addComment", COMMENT, threadId=thread, body="A comment.", **input
    )
    return dict(payload["comment"])


async def test_an_edit_keeps_the_earlier_words(ask: Ask, world: World) -> None:
    nurse = await world.viewer("nurse1")
    comment = await add(ask, world, "nurse1", await open_thread(ask, world))

    payload = await change(
        ask,
        nurse,
        "editComment",
        COMMENT,
        commentId=comment["id"],
        body="Better words.",
        expectedRevision=1,
    )

    assert payload["comment"]["body"] == "Better words."
    assert payload["comment"]["revision"] == 2
    assert payload["comment"]["editedAt"] is not None
    assert payload["comment"]["edits"] == [{"number": 1, "body": "A comment."}]


async def test_an_edit_of_what_was_changed_meanwhile_shows_what_is_there(
    ask: Ask, world: World
) -> None:
    nurse = await world.viewer("nurse1")
    comment = await add(ask, world, "nurse1", await open_thread(ask, world))
    edit = {"commentId": comment["id"], "body": "Other words."}
    await change(ask, nurse, "editComment", COMMENT, **edit, expectedRevision=1)

    data = await ask(
        nurse,
        "mutation ($input: EditCommentInput!) { editComment(input: $input) "
        "{ ... on Conflict { message path current { ... on Comment { body revision } } } } }",
        input={**edit, "body": "Too late.", "expectedRevision": 1},
    )

    assert data["editComment"]["current"] == {"body": "Other words.", "revision": 2}
    assert data["editComment"]["path"] == ["expectedRevision"]


async def test_an_edit_says_which_revision_it_saw(ask: Ask, world: World) -> None:
    comment = await add(ask, world, "nurse1", await open_thread(ask, world))

    refusal = await change(
        ask,
        await world.viewer("nurse1"),
        "editComment",
        COMMENT,
        commentId=comment["id"],
        body="Without looking.",
    )

    assert refusal["code"] == "INVALID"
    assert refusal["path"] == ["expectedRevision"]


async def test_nobody_else_edits_and_nobody_edits_what_is_hidden(ask: Ask, world: World) -> None:
    comment = await add(ask, world, "nurse1", await open_thread(ask, world))
    edit = {"commentId": comment["id"], "body": "Mine now.", "expectedRevision": None}
    moderator = await world.viewer("moderator")

    other = await change(ask, moderator, "editComment", COMMENT, **edit)
    rude = {"ground": "OFFENSIVE", "reason": "Rude.", "expectedRevision": 1}
    await change(ask, moderator, "hideWords", WORDS, wordsId=comment["id"], **rude)
    hidden = await change(ask, await world.viewer("nurse1"), "editComment", COMMENT, **edit)

    assert other["code"] == "NOT_ALLOWED"
    assert hidden["code"] == "CONFLICT"


async def test_hiding_tells_the_author_why_and_others_nothing(ask: Ask, world: World) -> None:
    comment = await add(ask, world, "nurse1", await open_thread(ask, world))
    moderator = await world.viewer("moderator")
    step = {"wordsId": comment["id"], "reason": "It names a patient.", "expectedRevision": None}
    hide = {**step, "ground": "PERSONAL_DATA"}

    hidden = await change(ask, moderator, "hideWords", WORDS, **hide)
    again = await change(ask, moderator, "hideWords", WORDS, **hide)
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Comment {{ {COMMENT[9:-1]} }} }} }}"
    seen = [
        (await ask(await world.viewer(name), query, id=comment["id"]))["node"]
        for name in ("nurse1", "nurse2")
    ]
    shown = await change(ask, moderator, "showWords", WORDS, **step)
    twice = await change(ask, moderator, "showWords", WORDS, **step)

    assert hidden["words"]["hiddenReason"] == "It names a patient."
    assert again["code"] == "CONFLICT"
    assert [node["body"] for node in seen] == ["A comment.", None]
    assert [node["hiddenReason"] for node in seen] == ["It names a patient.", None]
    assert shown["words"]["hiddenAt"] is None
    assert twice["code"] == "CONFLICT"


async def test_a_reply_names_a_comment_of_the_same_thread(ask: Ask, world: World) -> None:
    thread, other = await open_thread(ask, world), await open_thread(ask, world)
    first = await add(ask, world, "nurse1", thread)

    reply = await add(ask, world, "nurse2", thread, replyToId=first["id"])
    stray = await change(
        ask,
        await world.viewer("nurse2"),
        "addComment",
        COMMENT,
        threadId=other,
        body="Stray.",
        replyToId=first["id"],
    )

    assert reply["replyTo"] == {"body": "A comment."}
    assert stray["code"] == "NOT_FOUND"
    assert stray["path"] == ["replyToId"]


async def test_who_is_mentioned_is_told_in_a_topic_of_their_own(ask: Ask, world: World) -> None:
    thread = await open_thread(ask, world)
    pharmacist = world.id("Person", world.people["pharmacist1"])
    own = world.id("Person", world.people["nurse1"])

    comment = await add(ask, world, "nurse1", thread, mentions=[pharmacist, own])
    unknown = await change(
        ask,
        await world.viewer("nurse1"),
        "addComment",
        COMMENT,
        threadId=thread,
        body="Who?",
        mentions=[world.id("Person", uuid4())],
    )
    crowd = await change(
        ask,
        await world.viewer("nurse1"),
        "addComment",
        COMMENT,
        threadId=thread,
        body="Everybody!",
        mentions=[world.id("Person", uuid4()) for _ in range(21)],
    )
    async with world.database.read() as session:
        told = await session.scalars(
            select(StoredEvent.kind).where(StoredEvent.topic_id == world.people["pharmacist1"])
        )
        assert set(told) == {"MENTIONED"}

    assert comment["mentioned"] == [{"name": "Pharmacist1"}]
    assert unknown["code"] == "NOT_FOUND"
    assert crowd["code"] == "INVALID"


async def test_a_thread_is_resolved_by_its_author_or_a_moderator_and_takes_no_comments_then(
    ask: Ask, world: World
) -> None:
    thread = await open_thread(ask, world)
    step = {"threadId": thread, "expectedRevision": None}
    nurse, other = await world.viewer("nurse1"), await world.viewer("nurse2")
    moderator = await world.viewer("moderator")

    refused = await change(ask, other, "resolveThread", THREAD, **step)
    resolved = await change(ask, nurse, "resolveThread", THREAD, **step)
    twice = await change(ask, nurse, "resolveThread", THREAD, **step)
    late = await change(ask, other, "addComment", COMMENT, threadId=thread, body="Late.")
    reopened = await change(ask, moderator, "reopenThread", THREAD, **step)
    again = await change(ask, moderator, "reopenThread", THREAD, **step)

    assert refused["code"] == "NOT_ALLOWED"
    assert resolved["thread"]["resolvedBy"] == {"name": "Nurse1"}
    assert not resolved["thread"]["viewerCanComment"]
    assert [each["code"] for each in (twice, late, again)] == ["CONFLICT"] * 3
    assert reopened["thread"]["resolvedAt"] is None
    assert reopened["thread"]["viewerCanComment"]


async def test_pinning_and_reacting_again_changes_nothing(ask: Ask, world: World) -> None:
    thread = await open_thread(ask, world)
    comment = await add(ask, world, "nurse1", thread)
    moderator, nurse = await world.viewer("moderator"), await world.viewer("nurse2")
    react = {"commentId": comment["id"], "kind": "THANKS"}
    pin = {"threadId": thread, "pinned": True, "reason": "Read this first."}

    pinned = [await change(ask, moderator, "pinThread", THREAD, **pin) for _ in range(2)]
    reacted = [await change(ask, nurse, "react", COMMENT, **react) for _ in range(2)]
    taken_back = [
        await change(ask, nurse, "react", COMMENT, **react, present=False) for _ in range(2)
    ]

    assert [each["thread"]["revision"] for each in pinned] == [2, 2]
    assert reacted[0] == reacted[1]
    assert reacted[0]["comment"]["reactions"] == [{"kind": "THANKS", "person": {"name": "Nurse2"}}]
    assert [each["comment"]["reactions"] for each in taken_back] == [[], []]


async def test_nobody_comments_in_an_exercise_that_is_closed(ask: Ask, world: World) -> None:
    thread = await open_thread(ask, world)
    await change(
        ask,
        await world.viewer("moderator"),
        "advanceEngagement",
        "engagement { state }",
        engagementId=world.id("Engagement", world.engagement),
        transition="CLOSE",
        reason="It is over.",
        expectedRevision=None,
    )

    late = await change(
        ask, await world.viewer("nurse1"), "addComment", COMMENT, threadId=thread, body="Late."
    )

    assert late["code"] == "CONFLICT"
    assert "CLOSED" in late["message"]


async def test_a_thread_is_about_something_of_its_place(ask: Ask, world: World) -> None:
    nurse = await world.viewer("nurse1")
    place = {"topicId": world.id("Engagement", world.engagement), "body": "About this."}

    elsewhere = await change(
        ask, nurse, "openThread", THREAD, **place, subjectId=world.id("Block", uuid4())
    )
    nothing = await change(
        ask, nurse, "openThread", THREAD, **place, subjectId=world.id("Person", uuid4())
    )

    assert elsewhere["code"] == "NOT_FOUND"
    assert nothing["code"] == "NOT_FOUND"
    assert nothing["path"] == ["subjectId"]
