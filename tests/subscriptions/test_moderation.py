"""Whatever moderators decide in an exercise, in whatever order: what always holds.

A few examples run here. To run it longer, set CONCORDAT_STEPS to the number of steps:
`CONCORDAT_STEPS=5000 python -m pytest tests/subscriptions/test_moderation.py`.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain.permissions import ANYONE
from schema.nodes import parse
from subscriptions.feed import cursor, parse_cursor
from tests.api.furnished import Furnished, furnished
from tests.api.inputs import document
from tests.conftest import Server
from tests.subscriptions.live import Live, process

STEPS_OF_ONE = 40
BETWEEN_CHECKS = 8
EXAMPLES = max(1, int(os.environ.get("CONCORDAT_STEPS", "120")) // STEPS_OF_ONE)

AUTHORS = ("nurse1", "nurse2", "pharmacist1")
MODERATORS = ("moderator", "secretary", "admin")
READERS = (None, "stranger", *AUTHORS, "physiotherapist1")
BY_AUTHORS = ("addComment", "openThread", "flagWords", "editComment", "appealDecision")
SWITCHES = {"lockThread": "locked", "pinThread": "pinned", "assignTheme": "assigned"}
STEPS = (
    *("addComment", "flagWords", "hideWords", "splitComment", "appealDecision") * 3,
    *("showWords", "mergeComment", "moveComment", "answerAppeal", "editComment") * 2,
    *("openThread", "keepWords", "lockThread", "pinThread", "setDisposition", "assignTheme"),
)
AFTER_PUBLICATION = (
    *("hideWords", "showWords", "appealDecision", "answerAppeal", "correctResponse") * 2,
    *("mergeComment", "splitComment", "moveComment", "editComment", "setDisposition"),
)

COMMENTS = text(
    "SELECT id, thread_id, author_id, body, standing, merged_into_id, split_from_id, revision, "
    "hidden_ground, hidden_at IS NOT NULL AS hidden FROM comments WHERE topic_id = :topic "
    "ORDER BY id"
)
THREADS = text(
    "SELECT id, locked, pinned, (SELECT max(number) FROM dispositions WHERE thread_id = t.id) "
    "AS number, ARRAY(SELECT theme_id FROM thread_themes WHERE thread_id = t.id) AS themes "
    "FROM threads t WHERE topic_id = :topic ORDER BY id"
)
DECISIONS = text("SELECT * FROM moderation_decisions WHERE topic_id = :topic ORDER BY decided_at")
APPEALS = text("SELECT * FROM appeals WHERE topic_id = :topic ORDER BY id")
FLAGS = text("SELECT * FROM flags WHERE topic_id = :topic ORDER BY id")
VERSIONS = text("SELECT max(version) FROM responses WHERE engagement_id = :topic")
EVENTS = text(
    "SELECT kind, data FROM events WHERE topic_id = :topic AND audience = 'MODERATORS' "
    "ORDER BY sequence"
)
COUNTS = text(
    "SELECT count(*), count(*) FILTER (WHERE data -> 'thread_id' IS NOT NULL) FROM events "
    "WHERE topic_id = :topic AND audience = :audience"
)
# What a hidden comment says or said, and whose it is.
HIDDEN = text(
    "SELECT c.author_id, words FROM comments c, LATERAL (SELECT c.body UNION "
    "SELECT e.body FROM comment_edits e WHERE e.comment_id = c.id) AS said(words) "
    "WHERE c.hidden_at IS NOT NULL AND c.topic_id = :topic AND words LIKE 'canary-%'"
)

WORDS = """
fragment Words on Comment {
  id body hiddenReason tombstone edits { body } replyTo { body } mergedInto { body }
  splitFrom { body edits { body } } sources { body edits { body } } parts { body edits { body } }
  decisions { reason words { ... on Comment { body } } into { body } }
}
"""
EXERCISE = f"""
query ($id: ID!) {{ node(id: $id) {{ ... on Engagement {{
  threads(first: 100) {{ nodes {{ comments(first: 20) {{ nodes {{ ...Words }} }} }} }}
  response {{ entries(first: 50) {{ nodes {{ comment {{ ...Words }} }} }} }}
}} }} }}
{WORDS}"""
NODES = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ...Words }} }} {WORDS}"
ACTIVITY = f"""
subscription ($topic: ID!, $after: String) {{ activity(topicId: $topic, after: $after) {{
  ... on ActivitySnapshot {{ cursor sequence }}
  ... on ActivityEvent {{
    sequence kind reason
    subject {{ ...Words ... on Thread {{ comments(first: 5) {{ nodes {{ ...Words }} }} }} }}
  }}
}} }}
{WORDS}"""
FOLLOWED = f"""
subscription ($topic: ID!, $after: String) {{ comments(topicId: $topic, after: $after) {{
  ... on CommentsSnapshot {{ cursor sequence }}
  ... on CommentEvent {{ sequence kind comment {{ ...Words }} }}
}} }}
{WORDS}"""
QUEUE = """
query ($id: ID!) { moderationQueue(topicId: $id, first: 100) {
  totalCount nodes { asked subject { id } }
} }
"""


class Exercise:
    """An exercise in which anybody may try anything."""

    def __init__(self, live: Live, made: Furnished, draw: Any) -> None:
        self.live = live
        self.made = made
        self.draw = draw
        self.id = made.ids["engagement"]
        self.topic = made.world.engagement
        self.number = 0
        self.done: dict[str, int] = defaultdict(int)

    def choose(self, values: Any) -> Any:
        values = list(values)
        return values[self.draw(st.integers(0, len(values) - 1))]

    async def rows(self, statement: Any) -> list[Any]:
        async with self.live.database.session() as session:
            return list((await session.execute(statement, {"topic": self.topic})).all())

    async def run(self, name: str, mutation: str, **input: Any) -> dict[str, Any]:
        viewer = await self.made.viewer(name)
        result = await self.live.execute(viewer, document(mutation), input=input)
        assert "errors" not in result, (mutation, input, result)
        self.done[mutation] += "code" not in result["data"][mutation]
        return dict(result["data"][mutation])

    async def step(self, mutation: str) -> None:
        """Take one step that makes some sense, and may be refused all the same."""
        input = await self._input(mutation)
        by = AUTHORS if mutation in BY_AUTHORS else MODERATORS
        await self.run(input.pop("by", None) or self.choose(by), mutation, **input)

    async def _input(self, mutation: str) -> dict[str, Any]:
        self.number += 1
        words = f"canary-{self.number}-first canary-{self.number}-last"
        reason = f"reason-{self.number}-"
        thread = self.made.world.id("Thread", self.choose(await self.rows(THREADS)).id)
        if mutation == "appealDecision":
            return await self._appeal(words)
        if mutation == "answerAppeal":
            return await self._answer(reason)
        simple: dict[str, dict[str, Any]] = {
            "openThread": {
                "topicId": self.id,
                "subjectId": self.made.ids["section"],
                "body": words,
            },
            "addComment": {"threadId": thread, "body": words},
            "lockThread": {"threadId": thread, "reason": reason, "expectedRevision": None},
            "pinThread": {"threadId": thread, "reason": reason},
            "assignTheme": {"threadId": thread, "themeId": self.made.ids["theme"]},
        }
        answer = {"threadId": thread, "kind": "NOTED", "reason": reason, "expectedRevision": None}
        simple |= {"setDisposition": answer, "correctResponse": answer}
        if mutation not in simple:
            step = {"reason": reason, "expectedRevision": None}
            return await self._on_comment(mutation, thread, words, step)
        switch = SWITCHES.get(mutation)
        return simple[mutation] | ({switch: self.draw(st.booleans())} if switch else {})

    async def _appeal(self, words: str) -> dict[str, Any]:
        decisions = [each for each in await self.rows(DECISIONS) if each.words_id is not None]
        decision = self.choose(decisions)
        names = {key: name for name, key in self.made.world.people.items()}
        return {
            "by": names[decision.author_id],
            "moderationDecisionId": self.made.world.id("ModerationDecision", decision.id),
            "words": words,
        }

    async def _answer(self, reason: str) -> dict[str, Any]:
        appeals = await self.rows(APPEALS)
        open_ = [each for each in appeals if each.answered_at is None]
        return {
            "appealId": self.made.world.id("Appeal", self.choose(open_ or appeals).id),
            "outcome": self.choose(("UPHELD", "REVERSED", "REVERSED")),
            "answer": reason,
            "expectedRevision": None,
        }

    async def _on_comment(
        self, mutation: str, thread: str, words: str, step: dict[str, Any]
    ) -> dict[str, Any]:
        world = self.made.world
        comments = await self.rows(COMMENTS)
        likely = [each for each in comments if each.standing == "STANDING" and not each.hidden]
        if mutation == "showWords":
            likely = [each for each in comments if each.hidden]
        elif mutation == "keepWords":
            flagged = {each.words_id for each in await self.rows(FLAGS) if not each.settled_at}
            likely = [each for each in comments if each.id in flagged]
        comment = self.choose([*(likely * 3), *comments])
        name = "wordsId" if mutation.endswith("Words") else "commentId"
        input: dict[str, Any] = {name: world.id("Comment", comment.id), **step}
        match mutation:
            case "hideWords":
                input["ground"] = self.choose(("PERSONAL_DATA", "OTHER"))
            case "mergeComment":
                input["intoId"] = world.id("Comment", self.choose([*(likely * 3), *comments]).id)
            case "splitComment":
                input["parts"] = comment.body.split(maxsplit=1)
            case "moveComment":
                input["threadId"] = thread
            case "flagWords":
                del input["expectedRevision"]
            case "editComment":
                names = {key: name for name, key in world.people.items()}
                del input["reason"]
                input |= {"body": words, "by": names[comment.author_id]}
        return input

    async def close_and_publish(self) -> None:
        """Answer every thread, end what is open, and publish the response."""
        for thread in await self.rows(THREADS):
            if thread.number is None:
                await self.run(
                    "moderator",
                    "setDisposition",
                    threadId=self.made.world.id("Thread", thread.id),
                    kind="NOTED",
                    reason="Noted.",
                    expectedRevision=None,
                )
        step = {"reason": "It is over.", "expectedRevision": None}
        close = {**step, "transition": "CLOSE"}
        for ballot in ("live", "blind", "unlinkable", "official"):
            await self.run("moderator", "advanceBallot", ballotId=self.made.ids[ballot], **close)
        await self.run(
            "moderator", "advanceRoundtable", roundtableId=self.made.ids["roundtable"], **close
        )
        await self.run("moderator", "advanceEngagement", engagementId=self.id, **close)
        published = await self.run("moderator", "publishResponse", engagementId=self.id, **step)
        assert published["__typename"] == "PublishResponsePayload", published

    async def check(self) -> None:
        """Check what always holds."""
        comments = await self.rows(COMMENTS)
        acyclic(comments)
        await self._check_queue()
        for appeal in await self.rows(APPEALS):
            if appeal.answered_by_id is not None:
                [decider] = [
                    each.decider_id
                    for each in await self.rows(DECISIONS)
                    if each.id == appeal.moderation_decision_id
                ]
                assert appeal.answered_by_id not in (decider, appeal.appellant_id)
        assert replayed(await self.rows(EVENTS)) == await self._tables(comments)

    async def _check_queue(self) -> None:
        asked = [("FLAGGED", f.words_id) for f in await self.rows(FLAGS) if not f.settled_at]
        asked += [("APPEALED", a.id) for a in await self.rows(APPEALS) if a.answered_at is None]
        asked += [("UNDISPOSED", t.id) for t in await self.rows(THREADS) if t.number is None]
        result = await self.live.execute(await self.made.viewer("moderator"), QUEUE, id=self.id)
        queue = result["data"]["moderationQueue"]
        shown = [(item["asked"], parse(item["subject"]["id"], "id")[1]) for item in queue["nodes"]]
        assert sorted(shown) == sorted(set(asked))
        assert queue["totalCount"] == len(shown)

    async def _tables(self, comments: list[Any]) -> dict[str, Any]:
        """Return what the tables say, in the shape of `replayed`."""
        [(version,)] = await self.rows(VERSIONS)
        return {
            "comments": {
                str(each.id): {
                    "thread": str(each.thread_id),
                    "body": each.body,
                    "standing": each.standing,
                    "ground": each.hidden_ground,
                    "into": each.merged_into_id and str(each.merged_into_id),
                    "from": each.split_from_id and str(each.split_from_id),
                    "revision": each.revision,
                }
                for each in comments
            },
            "threads": {
                str(each.id): {
                    "locked": each.locked,
                    "pinned": each.pinned,
                    "disposition": each.number,
                    "themes": set(map(str, each.themes)),
                }
                for each in await self.rows(THREADS)
            },
            "flags": {str(f.words_id) for f in await self.rows(FLAGS) if not f.settled_at},
            "appeals": {str(each.id): each.outcome for each in await self.rows(APPEALS)},
            "version": version,
        }

    async def look(self) -> None:
        """Look with everybody's eyes at everything there is, now and from the beginning."""
        hidden = await self.rows(HIDDEN)
        ids = [self.made.world.id("Comment", each.id) for each in await self.rows(COMMENTS)]
        for name in READERS:
            viewer = ANYONE if name is None else await self.made.viewer(name)
            seen: list[Any] = [await self.live.execute(viewer, EXERCISE, id=self.id)]
            for first in range(0, len(ids), 20):
                page = ids[first : first + 20]
                seen.append(await self.live.execute(viewer, NODES, ids=page))
            for each in seen:
                assert "errors" not in each, each
            for subscription in (ACTIVITY, FOLLOWED):
                seen += await self._replay(viewer, subscription)
            sent = orjson.dumps(seen).decode()
            own = viewer.person_id
            leaked = [row.words for row in hidden if row.author_id != own and row.words in sent]
            assert leaked == [], name

    async def _replay(self, viewer: Any, subscription: str) -> list[Any]:
        """Return every message from the beginning of the stream up to now."""
        async with self.live.subscribe(viewer, subscription, topic=self.id) as messages:
            now = parse_cursor((await messages.next())["cursor"])
        assert now is not None
        async with self.live.database.session() as session:
            counts = await session.execute(COUNTS, {"topic": self.topic, "audience": now.audience})
            whole, of_threads = counts.one()
        first = cursor(replace(now, sequence=0))
        async with self.live.subscribe(
            viewer, subscription, topic=self.id, after=first
        ) as messages:
            return await messages.take(whole if subscription == ACTIVITY else of_threads)


