"""Over HTTP and real sockets, nobody is sent what is not theirs to know, whatever is done.

A few hundred steps run here; CONCORDAT_FUZZ=long makes them ten thousand.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from secrets import randbelow
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from domain.models.ballots import BallotSecrecy, BallotVisibility
from tests.api.furnished import Furnished
from tests.api.site import Site, site
from tests.ballots import opened
from tests.execution.both import LONG
from tests.organisations import asked as asked_officially
from tests.organisations import organised
from tests.schema.test_blindness import EVERYTHING, Copy, copy
from tests.subscriptions.wsclient import Client, connected, serving
from tests.world import World

__all__ = ["copy"]  # a fixture

STEPS = 10_000 if LONG else 250
LOOK = 5  # steps between two looks at everything that there is of two ballots
READERS = (None, "stranger", "provider", "developer", "moderator", "nurse1", "pharmacist1")
VOTERS = ("nurse1", "nurse2", "pharmacist1", "physiotherapist1", "physiotherapist2")
REPRESENTATIVE_OF = {"nurse2": "nurse1", "nurse3": "nurse1", "pharmacist2": "pharmacist1"}
REPRESENTATIVES = frozenset(REPRESENTATIVE_OF.values())
MEMBERS_AND_REPRESENTATIVES = (*REPRESENTATIVE_OF, *sorted(REPRESENTATIVES))
OUTSIDERS = (None, "stranger", "provider")
MEMBERS = (*OUTSIDERS, "pharmacist1", "developer")
MOST_BALLOTS = 12

VOTES = """
subscription ($ballot: ID!) {
  votes(ballotId: $ballot) {
    ... on VotesSnapshot { cursor sequence ballot { state votes { totalCount } } }
    ... on VoteEvent { cursor sequence kind at vote { choice } }
  }
}
"""
CONSENSUS = """
subscription ($ballot: ID!) {
  consensus(ballotId: $ballot) {
    ... on ConsensusUpdate {
      cursor sequence
      ballot { state votes { totalCount } consensus { status asOf turnout { voted } } }
    }
  }
}
"""
ACTIVITY = """
subscription ($topic: ID!) {
  activity(topicId: $topic) {
    ... on ActivitySnapshot { cursor sequence topic { id ... on Engagement { ...ballots } } }
    ... on ActivityEvent {
      cursor sequence kind reason actor { id name }
      subject { id ... on Engagement { ...ballots } ... on Ballot { ...ballot }
                ... on Vote { ...vote } ... on View { id said: rationale } }
    }
  }
}
fragment ballots on Engagement { ballots(last: 5) { nodes { ...ballot } } }
fragment ballot on Ballot {
  id state revision votes { totalCount nodes { ...vote } }
  views { totalCount nodes { id rationale member { name } } }
  consensus { status reasons asOf turnout { voted } overall { counts { count } } }
}
fragment vote on Vote { id choice rationale voter { name } history { rationale } }
"""
TAKE = """
mutation ($ballot: ID!) {
  takePaper(input: {ballotId: $ballot}) { ... on TakePaperPayload { secret } }
}
"""
LISTED = """
query ($topic: ID!) {
  node(id: $topic) { ... on Engagement { ballots(last: 20) { nodes { id } } } }
}
"""


class Reader:
    """Somebody who follows everything over one socket, and every frame that they were sent."""

    def __init__(self, name: str | None, client: Client) -> None:
        self.name = name
        self.client = client
        self._frames: list[str] = []
        self._pongs: asyncio.Queue[None] = asyncio.Queue()

    async def listen(self) -> None:
        """Take in what is sent, whatever else goes on: who answers no ping is sent away."""
        while True:
            frame = await self.client.connection.recv()
            assert isinstance(frame, str)
            if frame == '{"type":"pong"}':
                self._pongs.put_nowait(None)
            elif frame == '{"type":"ping"}':
                await self.client.send({"type": "pong"})
            else:
                self._frames.append(frame)

    async def received(self) -> list[str]:
        """Return the frames that came since the last time."""
        await self.client.send({"type": "ping"})
        await self._pongs.get()
        frames, self._frames = self._frames, []
        return frames


@asynccontextmanager
async def readers(place: Site, *names: str | None) -> AsyncIterator[list[Reader]]:
    """Connect people, and let them follow the exercise."""
    async with (
        serving(place.app.state.sockets) as server,
        AsyncExitStack() as stack,
        asyncio.TaskGroup() as tasks,
    ):
        made, listening = [], []
        for name in names:
            client = await stack.enter_async_context(connected(server))
            await client.init(**({} if name is None else {"authorization": place.bearer(name)}))
            world = place.furnished.world
            topic = world.id("Engagement", world.engagement)
            await client.subscribe("activity", ACTIVITY, variables={"topic": topic})
            made.append(Reader(name, client))
            listening.append(tasks.create_task(made[-1].listen()))
        yield made
        for task in listening:
            task.cancel()


@dataclass
class Ballot:
    """What the test itself did with a ballot, which says who may know of what."""

    id: str
    visibility: str
    secrecy: str
    votes_by: str
    state: str = "DRAFT"
    voters: set[str] = field(default_factory=set)
    canaries: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    papers: dict[str, str] = field(default_factory=dict)

    def shows(self, reader: str | None, voter: str) -> bool:
        """Say whether a reader may see what a voter wrote, or the member of an organisation."""
        if reader == voter and self.secrecy != "UNLINKABLE":
            return True
        if self.votes_by == "ORGANISATIONS" and voter not in REPRESENTATIVES:
            return reader == REPRESENTATIVE_OF[voter]
        if reader in OUTSIDERS or self.secrecy != "NAMED":
            return False
        return (
            self.state == "CLOSED"
            or self.visibility == "LIVE"
            or (self.visibility == "AFTER_OWN_VOTE" and reader in self.voters)
        )


class Steps:
    """Random steps by anybody, of which the outcome is known."""

    def __init__(self, place: Site, random: Random) -> None:
        self.place = place
        self.random = random
        self.ballots: list[Ballot] = []
        self.papers: list[str] = []  # secrets, of which nobody else may hear, nor any log
        self.count = 0

    async def step(self) -> None:
        """Do one thing that is likely to be taken."""
        self.count += 1
        drafts = [each for each in self.ballots if each.state == "DRAFT"]
        opened = [each for each in self.ballots if each.state == "OPEN"]
        if len(self.ballots) < MOST_BALLOTS and self.random.random() < 0.1:
            await self.draft()
        elif drafts:
            await self.advance(drafts[0], "OPEN")
        elif opened and self.random.random() < 0.95:
            await self.vote(self.random.choice(opened))
        elif opened:
            await self.advance(self.random.choice(opened), "CLOSE")
            self.ballots = self.ballots[-MOST_BALLOTS + 2 :]
        else:
            await self.draft()

    async def draft(self) -> None:
        world = self.place.furnished.world
        visibility = self.random.choice(("LIVE", "AFTER_OWN_VOTE", "AFTER_CLOSE"))
        votes_by = self.random.choice(("PEOPLE", "PEOPLE", "ORGANISATIONS"))
        secrecy = "NAMED"
        if votes_by == "PEOPLE" and visibility != "AFTER_OWN_VOTE":
            secrecy = self.random.choice(("NAMED", "CONFIDENTIAL", "UNLINKABLE"))
        input = {
            "topicId": world.id("Engagement", world.engagement),
            "kind": "SENSE_CHECK",
            "question": "Shall it be so?",
            "visibility": visibility,
            "secrecy": secrecy,
            "votesBy": votes_by,
            "smallestCount": self.random.randrange(2, 5),
        }
        payload = await self.place.change("moderator", "draftBallot", input)
        self.ballots.append(Ballot(payload["ballot"]["id"], visibility, secrecy, votes_by))

    async def advance(self, ballot: Ballot, transition: str) -> None:
        input = {"ballotId": ballot.id, "transition": transition, "expectedRevision": None}
        payload = await self.place.change("moderator", "advanceBallot", input)
        assert "ballot" in payload, payload
        ballot.state = "OPEN" if transition == "OPEN" else "CLOSED"

    async def vote(self, ballot: Ballot) -> None:
        official = ballot.votes_by == "ORGANISATIONS"
        name = self.random.choice(MEMBERS_AND_REPRESENTATIVES if official else VOTERS)
        canary = f"canary-{self.count}-{self.random.randrange(10**9)}."
        if ballot.secrecy == "UNLINKABLE":
            await self.cast(ballot, name, canary)
            return
        input = {
            "ballotId": ballot.id,
            "choice": self.random.choice(("AGREE", "DISAGREE", "PASS")),
            "rationale": canary,
            "idempotencyKey": f"key-{canary}",
        }
        if official and name not in REPRESENTATIVES:
            payload = await self.place.change(name, "giveView", input)
            ballot.canaries[name] |= {canary, payload["view"]["id"]}
            return
        payload = await self.place.change(name, "castVote", input)
        ballot.voters.add(name)
        ballot.canaries[name] |= {canary, payload["vote"]["id"]}

    async def cast(self, ballot: Ballot, name: str, canary: str) -> None:
        """Cast somebody's paper without a session, having taken it if they have not."""
        if name not in ballot.papers:
            response = await self.place.ask(name, TAKE, ballot=ballot.id)
            ballot.papers[name] = response.json()["data"]["takePaper"]["secret"]
        input = {
            "secret": ballot.papers[name],
            "choice": self.random.choice(("AGREE", "DISAGREE", "PASS")),
            "rationale": canary,
        }
        payload = await self.place.change(None, "castPaper", input)
        assert "code" not in payload, payload
        ballot.canaries[name] |= {canary}
        self.papers.append(ballot.papers[name])

    def secrets(self, reader: str | None) -> list[str]:
        """Return what somebody must not be sent: words, keys and ids of votes."""
        return [
            canary
            for ballot in self.ballots
            for voter, canaries in ballot.canaries.items()
            if not ballot.shows(reader, voter)
            for canary in canaries
        ] + self.papers


