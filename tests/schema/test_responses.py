"""Themes, dispositions and the published response: you said, we did."""

from __future__ import annotations

from typing import Any

import pytest

from domain.permissions import ANYONE, Viewer
from domain.queries import specifications
from tests.conftest import Ask
from tests.moderation import COMMENT, THREAD, Moderated
from tests.world import World

DISPOSED = (
    "thread { id revision themes { name } disposition { number kind reason change "
    "revisionBefore revisionAfter section { heading } decider { name } } "
    "dispositions { number kind } }"
)
THEME = "theme { id name revision threads { totalCount nodes { id } } }"
RESPONSE = "response { id version reason entries { totalCount } }"
LEDGER = """
query ($id: ID!) { node(id: $id) { ... on Engagement {
  respondedAt
  response {
    version reason publisher { name }
    entries { nodes {
      comment { body tombstone author { name } } constituency { name } themes { name }
      disposition { kind reason change }
    } }
  }
  responses { version entries { nodes { disposition { kind } } } }
} } }
"""


class Answered(Moderated):
    """An exercise whose threads get themes and dispositions, and a response."""

    async def dispose(self, thread: str, by: str = "moderator", **input: Any) -> dict[str, Any]:
        usual = {"kind": "NOTED", "reason": "It asks for nothing.", "expectedRevision": None}
        return await self.do(by, "setDisposition", DISPOSED, threadId=thread, **{**usual, **input})

    async def close(self) -> None:
        closed = await self.do(
            "moderator",
            "advanceEngagement",
            "engagement { state }",
            engagementId=self.topic,
            transition="CLOSE",
            reason="It is over.",
            expectedRevision=None,
        )
        assert closed == {"state": "CLOSED"}

    async def publish(self, by: str = "moderator", **input: Any) -> dict[str, Any]:
        usual = {"reason": "All is answered.", "expectedRevision": None}
        return await self.do(
            by, "publishResponse", RESPONSE, engagementId=self.topic, **{**usual, **input}
        )

    async def ledger(self, viewer: Viewer) -> dict[str, Any]:
        return dict((await self.ask(viewer, LEDGER, id=self.topic))["node"])

    async def answered(self) -> tuple[str, str]:
        """Publish a response about two threads, of which one was accepted; return their ids."""
        one = (await self.thread("More hours."))["id"]
        other = (await self.thread("Fewer forms.", "pharmacist1"))["id"]
        theme = await self.do(
            "moderator", "addTheme", THEME, engagementId=self.topic, name="Workload"
        )
        for thread in (one, other):
            await self.do(
                "moderator", "assignTheme", DISPOSED, threadId=thread, themeId=theme["id"]
            )
        await self.dispose(one, kind="ACCEPTED", reason="They are few.", change="120 hours.")
        await self.dispose(other, kind="REJECTED", reason="They are needed.")
        await self.close()
        await self.publish()
        return one, other


@pytest.fixture
def place(ask: Ask, world: World) -> Answered:
    return Answered(ask, world)


async def test_a_disposition_names_the_change_and_keeps_its_history(place: Answered) -> None:
    world = place.world
    thread = (await place.thread("The heading is wrong."))["id"]
    section = world.id("Section", world.sections[0])
    await place.do(
        "developer",
        "editSection",
        "section { id }",
        sectionId=section,
        heading="What for",
        expectedRevision=1,
    )

    noted = await place.dispose(thread)
    accepted = await place.dispose(
        thread,
        "secretary",
        kind="ACCEPTED",
        reason="It was.",
        sectionId=section,
        revisionBefore=1,
        revisionAfter=2,
        expectedRevision=2,
    )

    assert noted["disposition"]["kind"] == "NOTED"
    assert accepted["disposition"] == {
        "number": 2,
        "kind": "ACCEPTED",
        "reason": "It was.",
        "change": None,
        "revisionBefore": 1,
        "revisionAfter": 2,
        "section": {"heading": "What for"},
        "decider": {"name": "Secretary"},
    }
    assert [each["kind"] for each in accepted["dispositions"]] == ["NOTED", "ACCEPTED"]


