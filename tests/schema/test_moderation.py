"""Decisions of moderators through the API: what they do, who is told, and what stands against."""

from __future__ import annotations

from typing import Any

import pytest

from domain.permissions import ANYONE, Audience
from tests.api.furnished import run
from tests.api.inputs import UNKNOWN
from tests.conftest import Ask
from tests.moderation import COMMENT, THREAD, WORDS, Moderated
from tests.world import World


@pytest.fixture
def place(ask: Ask, world: World) -> Moderated:
    return Moderated(ask, world)


async def bodies(place: Moderated, thread: str, name: str = "nurse2") -> list[str]:
    return [each["body"] for each in (await place.thread_of(name, thread))["comments"]["nodes"]]


async def test_a_tombstone_says_the_ground_and_the_author_is_told_the_reason(
    place: Moderated,
) -> None:
    thread = await place.thread("First.")
    comment = await place.say(thread["id"], "Mr Brown of bed 4 said so.")

    await place.decide(
        "hideWords",
        comment,
        ground="PERSONAL_DATA",
        reason="It names Mr Brown.",
        expectedRevision=1,
    )
    others = await place.see("nurse2", comment)
    own = await place.see("nurse1", comment)
    told = await place.world.events(place.world.people["nurse1"])

    assert (others["body"], others["hiddenReason"], others["decisions"]) == (None, None, [])
    assert others["hiddenGround"] == "PERSONAL_DATA"
    assert others["tombstone"] == (
        "A moderator hid this comment: it told something personal about somebody."
    )
    assert own["body"] == "Mr Brown of bed 4 said so."
    assert own["decisions"][0]["reason"] == "It names Mr Brown."
    assert set(told) == {
        ("MODERATION_DECIDED", Audience.MEMBERS),
        ("MODERATION_DECIDED", Audience.MODERATORS),
    }


async def test_what_was_shown_again_has_no_tombstone_and_names_what_it_undid(
    place: Moderated,
) -> None:
    comment = await place.say((await place.thread("First."))["id"], "Hm.")
    await place.decide("hideWords", comment)

    shown = await place.decide("showWords", comment)

    assert shown["tombstone"] is shown["hiddenGround"] is None
    assert shown["decisions"][1]["reverses"] == {"action": "HIDE"}


async def test_merged_comments_are_shown_as_one_with_its_sources(place: Moderated) -> None:
    thread = await place.thread("Twelve credits.")
    first = thread["comments"]["nodes"][0]["id"]
    again = await place.say(thread["id"], "Twelve, I say.", "nurse2")

    merged = await place.decide("mergeComment", again, intoId=first)
    shown = await place.see("pharmacist1", first)

    assert merged["standing"] == "MERGED"
    assert merged["mergedInto"] == {"id": first}
    assert shown["sources"] == [{"id": again, "body": "Twelve, I say."}]
    assert await bodies(place, thread["id"]) == ["Twelve credits."]


async def test_parts_of_a_comment_take_its_place_and_are_its_authors(place: Moderated) -> None:
    thread = await place.thread("First.")
    comment = await place.say(thread["id"], "More hours. And fewer forms.", "nurse2")

    split = await place.decide("splitComment", comment, parts=["More hours.", "And fewer forms."])
    seen = await place.see("nurse1", comment)

    assert split["standing"] == "SPLIT"
    assert [part["body"] for part in split["parts"]] == ["More hours.", "And fewer forms."]
    assert seen["body"] is None, "Each part can be hidden, and is not to be read here then."
    assert await bodies(place, thread["id"]) == ["First.", "More hours.", "And fewer forms."]
    edited = await place.do(
        "nurse2",
        "editComment",
        COMMENT,
        commentId=split["parts"][0]["id"],
        body="Many more hours.",
        expectedRevision=1,
    )
    assert edited["splitFrom"]["id"] == comment


async def test_a_misposted_comment_is_moved_to_another_thread(place: Moderated) -> None:
    one, other = await place.thread("One."), await place.thread("Other.")
    comment = await place.say(one["id"], "About the other one.")

    moved = await place.decide("moveComment", comment, threadId=other["id"])

    assert moved["thread"] == {"id": other["id"]}
    assert await bodies(place, one["id"]) == ["One."]
    assert await bodies(place, other["id"]) == ["Other.", "About the other one."]