def acyclic(comments: list[Any]) -> None:
    """Check that what went into another comment never comes back: no cycle of lineage."""
    into: dict[UUID, set[UUID]] = defaultdict(set)
    for each in comments:
        if each.merged_into_id is not None:
            into[each.id].add(each.merged_into_id)
        if each.split_from_id is not None:
            into[each.split_from_id].add(each.id)
    for start in list(into):
        reached: set[UUID] = set()
        ahead = set(into[start])
        while ahead:
            reached |= ahead
            ahead = {each for one in ahead for each in into.get(one, ())} - reached
        assert start not in reached


# What each event changes in the comment or in the thread that it names.
CHANGES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "COMMENT_HIDDEN": lambda data: {"ground": data["ground"]},
    "COMMENT_SHOWN": lambda _: {"ground": None},
    "COMMENT_MERGED": lambda data: {"standing": "MERGED", "into": data["into_id"]},
    "COMMENT_UNMERGED": lambda _: {"standing": "STANDING", "into": None},
    "COMMENT_SPLIT": lambda _: {"standing": "SPLIT"},
    "COMMENT_UNSPLIT": lambda _: {"standing": "STANDING"},
    "COMMENT_WITHDRAWN": lambda _: {"standing": "WITHDRAWN"},
    "COMMENT_MOVED": lambda data: {"thread": data["thread_id"]},
    "THREAD_LOCKED": lambda data: {"locked": data["locked"]},
    "THREAD_PINNED": lambda data: {"pinned": data["pinned"]},
    "DISPOSITION_SET": lambda data: {"disposition": data["number"]},
}
UNTOUCHED = {"locked": False, "pinned": False, "disposition": None}
WRITTEN = {"standing": "STANDING", "ground": None, "into": None, "revision": 1}
UNDECIDED = ("COMMENT_ADDED", "COMMENT_EDITED", "COMMENT_FLAGGED")