@pytest.mark.parametrize(
    ("input", "code", "path"),
    [
        ({"expectedRevision": 7}, "CONFLICT", ["expectedRevision"]),
        ({"reason": ""}, "INVALID", ["reason"]),
        ({"kind": "ACCEPTED"}, "INVALID", ["change"]),
        ({"kind": "PARTLY_ACCEPTED"}, "INVALID", ["change"]),
        ({"kind": "ACCEPTED", "change": " "}, "INVALID", ["change"]),
        ({"kind": "REJECTED", "change": "120 hours."}, "INVALID", ["change"]),
        ({"kind": "ACCEPTED", "sectionId": "own"}, "INVALID", ["sectionId"]),
        ({"kind": "ACCEPTED", "change": "x", "revisionAfter": 2}, "INVALID", ["sectionId"]),
        (
            {"kind": "ACCEPTED", "sectionId": "own", "revisionBefore": 1, "revisionAfter": 2},
            "INVALID",
            ["revisionAfter"],
        ),
        (
            {"kind": "ACCEPTED", "sectionId": "none", "revisionBefore": 1, "revisionAfter": 2},
            "NOT_FOUND",
            ["sectionId"],
        ),
    ],
)
async def test_dispositions_that_cannot_be_are_refused(
    place: Answered, input: dict[str, Any], code: str, path: list[str]
) -> None:
    thread = (await place.thread("First."))["id"]
    sections = {"own": place.world.sections[0], "none": place.world.engagement}
    if "sectionId" in input:
        input = {**input, "sectionId": place.world.id("Section", sections[input["sectionId"]])}

    refused = await place.dispose(thread, **input)

    assert (refused["code"], refused["path"]) == (code, path)
    assert (await place.thread_of("moderator", thread))["revision"] == 1


async def test_only_threads_of_exercises_have_dispositions_and_themes(place: Answered) -> None:
    world = place.world
    own = await place.do(
        "developer",
        "openThread",
        THREAD,
        topicId=world.id("Specification", world.specification),
        subjectId=world.id("Section", world.sections[0]),
        body="Of our own.",
    )

    assert (await place.dispose(own["id"], "secretary"))["code"] == "CONFLICT"


async def test_a_thread_with_a_disposition_stands_in_the_way_of_no_candidate(
    place: Answered,
) -> None:
    thread = (await place.thread("First."))["id"]
    world = place.world

    async def unresolved() -> int:
        async with world.database.read() as session:
            [found] = await specifications.facts(session, ANYONE, [world.specification])
        return found["threads_unresolved"]

    before = await unresolved()
    await place.dispose(thread)

    assert (before, await unresolved()) == (1, 0)


async def test_themes_gather_threads_and_have_names_of_their_own(place: Answered) -> None:
    thread = (await place.thread("More hours."))["id"]
    own = {"engagementId": place.topic}
    theme = await place.do("moderator", "addTheme", THEME, **own, name="Hours")
    other = await place.do("moderator", "addTheme", THEME, **own, name="Forms")
    twice = await place.do("moderator", "addTheme", THEME, **own, name=" Hours ")
    edit = {"themeId": other["id"], "expectedRevision": 1}
    taken = await place.do("moderator", "editTheme", THEME, **edit, name="Hours")
    edited = await place.do("moderator", "editTheme", THEME, **edit, name="Paperwork")
    assign = {"threadId": thread, "themeId": theme["id"]}

    for _ in range(2):
        assigned = await place.do("moderator", "assignTheme", DISPOSED, **assign)
    stray = await place.do(
        "moderator",
        "assignTheme",
        DISPOSED,
        threadId=thread,
        themeId=place.world.id("Theme", place.world.engagement),
    )
    shown = await place.ask(
        ANYONE,
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Theme {THEME[6:]} }} }}",
        id=theme["id"],
    )
    taken_away = await place.do("moderator", "assignTheme", DISPOSED, **assign, assigned=False)

    assert [each["code"] for each in (twice, taken, stray)] == ["CONFLICT", "CONFLICT", "NOT_FOUND"]
    assert (edited["name"], edited["revision"]) == ("Paperwork", 2)
    assert assigned["themes"] == [{"name": "Hours"}]
    assert shown["node"]["threads"] == {"totalCount": 1, "nodes": [{"id": thread}]}
    assert taken_away["themes"] == []


async def test_the_response_says_what_was_said_and_done_with_constituencies_in_place_of_names(
    place: Answered,
) -> None:
    await place.answered()

    public = await place.ledger(ANYONE)

    assert public["respondedAt"] is not None
    assert public["response"]["version"] == 1
    assert public["response"]["reason"] == "All is answered."
    assert public["response"]["publisher"] == {"name": None}
    assert public["response"]["entries"]["nodes"] == [
        {
            "comment": {"body": "More hours.", "tombstone": None, "author": {"name": None}},
            "constituency": {"name": "Nurses"},
            "themes": [{"name": "Workload"}],
            "disposition": {
                "kind": "ACCEPTED",
                "reason": "They are few.",
                "change": "120 hours.",
            },
        },
        {
            "comment": {"body": "Fewer forms.", "tombstone": None, "author": {"name": None}},
            "constituency": {"name": "Pharmacists"},
            "themes": [{"name": "Workload"}],
            "disposition": {"kind": "REJECTED", "reason": "They are needed.", "change": None},
        },
    ]
    member = await place.ledger(await place.world.viewer("nurse2"))
    entry = member["response"]["entries"]["nodes"][0]
    assert entry["comment"]["author"] == {"name": "Nurse1"}


