"""Comments that moderators decide on, through the API, so that a test reads as what is decided."""

from __future__ import annotations

from typing import Any

from tests.conftest import Ask
from tests.mutations import change
from tests.world import World

COMMENT = (
    "comment { id body revision standing hiddenAt hiddenGround hiddenReason tombstone "
    "thread { id } mergedInto { id } sources { id body } splitFrom { id body } parts { id body } "
    "flags { reason settledAt } decisions { id action ground reason reverses { action } "
    "appeal { id outcome answer } } }"
)
WORDS = f"words {{ id ... on Comment {COMMENT.removeprefix('comment ')} }}"
THREAD = (
    "thread { id locked pinned viewerCanComment revision decisions { id action reason } "
    "comments { totalCount nodes { id body } } }"
)
APPEAL = "appeal { id words outcome answer revision decision { id action } answeredBy { name } }"


class Moderated:
    """An exercise in which people comment and moderators decide."""

    def __init__(self, ask: Ask, world: World) -> None:
        self.ask = ask
        self.world = world
        self.topic = world.id("Engagement", world.engagement)

    async def do(self, name: str, mutation: str, selection: str, /, **input: Any) -> dict[str, Any]:
        """Run a mutation; return the node that it changed, or its refusal."""
        viewer = await self.world.viewer(name)
        answer = await change(self.ask, viewer, mutation, selection, **input)
        return answer if "code" in answer else dict(answer[selection.split(maxsplit=1)[0]])

    async def thread(self, body: str, name: str = "nurse1") -> dict[str, Any]:
        """Open a thread about the first section."""
        subject = self.world.id("Section", self.world.sections[0])
        return await self.do(
            name, "openThread", THREAD, topicId=self.topic, subjectId=subject, body=body
        )

    async def say(self, thread: str, body: str, name: str = "nurse1") -> str:
        """Add a comment; return its id."""
        added = await self.do(name, "addComment", COMMENT, threadId=thread, body=body)
        return str(added["id"])

    async def decide(
        self, mutation: str, comment: str, by: str = "moderator", **input: Any
    ) -> dict[str, Any]:
        """Decide on a comment, whatever was decided on it before."""
        usual = {"reason": "So it is better.", "expectedRevision": None}
        if mutation == "hideWords":
            usual["ground"] = "OFF_TOPIC"
        given = {**usual, **input}
        if mutation.endswith("Words"):
            return await self.do(by, mutation, WORDS, wordsId=comment, **given)
        return await self.do(by, mutation, COMMENT, commentId=comment, **given)

    async def appeal(self, comment: str, name: str = "nurse1") -> str:
        """Let the author appeal against the last decision on a comment."""
        decision = (await self.see(name, comment))["decisions"][-1]["id"]
        made = await self.do(
            name, "appealDecision", APPEAL, moderationDecisionId=decision, words="It was not."
        )
        return str(made["id"])

    async def answer(self, appeal: str, outcome: str, by: str = "secretary") -> dict[str, Any]:
        """Answer an appeal."""
        return await self.do(
            by,
            "answerAppeal",
            APPEAL,
            appealId=appeal,
            outcome=outcome,
            answer="We looked again.",
            expectedRevision=None,
        )

    async def see(self, name: str, comment: str) -> dict[str, Any]:
        """Return what somebody sees of a comment."""
        inside = COMMENT.removeprefix("comment ")
        return await self.node(name, f"... on Comment {inside}", comment)

    async def thread_of(self, name: str, thread: str) -> dict[str, Any]:
        """Return what somebody sees of a thread."""
        inside = THREAD.removeprefix("thread ")
        return await self.node(name, f"... on Thread {inside}", thread)

    async def queue(self, name: str = "moderator") -> list[tuple[str, str]]:
        """Return what is asked of moderators, and about what, but for dispositions."""
        return [item for item in await self.whole_queue(name) if item[0] != "UNDISPOSED"]

    async def whole_queue(self, name: str = "moderator") -> list[tuple[str, str]]:
        """Return everything that is asked of moderators, and about what."""
        data = await self.ask(
            await self.world.viewer(name),
            "query ($id: ID!) { moderationQueue(topicId: $id, first: 100) "
            "{ totalCount nodes { asked subject { id } } } }",
            id=self.topic,
        )
        found = data["moderationQueue"]
        assert found["totalCount"] == len(found["nodes"])
        return [(item["asked"], item["subject"]["id"]) for item in found["nodes"]]

    async def node(self, name: str, fields: str, id: str) -> dict[str, Any]:
        """Return what somebody sees of a node."""
        viewer = await self.world.viewer(name)
        data = await self.ask(viewer, f"query ($id: ID!) {{ node(id: $id) {{ {fields} }} }}", id=id)
        return dict(data["node"])
