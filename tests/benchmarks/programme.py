"""What is read and voted on: specifications under consultation, each with ballots and comments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from domain.consensus.choices import BallotKind, ReasonPolicy, choices
from domain.consensus.rules import default_rule, dump_rule, rule_hash
from domain.database import Database
from domain.ids import new_id
from domain.lifecycle import BallotState, EngagementState, SpecificationState
from domain.models.ballots import Ballot, BallotVisibility, Elector, TallyRow
from domain.models.base import Record
from domain.models.comments import Comment, SubjectKind, Thread
from domain.models.credentials import Credential
from domain.models.engagements import Engagement
from domain.models.people import Person
from domain.models.specifications import Specification
from domain.models.stakeholders import Constituency, ConstituencyKind, Stakeholder
from domain.models.topics import Topic, TopicKind
from domain.models.votes import CastVote, Vote

BALLOTS = 7
"""Of each exercise: the seven criteria of the gateway, one ballot each."""
COMMENTS = 3
"""About each ballot, in one thread."""
CHOICES = choices(BallotKind.SENSE_CHECK)
CONSTITUENCIES = ("Nurses", "Pharmacists", "Physiotherapists")
NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)
QUESTION = "Does criterion {} of the gateway hold for this version of the specification?"
WORDS = "Number {} holds for what we teach, once somebody signs it off."


@dataclass(frozen=True)
class Programme:
    """The ids of what there is."""

    specifications: Sequence[UUID]
    readers: Sequence[UUID]
    """People who take part in every exercise, all of which are by invitation."""
    voters: Sequence[tuple[UUID, Sequence[UUID]]]
    """People with the ballots in which they have voted, and may do so again."""


async def found(database: Database, *, specifications: int, readers: int, voters: int) -> Programme:
    """Found a programme: so many specifications, with so many voters in the exercise of each."""
    numbers = count(1)
    async with database.session() as session:

        async def add(records: Sequence[Record]) -> None:
            session.add_all(records)
            await session.flush()

        async def people(amount: int) -> list[UUID]:
            made = [new_id() for _ in range(amount)]
            await add([Topic(id=id, kind=TopicKind.PERSON, scopes=[id]) for id in made])
            await add([_person(id, next(numbers)) for id in made])
            return made

        reading = await people(readers)
        ids, voting = [], list[tuple[UUID, Sequence[UUID]]]()
        for number in range(1, specifications + 1):
            members = await people(voters)
            exercise = _Exercise(number, members, reading)
            for batch in exercise.records():
                await add(batch)
            ids.append(exercise.specification)
            voting += [(member, exercise.ballots) for member in members]
        await session.commit()
    return Programme(ids, reading, voting)


def _person(id: UUID, number: int) -> Person:
    return Person(
        id=id, name=f"Member {number}", email=f"member{number}@example.org", created_at=NOW
    )


class _Exercise:
    """A specification with its exercise by invitation, in which everybody has voted."""

    def __init__(self, number: int, voters: Sequence[UUID], readers: Sequence[UUID]) -> None:
        self.specification = new_id()
        self.ballots = [new_id() for _ in range(BALLOTS)]
        self._number = number
        self._credential = new_id()
        self._topic = new_id()
        self._constituencies = [new_id() for _ in CONSTITUENCIES]
        self._voters = voters
        self._readers = readers

    def records(self) -> Iterator[Sequence[Record]]:
        """Yield records in batches, each of which refers to those before."""
        credential, specification, topic = self._credential, self.specification, self._topic
        yield [
            Topic(id=credential, kind=TopicKind.CREDENTIAL, scopes=[credential], public=True),
            Topic(
                id=specification,
                kind=TopicKind.SPECIFICATION,
                scopes=[specification, credential],
                public=True,
            ),
            Topic(id=topic, kind=TopicKind.ENGAGEMENT, scopes=[topic, specification]),
        ]
        title = f"Pelvic health, pathway {self._number}"
        yield [
            Credential(id=credential, code=f"P{self._number}", title=title, area="", created_at=NOW)
        ]
        yield [
            Specification(
                id=specification,
                credential_id=credential,
                version=1,
                title=title,
                summary="What an advanced practitioner knows and does.",
                state=SpecificationState.CONSULTATION,
                created_at=NOW,
            )
        ]
        yield [
            Engagement(
                id=topic,
                specification_id=specification,
                title=f"Tell us what you think of pathway {self._number}",
                purpose="Agreement before the launch.",
                briefing="",
                state=EngagementState.OPEN,
                opened_at=NOW,
                created_at=NOW,
            )
        ]
        yield [
            Constituency(
                id=id,
                engagement_id=topic,
                name=name,
                kind=ConstituencyKind.PROFESSION,
                position=position,
                created_at=NOW,
            )
            for position, (id, name) in enumerate(
                zip(self._constituencies, CONSTITUENCIES, strict=True), 1
            )
        ]
        yield [
            Stakeholder(
                engagement_id=topic,
                person_id=person,
                constituency_id=self._constituency(place),
                created_at=NOW,
            )
            for place, person in enumerate([*self._voters, *self._readers])
        ]
        yield [self._ballot(place) for place in range(BALLOTS)]
        yield from self._votes()
        yield from self._comments()

    def _constituency(self, place: int) -> UUID:
        return self._constituencies[place % len(CONSTITUENCIES)]

    def _choice(self, ballot: int, voter: int) -> int:
        return (ballot + voter // len(CONSTITUENCIES)) % len(CHOICES)

    def _ballot(self, place: int) -> Ballot:
        rule = default_rule(BallotKind.SENSE_CHECK)
        return Ballot(
            id=self.ballots[place],
            topic_id=self._topic,
            kind=BallotKind.SENSE_CHECK,
            question=QUESTION.format(place + 1),
            author_id=self._voters[0],
            state=BallotState.OPEN,
            visibility=BallotVisibility.LIVE,
            reason_policy=ReasonPolicy.OPTIONAL,
            electorate_grows=False,
            rule=dump_rule(rule),
            rule_hash=rule_hash(rule),
            opened_at=NOW,
            created_at=NOW,
        )

    def _votes(self) -> Iterator[Sequence[Record]]:
        electors, tallies, votes = list[Elector](), list[TallyRow](), list[Vote]()
        for ballot, ballot_id in enumerate(self.ballots):
            counts = {id: [0] * len(CHOICES) for id in self._constituencies}
            for place, person in enumerate(self._voters):
                constituency, choice = self._constituency(place), self._choice(ballot, place)
                counts[constituency][choice] += 1
                electors.append(
                    Elector(ballot_id=ballot_id, person_id=person, constituency_id=constituency)
                )
                votes.append(
                    Vote(
                        topic_id=self._topic,
                        ballot_id=ballot_id,
                        person_id=person,
                        constituency_id=constituency,
                        choice=choice,
                        rationale="",
                        cast_at=NOW,
                    )
                )
            tallies += [
                TallyRow(
                    ballot_id=ballot_id,
                    constituency_id=id,
                    eligible=sum(each),
                    voted=sum(each),
                    counts=each,
                )
                for id, each in counts.items()
            ]
        yield electors
        yield tallies
        yield votes
        yield [
            CastVote(vote_id=vote.id, revision=1, choice=vote.choice, rationale="", cast_at=NOW)
            for vote in votes
        ]

    def _comments(self) -> Iterator[Sequence[Record]]:
        threads = [
            Thread(
                topic_id=self._topic,
                subject_kind=SubjectKind.BALLOT,
                subject_id=ballot_id,
                author_id=self._voters[0],
                created_at=NOW,
            )
            for ballot_id in self.ballots
        ]
        yield threads
        yield [
            Comment(
                topic_id=self._topic,
                thread_id=thread.id,
                author_id=self._voters[(place + number) % len(self._voters)],
                body=WORDS.format(place + 1),
                created_at=NOW,
            )
            for place, thread in enumerate(threads)
            for number in range(COMMENTS)
        ]
