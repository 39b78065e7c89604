"""A simulated panel: people who join over real sockets, talk, vote and change their minds."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import uuid4

from api.demo import documents
from api.demo.cast import PANEL, Participant
from api.demo.exercise import place, speaker
from api.demo.opinions import AFTERTHOUGHTS, TALKS
from api.demo.polls import Chair, Poll
from api.live import Live, Refused, connect

PAUSE = 0.7
"""Seconds between two deeds of the panel on average, while there are prepared questions."""
GENTLE = 4.0
"""How much slower it goes afterwards."""
HEARTBEAT = 6.0
REACTIONS = ("AGREE", "AGREE", "AGREE", "THANKS", "IDEA", "QUESTION", "DISAGREE")


@dataclass
class Member:
    """Somebody at the table, with an own socket."""

    who: Participant
    live: Live
    busy: bool = False
    presence: dict[str, object] = field(default_factory=lambda: {"connectionId": uuid4().hex})


@dataclass
class Talked:
    """A thread, and its comments as far as the panel knows them."""

    id: str
    comments: list[str]


class Panel:
    """The people, and what they know; `run` goes on until the server ends.

    `topics` are the ids of what one can talk about, by its words.
    """

    def __init__(
        self, engagement: str, topics: dict[str, str], members: list[Member], chair: Live
    ) -> None:
        self._engagement = engagement
        self._topics = topics
        self._members = members
        self._people = [member.who for member in members]
        self._live = chair
        self._chair = Chair(chair, engagement, topics)
        self._threads: dict[str, Talked] = {}
        self._said: set[str] = set()
        self._silent = True
        self._chance = random.Random(2022)

    async def run(self) -> None:
        """Learn what was done before, come in one by one, and take part."""
        await self._catch_up()
        async with asyncio.TaskGroup() as tasks:
            for member in self._members:
                tasks.create_task(self._be_here(member))
            while True:
                tasks.create_task(self._act())
                pace = PAUSE if self._chair.prepared else PAUSE * GENTLE
                # Bursts: most pauses are short, and a few are long.
                await asyncio.sleep(min(self._chance.expovariate(1 / pace), 4 * pace))

    async def _catch_up(self) -> None:
        found = await self._live.ask(documents.STATE, id=self._engagement)
        for ballot in found["node"]["ballots"]["nodes"]:
            self._chair.take(ballot["id"], ballot["question"], ballot["state"])
        for thread in found["node"]["threads"]["nodes"]:
            comments = thread["comments"]["nodes"]
            self._said.update(comment["body"] for comment in comments)
            if heading := (thread["subject"] or {}).get("heading"):
                ids = [comment["id"] for comment in comments]
                self._threads.setdefault(heading, Talked(thread["id"], ids))
        polls = {poll.id: poll for poll in self._chair.polls}
        for member in self._members:
            mine = await member.live.ask(documents.VOTES, id=self._engagement)
            for ballot in mine["node"]["ballots"]["nodes"]:
                vote = ballot["viewerVote"]
                if vote and (poll := polls.get(ballot["id"])):
                    poll.chosen[member.who.email] = vote["choice"] or str(vote["rating"])

    async def _be_here(self, member: Member) -> None:
        await asyncio.sleep(self._chance.uniform(0, 6))
        while True:
            if not member.busy:
                places = [*self._topics.values(), *(poll.id for poll in self._chair.open)]
                hand = self._chance.random() < 0.05  # noqa: PLR2004 - now and then
                with suppress(Refused):
                    await self._show(member, location=self._chance.choice(places), handRaised=hand)
            await asyncio.sleep(HEARTBEAT * self._chance.uniform(0.7, 1.3))

    async def _show(self, member: Member, **presence: object) -> None:
        member.presence |= presence
        input = {"topicId": self._engagement, **member.presence}
        await member.live.ask(documents.PRESENCE, input=input)

    async def _act(self) -> None:
        """Do one thing; what is not possible now gives way to something else."""
        with suppress(Refused):
            await self._chair.preside(self._people)
            deeds = [self._vote, self._talk, self._come_round, self._react]
            chosen = self._chance.choices(deeds, weights=(46, 24, 14, 16))[0]
            first = self._talk if self._silent else chosen  # somebody has to begin
            for deed in (first, *deeds):
                if await deed():
                    return

    async def _vote(self) -> bool:
        """Let somebody who has not voted do so."""
        waiting = [
            (poll, member)
            for poll in self._chair.open
            for member in self._members
            if member.who.email not in poll.chosen
        ]
        if not waiting:
            return False
        poll, member = self._chance.choice(waiting)
        choice = poll.question.mind(member.who.constituency, place(member.who))
        await self._cast(poll, member, choice)
        return True

    async def _come_round(self) -> bool:
        """Let somebody change their mind."""
        torn = [(poll, who) for poll in self._chair.open for who in poll.torn(self._people)]
        if not torn:
            return False
        poll, who = self._chance.choice(torn)
        await self._cast(poll, self._members[self._people.index(who)], poll.wanted(who))
        return True

    async def _cast(self, poll: Poll, member: Member, choice: str) -> None:
        reasons = poll.question.reasons.get(choice, ("",))
        # A blocking position must say why; otherwise people explain themselves now and then.
        explains = choice == "DISCUSS" or self._chance.random() < 0.4  # noqa: PLR2004
        poll.chosen[member.who.email] = choice
        poll.moved = asyncio.get_running_loop().time()
        await self._show(member, location=poll.id)
        vote = {"rating": int(choice)} if choice.isdigit() else {"choice": choice}
        rationale = self._chance.choice(reasons) if explains else ""
        input = {"ballotId": poll.id, "rationale": rationale, **vote}
        await member.live.ask(documents.CAST_VOTE, input=input)

    async def _talk(self) -> bool:
        """Say the next prepared thing of some thread; rarely, when there is none, anything."""
        prepared = [
            (talk.about, *waiting[0])
            for talk in TALKS
            if (waiting := [each for each in talk.lines if each[1] not in self._said])
        ]
        if prepared:
            about, constituency, words = self._chance.choice(prepared)
            await self._say(about, speaker(constituency, words), words)
            return True
        if not self._silent and self._chance.random() > 0.2:  # noqa: PLR2004 - see above
            return False
        about = self._chance.choice(list(self._threads))
        words = self._chance.choice(AFTERTHOUGHTS)
        await self._say(about, self._chance.choice(self._people), words)
        return True

    async def _say(self, about: str, who: Participant, words: str) -> None:
        member = self._members[self._people.index(who)]
        self._said.add(words)
        self._silent = False
        member.busy = True
        try:
            await self._show(member, location=self._topics[about], typing=True, handRaised=False)
            await asyncio.sleep(0.8 + len(words) / 60)
            if about in self._threads:
                await self._answer(self._threads[about], member, words)
            else:
                await self._open(about, member, words)
            await self._show(member, typing=False)
        finally:
            member.busy = False

    async def _answer(self, talked: Talked, member: Member, words: str) -> None:
        answers = self._chance.random() < 0.6  # noqa: PLR2004 - the others speak to all
        reply = {"replyToId": talked.comments[-1]} if answers else {}
        input = {"threadId": talked.id, "body": words, **reply}
        said = await member.live.ask(documents.ADD_COMMENT, input=input)
        if comment := said["addComment"].get("comment"):
            talked.comments.append(comment["id"])

    async def _open(self, about: str, member: Member, words: str) -> None:
        input = {
            "topicId": self._engagement,
            "subjectId": self._topics[about],
            "body": words,
        }
        opened = await member.live.ask(documents.OPEN_THREAD, input=input)
        if thread := opened["openThread"].get("thread"):
            ids = [comment["id"] for comment in thread["comments"]["nodes"]]
            self._threads[about] = Talked(thread["id"], ids)

    async def _react(self) -> bool:
        """React to one of the latest comments of a thread."""
        if not self._threads:
            return False
        talked = self._chance.choice(list(self._threads.values()))
        comment, kind = self._chance.choice(talked.comments[-4:]), self._chance.choice(REACTIONS)
        member = self._chance.choice(self._members)
        await member.live.ask(documents.REACT, input={"commentId": comment, "kind": kind})
        return True


@asynccontextmanager
async def gathered(
    url: str, token: Callable[[str], str], engagement: str, topics: dict[str, str], chair: str
) -> AsyncIterator[Panel]:
    """Connect everybody, each with the token of an address; `chair` is the moderator's."""
    async with AsyncExitStack() as stack:

        async def join(email: str) -> Live:
            return await stack.enter_async_context(connect(url, token(email)))

        members = [Member(who, await join(who.email)) for who in PANEL]
        yield Panel(engagement, topics, members, await join(chair))