async def asked(place: Site, name: str | None, ballots: Sequence[Ballot]) -> bytes:
    """Return what somebody is told who asks for everything that there is of two ballots."""
    world = place.furnished.world
    topic = world.id("Engagement", world.engagement)
    listed = await place.ask(name, LISTED, topic=topic)
    one, other = ballots
    votes = [id for canaries in one.canaries.values() for id in canaries if "." not in id]
    response = await place.ask(
        name,
        EVERYTHING,
        ballot=one.id,
        other=other.id,
        engagement=topic,
        vote=votes[0] if votes else one.id,
    )
    assert "errors" not in response.json(), response.text
    return listed.content + response.content


async def test_no_canary_reaches_who_is_not_entitled_nor_any_log(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.WARNING, "httpx")  # it is the client
    seed = randbelow(2**32) if LONG else 4711
    rightly = 0
    await organised(world)
    with capture_logs() as lines:
        async with (
            site(Furnished(world, {}), tmp_path) as place,
            readers(place, *READERS) as following,
        ):
            steps = Steps(place, Random(seed))  # noqa: S311 - it has to be repeatable
            for _ in range(STEPS):
                await steps.step()
                for reader in following:
                    sent = "".join(await reader.received())
                    leaked = [each for each in steps.secrets(reader.name) if each in sent]
                    assert not leaked, (seed, steps.count, reader.name)
                    rightly += sent.count("canary-")
                if steps.count % LOOK == 0:
                    name = steps.random.choice(READERS)
                    two = steps.random.choices(steps.ballots, k=2)
                    told = await asked(place, name, two)
                    leaked = [each for each in steps.secrets(name) if each.encode() in told]
                    assert not leaked, (seed, steps.count, name)
    assert rightly
    logged = f"{lines}{caplog.text}"
    assert "canary-" not in logged, seed
    assert not [paper for paper in steps.papers if paper in logged], seed


