"""Words that are no comments: flagged, decided on, hidden with their ground, and appealed for."""

from __future__ import annotations

from typing import Any

import pytest

from domain.consensus.choices import BallotKind
from domain.lifecycle import BallotState
from domain.models.ballots import BallotVisibility
from domain.permissions import Audience
from tests.api.inputs import UNKNOWN
from tests.ballots import brought_to, close, opened
from tests.conftest import Ask
from tests.moderation import Moderated
from tests.roundtables import held
from tests.world import World

WORDS = (
    "words { __typename id flags { reason settledAt } "
    "decisions { id action ground reason words { id } thread { id } reverses { action } } "
    "... on Vote { rationale hiddenGround tombstone history { rationale } } "
    "... on Objection { body hiddenGround tombstone } "
    "... on FloorRequest { about hiddenGround tombstone } "
    "... on Interest { body hiddenGround tombstone } }"
)
VOTE = "vote { id rationale hiddenGround }"
REASON: dict[str, Any] = {"reason": "It names a patient.", "expectedRevision": None}
HIDE: dict[str, Any] = {**REASON, "ground": "PERSONAL_DATA"}


@pytest.fixture
def place(ask: Ask, world: World) -> Moderated:
    return Moderated(ask, world)


async def read(place: Moderated, name: str, id: str) -> dict[str, Any]:
    """Return what somebody is shown of words."""
    return await place.node(name, f"... on Words {WORDS.removeprefix('words ')}", id)


async def cast(place: Moderated, ballot: str, name: str = "nurse1", **more: Any) -> str:
    """Vote with a reason; return the id of the vote."""
    vote = {"choice": "AGREE", "rationale": "Mr Brown of bed 4 said so.", **more}
    return str((await place.do(name, "castVote", VOTE, ballotId=ballot, **vote))["id"])


async def said(place: Moderated, kind: str) -> tuple[str, str]:
    """Let nurse1 write something; return the field with the words, and the id."""
    world = place.world
    if kind == "Vote":
        ballot = world.id("Ballot", await opened(world))
        return "rationale", await cast(place, ballot)
    if kind == "Objection":
        ballot = world.id("Ballot", await opened(world))
        raised = await place.do(
            "nurse1", "raiseObjection", "objection { id }", ballotId=ballot, body="It hurts."
        )
        return "body", str(raised["id"])
    if kind == "Interest":
        declared = await place.do(
            "nurse1",
            "declareInterest",
            "interest { id }",
            topicId=place.topic,
            body="My brother wrote it.",
            mitigation="NONE",
        )
        return "body", str(declared["id"])
    roundtable = await held(place.ask, world, "nurse1", "nurse2")
    return "about", await roundtable.ask_floor("nurse1")


KINDS = ("Vote", "Objection", "Interest", "FloorRequest")


@pytest.mark.parametrize("kind", KINDS)
async def test_words_of_every_kind_are_flagged_hidden_and_shown_again(
    place: Moderated, kind: str
) -> None:
    field, id = await said(place, kind)
    flag = {"wordsId": id, "reason": "It is personal."}

    flagged = await place.do("nurse2", "flagWords", WORDS, **flag)
    twice = await place.do("nurse2", "flagWords", WORDS, **flag)
    asked = (await read(place, "moderator", id))["flags"]
    hidden = await place.do("moderator", "hideWords", WORDS, wordsId=id, **HIDE)
    again = await place.do("moderator", "hideWords", WORDS, wordsId=id, **HIDE)
    late = await place.do("moderator", "flagWords", WORDS, **flag)
    others, own = await read(place, "nurse2", id), await read(place, "nurse1", id)
    shown = await place.do("moderator", "showWords", WORDS, wordsId=id, **REASON)
    twice_shown = await place.do("moderator", "showWords", WORDS, wordsId=id, **REASON)

    assert (flagged["__typename"], flagged["id"], flagged["flags"]) == (kind, id, [])
    assert [each["reason"] for each in asked] == ["It is personal."]
    assert [each["settledAt"] is not None for each in hidden["flags"]] == [True]
    assert (others[field], others["decisions"]) == (None, [])
    assert others["hiddenGround"] == "PERSONAL_DATA"
    assert others["tombstone"].endswith("it told something personal about somebody.")
    assert own[field] == hidden[field] == flagged[field]
    assert own["decisions"][0]["reason"] == "It names a patient."
    assert own["decisions"][0]["words"] == {"id": id}
    assert (await read(place, "nurse2", id))[field] == flagged[field]
    assert shown["decisions"][1]["reverses"] == {"action": "HIDE"}
    refused = (twice, again, late, twice_shown)
    assert [each["code"] for each in refused] == ["CONFLICT"] * 4


