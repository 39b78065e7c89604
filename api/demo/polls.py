"""The ballots as the panel knows them, and its chair, who opens and closes them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from api.demo import documents
from api.demo.cast import Participant
from api.demo.exercise import place
from api.demo.opinions import CLOSING, QUESTIONS, Question
from api.live import Live
from domain.models.ballots import BallotVisibility

SETTLED = 10.0
"""Seconds without a vote after which a ballot is closed."""
OPEN_AT_ONCE = 4
AGAIN = "Asked again: "


@dataclass
class Poll:
    """A ballot of the demo: what each of the panel chose, by address, and when it last moved."""

    id: str
    question: Question
    state: str
    chosen: dict[str, str] = field(default_factory=dict)
    moved: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def wanted(self, who: Participant) -> str:
        """Return what somebody chooses in the end; nobody is persuaded by what nobody sees."""
        live = self.question.visibility is BallotVisibility.LIVE
        return self.question.mind(who.constituency, place(who), settled=live)

    def torn(self, people: list[Participant]) -> list[Participant]:
        """Return who has still to come round, once most have voted."""
        if len(self.chosen) < 0.8 * len(people):
            return []
        return [who for who in people if self.chosen.get(who.email) not in (None, self.wanted(who))]


class Chair:
    """Facilitates the ballots of one exercise; `topics` are the ids of what they are about.

    Others may take steps too: a visitor of the page who plays the facilitator, and the clock.
    """

    def __init__(self, live: Live, engagement: str, topics: dict[str, str]) -> None:
        self._live = live
        self._engagement = engagement
        self._topics = topics
        self.polls: list[Poll] = []
        self._presiding = asyncio.Lock()

    @property
    def open(self) -> list[Poll]:
        """The ballots in which one can vote now."""
        return [poll for poll in self.polls if poll.state == "OPEN"]

    @property
    def prepared(self) -> bool:
        """Whether a question of the script waits for its turn."""
        return any(poll.state == "DRAFT" for poll in self.polls)

    def take(self, id: str, words: str, state: str) -> None:
        """Note a ballot that is there already; one that is not of the script is nobody's."""
        plain = words.removeprefix(AGAIN)
        for question in QUESTIONS:
            if question.words == plain:
                self.polls.append(Poll(id, replace(question, words=words), state))

    async def preside(self, people: list[Participant]) -> None:
        """Close what is settled, and open another ballot in its place."""
        async with self._presiding:  # one look and its step at a time, so that no look is outdated
            await self._look()
            await self._step(people)

    async def _look(self) -> None:
        """Learn where the ballots stand, whoever brought them there."""
        found = await self._live.ask(documents.STANDS, id=self._engagement)
        states = {each["id"]: each["state"] for each in found["node"]["ballots"]["nodes"]}
        for poll in self.polls:
            poll.state = states.get(poll.id, poll.state)

    async def _step(self, people: list[Participant]) -> None:
        now = asyncio.get_running_loop().time()
        for poll in self.open:
            if (
                len(poll.chosen) == len(people)
                and not poll.torn(people)
                and now - poll.moved > SETTLED
            ):
                await self._advance(poll, "CLOSE", "CLOSED")
                return
        if len(self.open) < OPEN_AT_ONCE:
            waiting = [poll for poll in self.polls if poll.state == "DRAFT"]
            await self._open(waiting[0] if waiting else await self._draft())

    async def _open(self, poll: Poll) -> None:
        """Give a draft its deadline, and open it."""
        closes_at = datetime.now(UTC) + poll.question.lasts
        await self._live.ask(
            documents.EDIT_BALLOT,
            input={
                "ballotId": poll.id,
                "closesAt": closes_at.isoformat(),
                "expectedRevision": None,
            },
        )
        await self._advance(poll, "OPEN", "OPEN")

    async def _advance(self, poll: Poll, transition: str, state: str) -> None:
        poll.state = state  # first, so that nobody votes or presides meanwhile
        await self._live.ask(
            documents.ADVANCE_BALLOT,
            input={
                "ballotId": poll.id,
                "transition": transition,
                "reason": CLOSING if state == "CLOSED" else "",
                "expectedRevision": None,
            },
        )
        poll.moved = asyncio.get_running_loop().time()

    async def _draft(self) -> Poll:
        """Put the question again that was asked longest ago."""
        asked = [poll.question.words.removeprefix(AGAIN) for poll in self.polls]
        question = min(QUESTIONS, key=lambda each: _last(asked, each.words))
        again = replace(question, words=AGAIN + question.words)
        poll = Poll("", again, "DRAFTING")
        self.polls.append(poll)
        drafted = await self._live.ask(
            documents.DRAFT_BALLOT,
            input={
                "topicId": self._engagement,
                "kind": question.kind,
                "question": again.words,
                "subjectId": self._topics[question.about],
                "visibility": question.visibility,
            },
        )
        poll.id = drafted["draftBallot"]["ballot"]["id"]
        return poll


def _last(asked: list[str], words: str) -> int:
    return max((place for place, each in enumerate(asked) if each == words), default=-1)