async def test_a_locked_thread_takes_no_comments_from_anybody(place: Moderated) -> None:
    thread = await place.thread("First.")
    step = {"threadId": thread["id"], "expectedRevision": None}

    locked = await place.do(
        "moderator", "lockThread", THREAD, **step, locked=True, reason="It is settled."
    )
    again = await place.do("secretary", "lockThread", THREAD, **step, locked=True, reason="Me too.")
    refused = [
        await place.do(name, "addComment", COMMENT, threadId=thread["id"], body="But!")
        for name in ("nurse1", "moderator")
    ]
    seen = await place.thread_of("nurse2", thread["id"])
    opened = await place.do(
        "moderator", "lockThread", THREAD, **step, locked=False, reason="It is not."
    )

    assert locked["locked"]
    assert again["decisions"] == locked["decisions"]
    assert [each["code"] for each in refused] == ["CONFLICT", "CONFLICT"]
    assert (seen["viewerCanComment"], seen["decisions"][0]["reason"]) == (False, "It is settled.")
    assert not opened["locked"]
    assert await place.say(thread["id"], "But!")


async def test_of_two_moderators_who_meet_the_second_is_shown_what_the_first_decided(
    place: Moderated,
) -> None:
    comment = await place.say((await place.thread("First."))["id"], "Hm.")
    other = await place.thread("Other.")
    await place.decide("hideWords", comment, expectedRevision=1)

    decisions: tuple[tuple[str, dict[str, Any]], ...] = (
        ("moveComment", {"threadId": other["id"]}),
        ("showWords", {}),
        ("keepWords", {}),
        ("splitComment", {"parts": ["H", "m."]}),
        ("mergeComment", {"intoId": other["comments"]["nodes"][0]["id"]}),
    )
    for mutation, more in decisions:
        late = await place.decide(mutation, comment, "secretary", expectedRevision=1, **more)
        assert late["path"] == ["expectedRevision"], (mutation, late)


@pytest.mark.parametrize(
    ("mutation", "input", "code", "path"),
    [
        ("hideWords", {"reason": " "}, "INVALID", ["reason"]),
        ("showWords", {}, "CONFLICT", []),
        ("keepWords", {}, "CONFLICT", []),
        ("mergeComment", {"intoId": "itself"}, "INVALID", ["intoId"]),
        ("mergeComment", {"intoId": "elsewhere"}, "NOT_FOUND", ["intoId"]),
        ("mergeComment", {"intoId": "hidden"}, "CONFLICT", []),
        ("mergeComment", {"intoId": "merged"}, "CONFLICT", []),
        ("splitComment", {"parts": ["More hours."]}, "INVALID", ["parts"]),
        ("splitComment", {"parts": ["More hours."] * 21}, "INVALID", ["parts"]),
        ("splitComment", {"parts": ["More hours.", ""]}, "INVALID", ["parts"]),
        ("splitComment", {"parts": ["More hours.", "I resign."]}, "INVALID", ["parts"]),
        ("moveComment", {"threadId": "same"}, "CONFLICT", []),
        ("moveComment", {"threadId": "foreign"}, "NOT_FOUND", ["threadId"]),
    ],
)
async def test_decisions_that_cannot_be_change_nothing(
    place: Moderated, mutation: str, input: dict[str, Any], code: str, path: list[str]
) -> None:
    thread = await place.thread("First.")
    foreign = await place.do(
        "developer",
        "openThread",
        THREAD,
        topicId=place.world.id("Specification", place.world.specification),
        subjectId=place.world.id("Section", place.world.sections[0]),
        body="Of our own.",
    )
    comment = await place.say(thread["id"], "More hours. And fewer forms.")
    names = {"same": thread["id"], "foreign": foreign["id"], "itself": comment}
    names["elsewhere"] = foreign["comments"]["nodes"][0]["id"]
    for name in ("hidden", "merged"):
        names[name] = await place.say(thread["id"], f"To be {name}.")
    await place.decide("hideWords", names["hidden"])
    await place.decide("mergeComment", names["merged"], intoId=thread["comments"]["nodes"][0]["id"])
    before = await place.see("moderator", comment)

    by = "secretary"  # who moderates both places
    given_ = {
        name: names.get(value, value) if isinstance(value, str) else value
        for name, value in input.items()
    }
    refused = await place.decide(mutation, comment, by, **given_)

    assert (refused["code"], refused["path"]) == (code, path)
    assert await place.see("moderator", comment) == before


@pytest.mark.parametrize("first", ["mergeComment", "splitComment", "hideWords"])
async def test_what_is_not_shown_on_its_own_is_neither_merged_split_flagged_nor_edited(
    place: Moderated, first: str
) -> None:
    thread = await place.thread("First.")
    shown = thread["comments"]["nodes"][0]["id"]
    comment = await place.say(thread["id"], "More hours. And fewer forms.")
    parts = ["More hours.", "And fewer forms."]
    more = {"mergeComment": {"intoId": shown}, "splitComment": {"parts": parts}}
    await place.decide(first, comment, **more.get(first, {}))

    answers = [
        await place.decide("mergeComment", comment, intoId=shown),
        await place.decide("splitComment", comment, parts=parts),
        await place.do("nurse2", "flagWords", WORDS, wordsId=comment, reason="Hm."),
        await place.do(
            "nurse1", "editComment", COMMENT, commentId=comment, body="x", expectedRevision=None
        ),
    ]

    assert [answer["code"] for answer in answers] == ["CONFLICT"] * 4