@pytest.mark.parametrize("kind", KINDS)
async def test_the_queue_tells_what_was_flagged_and_keeping_it_answers(
    place: Moderated, kind: str
) -> None:
    _, id = await said(place, kind)
    topic = place.topic
    if kind == "FloorRequest":
        data = await place.node("moderator", "... on FloorRequest { roundtable { id } }", id)
        place.topic = data["roundtable"]["id"]

    early = await place.do("moderator", "keepWords", WORDS, wordsId=id, **REASON)
    await place.do("nurse2", "flagWords", WORDS, wordsId=id, reason="Hm.")
    asked = await place.queue()
    kept = await place.do("moderator", "keepWords", WORDS, wordsId=id, **REASON)

    assert early["code"] == "CONFLICT"
    assert asked == [("FLAGGED", id)]
    assert [each["action"] for each in kept["decisions"]] == ["KEEP"]
    assert await place.queue() == []
    place.topic = topic
    told = await place.world.events(place.world.people["nurse1"])
    assert ("MODERATION_DECIDED", Audience.MEMBERS) in told


async def test_a_vote_whose_reason_is_hidden_counts_on_and_stays_hidden_when_cast_again(
    place: Moderated,
) -> None:
    world = place.world
    ballot = await opened(world)
    vote = await cast(place, world.id("Ballot", ballot))
    await place.do("moderator", "hideWords", WORDS, wordsId=vote, **HIDE)

    same = await cast(place, world.id("Ballot", ballot), rationale="He did, Mr Brown.")
    others, own = await read(place, "nurse2", vote), await read(place, "nurse1", vote)

    assert same == vote
    assert (others["rationale"], others["history"]) == (None, [{"rationale": None}])
    assert own["history"] == [{"rationale": "Mr Brown of bed 4 said so."}]
    counted = await place.node(
        "nurse2",
        "... on Ballot { consensus { turnout { voted } } votes { totalCount } }",
        world.id("Ballot", ballot),
    )
    assert counted == {"consensus": {"turnout": {"voted": 1}}, "votes": {"totalCount": 1}}


async def test_what_a_vote_objects_is_hidden_with_its_reason_whenever_it_was_raised(
    place: Moderated,
) -> None:
    world = place.world
    ballot = world.id("Ballot", await opened(world, BallotKind.CONSENT))
    listed = "... on Ballot { objections { nodes { id body hiddenGround tombstone } } }"
    vote = await cast(place, ballot, choice="OBJECT")
    [raised] = (await place.node("nurse2", listed, ballot))["objections"]["nodes"]

    await place.do("nurse2", "flagWords", WORDS, wordsId=raised["id"], reason="Personal.")
    asked = await place.queue()
    hidden = await place.do("moderator", "hideWords", WORDS, wordsId=raised["id"], **HIDE)
    await cast(place, ballot, choice="OBJECT", rationale="Mr Brown, I say.")
    found = (await place.node("nurse2", listed, ballot))["objections"]["nodes"]

    assert asked == [("FLAGGED", vote)]
    assert (hidden["id"], hidden["decisions"][0]["words"]) == (raised["id"], {"id": vote})
    assert (await read(place, "nurse2", vote))["rationale"] is None
    assert {(each["body"], each["hiddenGround"]) for each in found} == {(None, "PERSONAL_DATA")}
    assert found[0]["tombstone"] == (
        "A moderator hid this objection: it told something personal about somebody."
    )


async def test_another_moderator_shows_hidden_words_on_appeal(place: Moderated) -> None:
    _, vote = await said(place, "Vote")
    await place.do("moderator", "hideWords", WORDS, wordsId=vote, **HIDE)
    decision = (await read(place, "nurse1", vote))["decisions"][0]["id"]
    appeal = await place.do(
        "nurse1", "appealDecision", "appeal { id }", moderationDecisionId=decision, words="No."
    )

    await place.answer(appeal["id"], "REVERSED")

    shown = await read(place, "nurse2", vote)
    assert (shown["rationale"], shown["hiddenGround"]) == ("Mr Brown of bed 4 said so.", None)


async def test_a_statement_is_flagged_and_kept_but_not_hidden(place: Moderated) -> None:
    ballot = place.world.id("Ballot", await opened(place.world))

    flagged = await place.do("nurse1", "flagWords", WORDS, wordsId=ballot, reason="It is loaded.")
    hidden = await place.do("moderator", "hideWords", WORDS, wordsId=ballot, **HIDE)
    asked = await place.queue()
    kept = await place.do("moderator", "keepWords", WORDS, wordsId=ballot, **REASON)

    assert flagged["__typename"] == "Ballot"
    assert "cancel the ballot" in hidden["message"]
    assert asked == [("FLAGGED", ballot)]
    assert [each["settledAt"] is not None for each in kept["flags"]] == [True]