async def sent(
    place: Site,
    names: Sequence[str | None],
    ballot: UUID,
    act: Callable[[Site, str], Awaitable[None]] | None,
    witness: str,
    heard: str,
) -> list[bytes]:
    """Return every byte that people are sent over sockets and HTTP while some act, or nobody does.

    A witness follows, too, whose messages say that what was done has been told.
    """
    world = place.furnished.world
    id = world.id("Ballot", ballot)
    async with readers(place, witness, *names) as (witnessing, *others):
        for reader in (witnessing, *others):
            for document, name in ((VOTES, "votes"), (CONSENSUS, "consensus")):
                await reader.client.subscribe(name, document, variables={"ballot": id})
        own = {"topic": world.id("Person", world.people[witness])}
        await witnessing.client.subscribe("own", ACTIVITY, variables=own)
        frames = {reader.name: list[str]() for reader in (witnessing, *others)}

        async def look() -> None:
            for reader in (witnessing, *others):
                frames[reader.name] += await reader.received()

        while min(map(len, frames.values())) < 3:  # three snapshots
            await look()
        if act is not None:
            await act(place, id)
            while not any(heard in frame for frame in frames[witness]):
                await look()
        await look()
        answers = [
            (await place.ask(reader.name, EVERYTHING, **variables)).content
            for reader in others
            for variables in [
                {
                    "ballot": id,
                    "other": id,
                    "vote": id,
                    "engagement": world.id("Engagement", world.engagement),
                }
            ]
        ]
    return [*("".join(sorted(frames[each.name])).encode() for each in others), *answers]