def replayed(events: list[Any]) -> dict[str, Any]:
    """Return what the events of the moderators' stream come to, folded one by one."""
    comments: dict[str, dict[str, Any]] = {}
    threads: dict[str, dict[str, Any]] = {}
    flags: set[str] = set()
    appeals: dict[str, str | None] = {}
    version = None
    for kind, data in events:
        if kind == "THREAD_OPENED":
            threads[data["thread_id"]] = {"themes": set(), **UNTOUCHED}
        elif kind == "COMMENT_ADDED":
            comments[data["comment_id"]] = {**WRITTEN, "from": data.get("split_from_id")}
            comments[data["comment_id"]] |= {"thread": data["thread_id"], "body": data["body"]}
        elif kind == "THEME_ASSIGNED":
            change = set.add if data["assigned"] else set.discard
            change(threads[data["thread_id"]]["themes"], data["theme_id"])
        elif kind in ("APPEAL_MADE", "APPEAL_ANSWERED"):
            appeals[data["appeal_id"]] = data.get("outcome")
        elif kind == "COMMENT_FLAGGED":
            flags.add(data["comment_id"])
        version = data.get("version", version)
        if kind.startswith("COMMENT_") and kind not in UNDECIDED:
            flags.discard(data["comment_id"])
        changed = (
            comments[data["comment_id"]]
            if "comment_id" in data
            else threads.get(data.get("thread_id"), {})
        )
        if kind in CHANGES:
            changed |= CHANGES[kind](data)
        if kind.startswith("COMMENT_"):
            changed |= {name: data[name] for name in ("body", "revision") if name in data}
    return {
        "comments": comments,
        "threads": threads,
        "flags": flags,
        "appeals": appeals,
        "version": version,
    }


@settings(
    max_examples=EXAMPLES,
    derandomize="CONCORDAT_STEPS" not in os.environ,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
async def test_what_always_holds_of_moderation(server: Server, data: st.DataObject) -> None:
    async with furnished(server) as made, process(made.world.database) as live:
        exercise = Exercise(live, made, data.draw)
        # Without repetition, so that a few examples have everything in some order.
        steps = [*data.draw(st.permutations(STEPS)), *data.draw(st.permutations(STEPS))]
        for number, step in enumerate(steps[:STEPS_OF_ONE]):
            await exercise.step(step)
            if number % BETWEEN_CHECKS == 0:
                await exercise.check()
        await exercise.look()
        await exercise.close_and_publish()
        for step in data.draw(st.permutations(AFTER_PUBLICATION)):
            await exercise.step(step)
        await exercise.check()
        await exercise.look()
        note(f"Taken: {dict(exercise.done)}")
