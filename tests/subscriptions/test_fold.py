"""A snapshot and the events after it equal a fresh snapshot, whatever is done and whoever looks.

A few examples run here. To run it longer, set CONCORDAT_STEPS to the number of commands:
`CONCORDAT_STEPS=5000 python -m pytest tests/subscriptions/test_fold.py`.
"""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Row, text

from domain.commands.ballot_steps import TAKES
from domain.consensus.choices import LISTED, BallotKind, choices
from domain.lifecycle import BALLOT, CONCLUDED, BallotTransition
from domain.permissions import ANYONE, Audience, Permission, Viewer, allowed, audience
from domain.queries import people
from subscriptions import feed
from tests.api.furnished import Furnished, furnished, rows, sequences
from tests.api.inputs import MUTATIONS, Inputs, document, known
from tests.conftest import Server
from tests.subscriptions.folding import ACTIVITY, Model
from tests.subscriptions.live import Live, Messages, process

COMMANDS_OF_ONE = 40
BETWEEN_LOOKS = 10
EXAMPLES = max(1, int(os.environ.get("CONCORDAT_STEPS", "120")) // COMMANDS_OF_ONE)

FOLLOWERS = (
    (None, "engagement"),
    ("nurse1", "engagement"),
    ("moderator", "engagement"),
    (None, "specification"),
    ("nurse1", "specification"),
    ("secretary", "specification"),
    ("pharmacist1", "roundtable"),
    ("moderator", "roundtable"),
)
STAFF = ("moderator", "secretary", "admin", "admin", "developer")
VOTERS = ("nurse1", "nurse2", "pharmacist1", "physiotherapist3", "stranger")
BY_VOTERS = (
    "castVote",
    "nameProxy",
    "raiseObjection",
    "addComment",
    "openThread",
    "react",
    "joinEngagement",
    "answerInvitation",
)
GUESTS = ("pharmacist1", "pharmacist1", "moderator")
BY_GUESTS = ("requestFloor", "withdrawFloorRequest")
LIKELY_ACTORS = {**dict.fromkeys(BY_VOTERS, VOTERS), **dict.fromkeys(BY_GUESTS, GUESTS)}
# What moves most of what is followed comes more often than the rest.
LIKELY = ("castVote", "castVote", "castVote", *BY_VOTERS, "hideWords", "hideWords", "showWords")
MODERATING = ("flagWords", "moveComment", "mergeComment", "keepWords")
STORED = sorted(set(MUTATIONS) - {"updatePresence", "leave"})
REGISTERS = ("Person", "Organisation", "Profession", "Credential", "Credentials", "Criterion")
FOLLOWED = [name for name in STORED if not name.endswith((*REGISTERS, "Plan", "Module"))]
AT_ROUNDTABLE = ("advanceClock", "advanceClock", "requestFloor", "giveFloor")
COMMANDS = (*STORED, *LIKELY, *LIKELY, *AT_ROUNDTABLE, *AT_ROUNDTABLE, *MODERATING, "advanceBallot")

VOTES = text(
    "SELECT b.id AS ballot_id, t.scopes, t.public, b.secrecy, b.visibility, b.state, "
    "v.person_id AS owner_id, c.rationale AS words "
    "FROM cast_votes c JOIN votes v ON v.id = c.vote_id "
    "JOIN ballots b ON b.id = v.ballot_id JOIN topics t ON t.id = b.topic_id "
    "WHERE c.rationale <> ''"
)
OBJECTIONS = text(
    "SELECT b.id AS ballot_id, t.scopes, t.public, b.secrecy, b.visibility, b.state, "
    "o.person_id AS owner_id, o.body AS words "
    "FROM objections o JOIN ballots b ON b.id = o.ballot_id JOIN topics t ON t.id = b.topic_id"
)
HIDDEN = text(
    "SELECT t.scopes, t.public, c.author_id AS owner_id, words FROM comments c "
    "JOIN topics t ON t.id = c.topic_id, LATERAL (SELECT c.body UNION SELECT c.hidden_reason "
    "UNION SELECT e.body FROM comment_edits e WHERE e.comment_id = c.id) AS said(words) "
    "WHERE c.hidden_at IS NOT NULL UNION ALL "
    "SELECT t.scopes, t.public, s.owner_id, s.words FROM topics t JOIN ("
    "SELECT v.topic_id, v.person_id AS owner_id, c.rationale AS words FROM votes v "
    "JOIN cast_votes c ON c.vote_id = v.id WHERE v.hidden_ground IS NOT NULL UNION ALL "
    "SELECT o.topic_id, o.person_id, o.body FROM objections o LEFT JOIN votes v "
    "ON v.id = o.vote_id WHERE coalesce(v.hidden_ground, o.hidden_ground) IS NOT NULL UNION ALL "
    "SELECT roundtable_id, person_id, about FROM floor_requests "
    "WHERE hidden_ground IS NOT NULL UNION ALL "
    "SELECT topic_id, person_id, body FROM interests WHERE hidden_ground IS NOT NULL"
    ") AS s ON s.topic_id = t.id WHERE s.words <> ''"
)
REASONS = text(
    "SELECT t.scopes, t.public, d.author_id AS owner_id, words FROM moderation_decisions d "
    "JOIN topics t ON t.id = d.topic_id, LATERAL (SELECT d.reason "
    "UNION SELECT a.words FROM appeals a WHERE a.moderation_decision_id = d.id) "
    "AS said(words) WHERE d.words_id IS NOT NULL "
    "UNION ALL SELECT t.scopes, t.public, f.person_id, f.reason FROM flags f "
    "JOIN topics t ON t.id = f.topic_id"
)
EMAILS = text("SELECT id AS owner_id, email AS words FROM people")
BALLOTS = text("SELECT id, state FROM ballots ORDER BY id")
OPEN_BALLOTS = text("SELECT id, kind FROM ballots WHERE state = 'OPEN' ORDER BY id")
CLOCK = text("SELECT clock_state FROM roundtables ORDER BY id LIMIT 1")
REQUESTS = text("SELECT id FROM floor_requests WHERE state = :state ORDER BY id")
# What may come next where a clock stands; its end is left to chance.
STEPS = {
    "NOT_STARTED": ("START",),
    "RUNNING": ("PAUSE", "NEXT", "NEXT"),
    "PAUSED": ("START", "NEXT"),
    "ENDED": ("START",),
}


def _forget_times(input: dict[str, Any]) -> None:
    """Leave out times that have passed, and rules of stopping, which one round has no use for."""
    for name in ("opensAt", "closesAt"):
        input.pop(name, None)
    for name in ("stopsWhenStable", "stopsOnConsensus"):
        input.get("roundPlan", {}).pop(name, None)


@dataclass
class Follower:
    """Somebody who follows one topic, for as long as they may know of it."""

    name: str | None
    topic: str
    messages: Messages | None = None
    model: Model = field(default_factory=Model)


class Example:
    """One database, those who follow it, and commands by anybody."""

    def __init__(
        self, live: Live, made: Furnished, inputs: Inputs, following: AsyncExitStack
    ) -> None:
        self.live = live
        self.following = following
        self.made = made
        self.inputs = inputs
        self.stored: tuple[dict[str, str], int] | None = None

    async def viewer(self, name: str | None) -> Viewer:
        """Return somebody with the roles that they hold now."""
        if name is None:
            return ANYONE
        async with self.live.database.read() as session:
            found = await people.viewer(session, self.made.world.people[name])
        assert found is not None
        return found

    async def act(self, mutation: str) -> None:
        """Run one command: refused, it changes nothing; done, its change has an event."""
        likely = LIKELY_ACTORS.get(mutation, STAFF)
        actor = self.inputs.choose((*likely, *likely, *likely, *STAFF, *VOTERS, None))
        input = self.inputs.of(mutation, await known(self.live.database))
        await self._make_sense(mutation, input)
        before = self.stored or await self._stored()
        result = await self.live.execute(await self.viewer(actor), document(mutation), input=input)
        assert "errors" not in result, result
        after = self.stored = await self._stored()
        if "code" in result["data"][mutation]:
            assert after == before, result
        changed, told = (one != other for one, other in zip(before, after, strict=True))
        assert changed == told, (mutation, input, result)

    async def _stored(self) -> tuple[dict[str, str], int]:
        return await rows(self.live.database), await sequences(self.live.database)

    async def _make_sense(self, mutation: str, input: dict[str, Any]) -> None:
        """Make what would nearly always be refused likely to be taken."""
        if mutation == "draftBallot":
            input.pop("rule", None)
            input["topicId"] = self.made.ids["engagement"]
            _forget_times(input)
            listing = BallotKind(input["kind"]) in LISTED
            input["options"] = ["One option", "Another option"] if listing else []
        elif mutation == "editBallot":
            input.pop("rule", None)
            input.pop("options", None)
            _forget_times(input)
        elif mutation == "advanceBallot":
            await self._step_of_ballot(input)
        elif mutation == "castVote":
            await self._make_a_vote(input)
        elif mutation == "advanceClock" and input["transition"] != "END":
            async with self.live.database.session() as session:
                state = (await session.execute(CLOCK)).scalar_one()
            input.update(
                roundtableId=self.made.ids["roundtable"],
                transition=self.inputs.choose(STEPS[state]),
            )
        elif mutation == "requestFloor":
            input["roundtableId"] = self.made.ids["roundtable"]
        elif mutation in ("giveFloor", "endFloor", "withdrawFloorRequest"):
            state = "SPEAKING" if mutation == "endFloor" else "WAITING"
            async with self.live.database.session() as session:
                requests = (await session.scalars(REQUESTS, {"state": state})).all()
            if requests:
                request = self.inputs.choose(requests)
                input["floorRequestId"] = self.made.world.id("FloorRequest", request)

    async def _step_of_ballot(self, input: dict[str, Any]) -> None:
        """Choose a step that a ballot can take, with what it needs."""
        async with self.live.database.session() as session:
            ballots = (await session.execute(BALLOTS)).all()
        ballot = self.inputs.choose(ballots)
        step = self.inputs.choose(
            [move.transition for move in BALLOT.moves if ballot.state in move.sources]
            or [BallotTransition.CANCEL]
        )
        input.update(
            ballotId=self.made.world.id("Ballot", ballot.id), transition=step, reason="It is time."
        )
        for name, steps in TAKES.items():
            if step not in steps or name == "closes_at":
                input.pop({"closes_at": "closesAt"}.get(name, name), None)
        if step == BallotTransition.DECIDE:
            input["decision"] = "So be it."
        elif step == BallotTransition.EXTEND:
            input["closesAt"] = "2999-01-01T00:00:00Z"

    async def _make_a_vote(self, input: dict[str, Any]) -> None:
        async with self.live.database.session() as session:
            ballots = (await session.execute(OPEN_BALLOTS)).all()
        if ballots:
            ballot = self.inputs.choose(ballots)
            for each in ("rating", "choice", "options", "safety"):
                input.pop(each, None)
            if self.inputs.choose((True, True, False)):
                input.pop("onBehalfOfId", None)
            vote = self._vote(BallotKind(ballot.kind))
            input.update(ballotId=self.made.world.id("Ballot", ballot.id), **vote)

    def _vote(self, kind: BallotKind) -> dict[str, Any]:
        if kind in LISTED:
            return {"options": self.inputs.choose(([1], [2], [2, 1]))}
        choice = self.inputs.choose(choices(kind))
        return {"rating": int(choice)} if choice.isdigit() else {"choice": choice}

    async def look(self, follower: Follower) -> None:
        """Take in what came, and compare with what a newcomer would be shown."""
        viewer = await self.viewer(follower.name)
        async with self.live.subscribe(viewer, ACTIVITY, topic=follower.topic) as messages:
            newest = await messages.result()
        fresh = Model()
        if "errors" not in newest:
            fresh.take(newest["data"]["activity"])
        secrets = await self._secrets(viewer)
        seen = [newest]
        while follower.model.cursor != fresh.cursor:
            if follower.messages is None:
                follower.messages = await self.following.enter_async_context(
                    self.live.subscribe(viewer, ACTIVITY, topic=follower.topic)
                )
            result = await follower.messages.result()
            seen.append(result)
            if "errors" in result:  # not theirs to know of any more, perhaps for a while
                follower.messages, follower.model = None, Model()
            else:
                follower.model.take(result["data"]["activity"])
        for refusal in (result for result in seen if "errors" in result):
            # Not theirs to know of, or signed out everywhere, and then in again.
            code = refusal["errors"][0]["extensions"]["code"]
            assert code in ("NOT_FOUND", "UNAUTHENTICATED"), refusal
        assert follower.model.seen() == fresh.seen(), (follower.name, follower.topic)
        sent = orjson.dumps(seen).decode()
        assert [secret for secret in secrets if secret in sent] == [], follower.name

    async def _secrets(self, viewer: Viewer) -> list[str]:
        """Return every text that this viewer is not entitled to."""

        def reads(row: Row[Any]) -> Audience | None:
            return audience(viewer, Place(row.scopes, row.public))

        async with self.live.database.session() as session:
            votes = [*await session.execute(VOTES), *await session.execute(OBJECTIONS)]
            moderated = [*await session.execute(HIDDEN), *await session.execute(REASONS)]
            emails = (await session.execute(EMAILS)).all()
        kept = [
            *(
                row
                for row in votes
                if reads(row) in (None, Audience.PUBLIC)
                or row.secrecy != "NAMED"
                or (
                    row.visibility != "LIVE"
                    and row.state not in CONCLUDED
                    and row.ballot_id not in viewer.voted_in
                )
            ),
            *(row for row in moderated if reads(row) is not Audience.MODERATORS),
            *(row for row in emails if not allowed(viewer, Permission.ADMINISTER, None)),
        ]
        return [row.words for row in kept if row.owner_id != viewer.person_id]


@dataclass(frozen=True)
class Place:
    """The place of a row, for the guard of the domain."""

    scopes: list[UUID]
    public: bool


@settings(
    max_examples=EXAMPLES,
    derandomize="CONCORDAT_STEPS" not in os.environ,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
async def test_a_snapshot_and_the_events_after_it_equal_a_fresh_snapshot(
    server: Server, data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "POLL", 0.02)  # who loses a role hears nothing of it from the topic
        async with (
            furnished(server) as made,
            process(made.world.database) as live,
            AsyncExitStack() as following,
        ):
            example = Example(live, made, Inputs(data.draw), following)
            followers = [Follower(name, made.ids[topic]) for name, topic in FOLLOWERS]
            # Half of them without repetition, so that a few examples have everything once.
            deck = iter(data.draw(st.permutations(FOLLOWED)))
            for number in range(COMMANDS_OF_ONE):
                other = example.inputs.choose(COMMANDS)
                mutation = next(deck, other) if number % 2 else other
                # What is about to be hidden may have been told, and is looked at while it may be.
                if number % BETWEEN_LOOKS == 0 or mutation == "hideWords":
                    for follower in followers:
                        await example.look(follower)
                await example.act(mutation)
            for follower in followers:
                await example.look(follower)