@pytest.mark.parametrize(
    "visibility", [BallotVisibility.AFTER_CLOSE, BallotVisibility.AFTER_OWN_VOTE]
)
async def test_nothing_of_a_ballot_that_does_not_show_its_votes_to_all_is_flagged(
    place: Moderated, visibility: BallotVisibility
) -> None:
    world = place.world
    ballot = await opened(world, visibility=visibility)
    id = world.id("Ballot", ballot)
    vote = await cast(place, id)
    raised = await place.do(
        "nurse1", "raiseObjection", "objection { id }", ballotId=id, body="It hurts."
    )
    before = await world.events(world.engagement)

    answers = [
        await place.do(name, "flagWords", WORDS, wordsId=words, reason="Hm.")
        for words in (vote, raised["id"])
        for name in ("nurse1", "nurse2", "moderator")
    ]

    assert [each["code"] for each in answers] == ["CONFLICT", "NOT_FOUND", "NOT_FOUND"] * 2
    assert await world.events(world.engagement) == before
    await close(world, ballot)
    later = await place.do("nurse2", "flagWords", WORDS, wordsId=vote, reason="Hm.")
    assert later["rationale"] == "Mr Brown of bed 4 said so."


async def test_only_members_are_told_that_words_of_a_vote_are_hidden(place: Moderated) -> None:
    _, vote = await said(place, "Vote")
    await place.do("nurse2", "flagWords", WORDS, wordsId=vote, reason="Hm.")
    await place.do("moderator", "keepWords", WORDS, wordsId=vote, **REASON)
    await place.do("moderator", "hideWords", WORDS, wordsId=vote, **HIDE)
    await place.do("moderator", "showWords", WORDS, wordsId=vote, **REASON)

    told = await place.world.events(place.world.engagement)

    members = {Audience.MEMBERS, Audience.MODERATORS}
    for kind, readers in (
        ("WORDS_FLAGGED", {Audience.MODERATORS}),
        ("WORDS_KEPT", {Audience.MODERATORS}),
        ("WORDS_HIDDEN", members),
        ("WORDS_SHOWN", members),
    ):
        assert {reader for each, reader in told if each == kind} == readers


@pytest.mark.parametrize(
    ("name", "mutation", "input", "code", "path"),
    [
        ("nurse2", "flagWords", {"reason": " "}, "INVALID", ["reason"]),
        ("nurse2", "hideWords", {}, "NOT_ALLOWED", []),
        ("nurse2", "showWords", {}, "NOT_ALLOWED", []),
        ("nurse2", "keepWords", {}, "NOT_ALLOWED", []),
        ("stranger", "flagWords", {}, "NOT_FOUND", []),
        ("moderator", "hideWords", {"reason": ""}, "INVALID", ["reason"]),
        ("moderator", "hideWords", {"expectedRevision": 7}, "CONFLICT", ["expectedRevision"]),
        ("moderator", "showWords", {"expectedRevision": 7}, "CONFLICT", ["expectedRevision"]),
        ("moderator", "keepWords", {"expectedRevision": 7}, "CONFLICT", ["expectedRevision"]),
        ("moderator", "hideWords", {"wordsId": "section"}, "NOT_FOUND", ["wordsId"]),
        ("moderator", "hideWords", {"wordsId": "unknown"}, "NOT_FOUND", []),
        ("nurse2", "flagWords", {"wordsId": "unknown objection"}, "NOT_FOUND", []),
        ("nurse2", "flagWords", {"wordsId": "draft"}, "NOT_FOUND", []),
        ("nurse2", "flagWords", {"wordsId": "wordless"}, "CONFLICT", []),
        ("moderator", "hideWords", {"wordsId": "wordless"}, "CONFLICT", []),
    ],
)
async def test_what_cannot_be_asked_or_decided_is_refused(
    place: Moderated, name: str, mutation: str, input: dict[str, Any], code: str, path: list[str]
) -> None:
    world = place.world
    ballot = world.id("Ballot", await opened(world))
    ids = {
        "section": world.id("Section", world.sections[0]),
        "unknown": world.id("Vote", UNKNOWN),
        "unknown objection": world.id("Objection", UNKNOWN),
        "draft": world.id("Ballot", await brought_to(world, BallotState.DRAFT)),
        "wordless": await cast(place, ballot, "nurse3", rationale=""),
        "vote": await cast(place, ballot),
    }
    usual: dict[str, dict[str, Any]] = {"flagWords": {"reason": "Hm."}, "hideWords": HIDE}
    given = {**usual.get(mutation, REASON), **input, "wordsId": ids[input.get("wordsId", "vote")]}
    before = await world.events(world.engagement)

    refused = await place.do(name, mutation, WORDS, **given)

    assert (refused["code"], refused["path"]) == (code, path)
    assert await world.events(world.engagement) == before