async def test_hiding_a_comment_that_was_split_is_refused_and_a_merged_one_can_be_hidden(
    place: Moderated,
) -> None:
    thread = await place.thread("First.")
    one = await place.say(thread["id"], "One. Two.")
    other = await place.say(thread["id"], "Rude.")
    await place.decide("splitComment", one, parts=["One.", "Two."])
    await place.decide("mergeComment", other, intoId=thread["comments"]["nodes"][0]["id"])

    assert (await place.decide("hideWords", one))["code"] == "CONFLICT"
    assert (await place.decide("hideWords", other))["tombstone"] is not None
    assert (await place.see("nurse2", other))["body"] is None


async def test_flags_are_told_to_moderators_alone_and_settled_by_the_next_decision(
    place: Moderated,
) -> None:
    comment = await place.say((await place.thread("First."))["id"], "Buy this.")
    flag = {"wordsId": comment, "reason": "It advertises."}

    by_first = await place.do("nurse2", "flagWords", WORDS, **flag)
    twice = await place.do("nurse2", "flagWords", WORDS, **flag)
    await place.do("pharmacist1", "flagWords", WORDS, **flag)
    asked = await place.queue()
    kept = await place.decide("keepWords", comment, reason="It does not.")
    later = await place.do("nurse3", "flagWords", WORDS, **flag)

    assert by_first["flags"] == []
    assert twice["code"] == "CONFLICT"
    assert asked == [("FLAGGED", comment)]
    assert [each["settledAt"] is not None for each in kept["flags"]] == [True, True]
    assert "code" not in later
    assert await place.queue() == [("FLAGGED", comment)]
    events = await place.world.events(place.world.engagement)
    assert {reader for kind, reader in events if kind in ("COMMENT_FLAGGED", "COMMENT_KEPT")} == {
        Audience.MODERATORS
    }


async def test_the_queue_is_in_the_order_of_waiting_and_empty_once_all_is_answered(
    place: Moderated,
) -> None:
    thread = await place.thread("First.")
    hidden, flagged = [await place.say(thread["id"], body) for body in ("One.", "Two.")]
    await place.decide("hideWords", hidden)
    await place.do("nurse2", "flagWords", WORDS, wordsId=flagged, reason="Hm.")
    appeal = await place.appeal(hidden)

    assert await place.queue() == [("FLAGGED", flagged), ("APPEALED", appeal)]
    await place.decide("keepWords", flagged)
    await place.answer(appeal, "UPHELD")
    assert await place.queue() == []


@pytest.mark.parametrize(
    ("name", "topic", "code"),
    [
        ("nurse1", "engagement", "NOT_ALLOWED"),
        (None, "engagement", "NOT_ALLOWED"),
        ("secretary", "unknown", "NOT_FOUND"),
    ],
)
async def test_the_queue_is_for_moderators(
    world: World, name: str | None, topic: str, code: str
) -> None:
    viewer = ANYONE if name is None else await world.viewer(name)
    id = world.engagement if topic == "engagement" else UNKNOWN

    result = await run(
        world.database,
        viewer,
        "query ($id: ID!) { moderationQueue(topicId: $id) { totalCount } }",
        {"id": world.id("Engagement", id)},
    )

    assert [error["extensions"]["code"] for error in result["errors"]] == [code]


@pytest.mark.parametrize("mutation", ["hideWords", "mergeComment", "splitComment", "moveComment"])
async def test_another_moderator_reverses_a_decision_and_everything_is_as_before(
    place: Moderated, mutation: str
) -> None:
    thread, other = await place.thread("First."), await place.thread("Other.")
    comment = await place.say(thread["id"], "One. Two.")
    before = await place.see("nurse2", comment)
    more: dict[str, dict[str, Any]] = {
        "mergeComment": {"intoId": thread["comments"]["nodes"][0]["id"]},
        "splitComment": {"parts": ["One.", "Two."]},
        "moveComment": {"threadId": other["id"]},
    }
    await place.decide(mutation, comment, **more.get(mutation, {}))
    appeal = await place.appeal(comment)

    by_decider = await place.answer(appeal, "REVERSED", "moderator")
    reversed_ = await place.answer(appeal, "REVERSED")
    twice = await place.answer(appeal, "UPHELD", "admin")
    after = await place.see("nurse2", comment)

    assert by_decider["code"] == "NOT_ALLOWED"
    assert reversed_["outcome"] == "REVERSED"
    assert reversed_["answeredBy"] == {"name": "Secretary"}
    assert twice["code"] == "CONFLICT"
    assert {**after, "revision": 1} == before
    assert await bodies(place, thread["id"]) == ["First.", "One. Two."]
    decided = (await place.see("nurse1", comment))["decisions"]
    assert decided[1]["reverses"] == {"action": decided[0]["action"]}
    told = await place.world.events(place.world.people["nurse1"])
    assert [kind for kind, reader in told if reader is Audience.MEMBERS] == [
        "MODERATION_DECIDED",
        "MODERATION_DECIDED",
        "APPEAL_ANSWERED",
    ]