async def three_vote(place: Site, ballot: str, secrecy: BallotSecrecy) -> None:
    """Let three people vote, one of them twice."""
    papers: dict[str, str] = {}
    for number, voter in enumerate(("nurse1", "nurse2", "nurse1", "physiotherapist1")):
        vote = {"choice": ("AGREE", "DISAGREE")[number % 2], "rationale": "A canary."}
        if secrecy is not BallotSecrecy.UNLINKABLE:
            payload = await place.change(voter, "castVote", {**vote, "ballotId": ballot})
        else:
            if voter not in papers:
                answer = (await place.ask(voter, TAKE, ballot=ballot)).json()
                papers[voter] = answer["data"]["takePaper"]["secret"]
            payload = await place.change(None, "castPaper", {**vote, "secret": papers[voter]})
        assert "code" not in payload, payload


async def two_give_views(place: Site, ballot: str) -> None:
    """Let two members tell their organisation what they think, and one withdraw it."""
    for member, choice in (("nurse2", "AGREE"), ("nurse3", "DISAGREE")):
        view = {"ballotId": ballot, "choice": choice, "rationale": "A canary."}
        payload = await place.change(member, "giveView", view)
        assert "code" not in payload, payload
    payload = await place.change("nurse2", "withdrawView", {"ballotId": ballot})
    assert "code" not in payload, payload


@pytest.mark.parametrize(
    ("visibility", "secrecy", "names"),
    [
        (BallotVisibility.LIVE, BallotSecrecy.NAMED, OUTSIDERS),
        (BallotVisibility.AFTER_OWN_VOTE, BallotSecrecy.NAMED, MEMBERS),
        (BallotVisibility.AFTER_CLOSE, BallotSecrecy.NAMED, MEMBERS),
        (BallotVisibility.LIVE, BallotSecrecy.CONFIDENTIAL, MEMBERS),
        (BallotVisibility.AFTER_CLOSE, BallotSecrecy.CONFIDENTIAL, MEMBERS),
        (BallotVisibility.LIVE, BallotSecrecy.UNLINKABLE, MEMBERS),
        (BallotVisibility.AFTER_CLOSE, BallotSecrecy.UNLINKABLE, MEMBERS),
    ],
)
async def test_every_byte_over_http_and_sockets_is_the_same_whether_or_not_others_voted(
    world: World,
    copy: Copy,
    tmp_path: Path,
    visibility: BallotVisibility,
    secrecy: BallotSecrecy,
    names: tuple[str | None, ...],
) -> None:
    ballot = await opened(world, visibility=visibility, secrecy=secrecy)

    async def act(place: Site, id: str) -> None:
        await three_vote(place, id, secrecy)

    found = []
    for each in (None, act):
        async with site(Furnished(await copy(), {}), tmp_path) as place:
            # Moderators are told how many have voted.
            found.append(await sent(place, names, ballot, each, "moderator", '{"voted":3}'))

    assert found[0] == found[1]
    assert b"canary" not in b"".join(found[1])


@pytest.mark.parametrize("visibility", BallotVisibility)
async def test_every_byte_over_http_and_sockets_is_the_same_whether_or_not_members_gave_views(
    world: World, copy: Copy, tmp_path: Path, visibility: BallotVisibility
) -> None:
    await organised(world)
    ballot = await asked_officially(world, visibility=visibility)
    names = (*MEMBERS, "moderator", "admin")
    found = []
    for act in (None, two_give_views):
        async with site(Furnished(await copy(), {}), tmp_path) as place:
            found.append(await sent(place, names, ballot, act, "nurse1", "VIEW_WITHDRAWN"))

    assert found[0] == found[1]
    assert b"canary" not in b"".join(found[1])