async def test_dispositions_are_for_those_who_take_part_until_they_are_published(
    place: Answered,
) -> None:
    thread = (await place.thread("First."))["id"]
    await place.dispose(thread)

    async def seen(viewer: Viewer) -> Any:
        query = "query ($id: ID!) { node(id: $id) { ... on Thread { disposition { kind } } } }"
        return (await place.ask(viewer, query, id=thread))["node"]["disposition"]

    assert await seen(await place.world.viewer("nurse2")) == {"kind": "NOTED"}
    assert await seen(ANYONE) is None
    await place.close()
    await place.publish()
    assert await seen(ANYONE) == {"kind": "NOTED"}


async def test_a_response_is_published_once_when_every_thread_is_answered(
    place: Answered,
) -> None:
    one, other = [(await place.thread(body))["id"] for body in ("One.", "Other.")]
    await place.dispose(one)

    assert await place.whole_queue() == [("UNDISPOSED", other)]
    early = await place.publish()
    await place.close()
    incomplete = await place.publish()
    unreasoned = await place.publish(reason="")
    await place.dispose(other)
    unreasoned = await place.publish(reason="")
    stale = await place.publish(expectedRevision=7)
    published = await place.publish()
    twice = await place.publish("secretary")

    assert "it is OPEN" in early["message"]
    assert incomplete["message"] == "Threads that still lack a disposition: 1."
    assert (unreasoned["code"], stale["code"], twice["code"]) == ("INVALID", "CONFLICT", "CONFLICT")
    assert published["entries"] == {"totalCount": 2}
    assert await place.whole_queue() == []


async def test_what_a_published_response_rests_on_stays(place: Answered) -> None:
    one, other = await place.answered()
    comment = (await place.thread_of("nurse1", one))["comments"]["nodes"][0]["id"]
    into = (await place.thread_of("nurse1", other))["comments"]["nodes"][0]["id"]
    before = await place.ledger(ANYONE)

    refused = [
        await place.dispose(one),
        await place.decide("mergeComment", comment, intoId=into),
        await place.decide("splitComment", comment, parts=["More", "hours."]),
        await place.decide("moveComment", comment, threadId=other),
        await place.do(
            "nurse1", "editComment", COMMENT, commentId=comment, body="x", expectedRevision=None
        ),
        await place.do("moderator", "addTheme", THEME, engagementId=place.topic, name="x"),
    ]

    assert [each["code"] for each in refused] == ["CONFLICT"] * 6
    assert await place.ledger(ANYONE) == before


async def test_what_is_hidden_is_hidden_in_the_response_too(place: Answered) -> None:
    one, _ = await place.answered()
    comment = (await place.thread_of("nurse1", one))["comments"]["nodes"][0]["id"]

    await place.decide("hideWords", comment, ground="PERSONAL_DATA")

    shown = (await place.ledger(ANYONE))["response"]["entries"]["nodes"][0]["comment"]
    assert shown["body"] is None
    assert shown["tombstone"].startswith("A moderator hid this comment")


async def test_a_correction_is_a_new_version_beside_the_first(place: Answered) -> None:
    early = (await place.thread("Early."))["id"]
    correct = {"kind": "ACCEPTED", "reason": "We were wrong.", "change": "One form less."}
    step = {**correct, "expectedRevision": None}
    refused = await place.do("moderator", "correctResponse", RESPONSE, threadId=early, **step)
    await place.dispose(early)
    _, other = await place.answered()

    corrected = await place.do("moderator", "correctResponse", RESPONSE, threadId=other, **step)
    again = await place.do(
        "moderator", "correctResponse", RESPONSE, threadId=other, **{**step, "expectedRevision": 1}
    )

    assert refused["code"] == again["code"] == "CONFLICT"
    assert (corrected["version"], corrected["reason"]) == (2, "We were wrong.")
    public = await place.ledger(ANYONE)
    assert public["response"]["version"] == 2
    versions = [
        [entry["disposition"]["kind"] for entry in version["entries"]["nodes"]]
        for version in public["responses"]
    ]
    assert versions == [["NOTED", "ACCEPTED", "REJECTED"], ["NOTED", "ACCEPTED", "ACCEPTED"]]