async def test_whoever_opened_a_thread_appeals_against_its_lock(place: Moderated) -> None:
    thread = await place.thread("First.")
    step = {"threadId": thread["id"], "locked": True, "reason": "Enough.", "expectedRevision": 1}
    locked = await place.do("moderator", "lockThread", THREAD, **step)
    appeal = await place.do(
        "nurse1",
        "appealDecision",
        "appeal { id }",
        moderationDecisionId=locked["decisions"][0]["id"],
        words="It is not.",
    )

    await place.answer(appeal["id"], "REVERSED")

    assert not (await place.thread_of("nurse2", thread["id"]))["locked"]


async def test_an_appeal_is_the_authors_once_and_about_what_stands(place: Moderated) -> None:
    thread = await place.thread("First.")
    comment = await place.say(thread["id"], "Hm.")
    hidden = await place.decide("hideWords", comment)

    async def appeal(name: str, decision: int) -> str | None:
        found = (await place.see("moderator", comment))["decisions"][decision]["id"]
        answer = await place.do(
            name, "appealDecision", "appeal { id }", moderationDecisionId=found, words="No."
        )
        return answer.get("code")

    assert hidden["decisions"][0]["action"] == "HIDE"
    assert await appeal("nurse2", 0) == "NOT_FOUND"
    assert await appeal("nurse1", 0) is None
    assert await appeal("nurse1", 0) == "CONFLICT"
    await place.decide("showWords", comment)
    assert await appeal("nurse1", 1) == "CONFLICT", "What gives back is nothing to appeal against."
    await place.decide("hideWords", comment)
    await place.decide("showWords", comment)
    assert await appeal("nurse1", 2) == "CONFLICT", "It was undone."


async def test_an_appeal_against_what_was_undone_meanwhile_can_only_be_reversed(
    place: Moderated,
) -> None:
    comment = await place.say((await place.thread("First."))["id"], "Hm.")
    await place.decide("hideWords", comment)
    appeal = await place.appeal(comment)
    await place.decide("showWords", comment)

    upheld = await place.answer(appeal, "UPHELD")
    reversed_ = await place.answer(appeal, "REVERSED")

    assert (upheld["code"], upheld["path"]) == ("CONFLICT", ["outcome"])
    assert reversed_["outcome"] == "REVERSED"


async def test_what_was_decided_since_stands_in_the_way_of_undoing(place: Moderated) -> None:
    thread, other = await place.thread("First."), await place.thread("Other.")
    first = thread["comments"]["nodes"][0]["id"]
    merged, hidden, moved = [await place.say(thread["id"], "One. Two.") for _ in range(3)]
    for comment in (merged, hidden):
        await place.decide("splitComment", comment, parts=["One.", "Two."])
    await place.decide("moveComment", moved, threadId=other["id"])
    appeals = [await place.appeal(comment) for comment in (merged, hidden, moved)]
    part = (await place.see("moderator", merged))["parts"][0]["id"]
    await place.decide("mergeComment", part, intoId=first)
    part = (await place.see("moderator", hidden))["parts"][0]["id"]
    await place.decide("hideWords", part)
    await place.decide("moveComment", moved, threadId=thread["id"])

    answers = [await place.answer(appeal, "REVERSED") for appeal in appeals]

    assert [answer["code"] for answer in answers] == ["CONFLICT"] * 3
    assert [asked for asked, _ in await place.queue()] == ["APPEALED"] * 3


async def test_slow_mode_of_an_exercise_asks_participants_to_wait(place: Moderated) -> None:
    thread = await place.thread("First.")
    slow = {"engagementId": place.topic, "seconds": 60}
    select = "engagement { slowModeSeconds revision }"

    on = await place.do("moderator", "setEngagementSlowMode", select, **slow)
    again = await place.do("moderator", "setEngagementSlowMode", select, **slow)
    soon = await place.do("nurse1", "addComment", COMMENT, threadId=thread["id"], body="More.")
    wrong = await place.do(
        "moderator", "setEngagementSlowMode", select, engagementId=place.topic, seconds=3_601
    )

    assert on == again == {"slowModeSeconds": 60, "revision": 2}
    assert soon["code"] == "CONFLICT"
    assert "Slow mode is on in this engagement." in soon["message"]
    assert (wrong["code"], wrong["path"]) == ("INVALID", ["seconds"])
