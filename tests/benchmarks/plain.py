"""What a user of Strawberry would write: types, DataLoaders, and sessions of SQLAlchemy's ORM.

It answers what `documents` asks, over the product's tables. Nobody is asked who they are, but for
the header that says who votes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry import relay
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from domain.database import APP_ROLE
from domain.lifecycle import BallotState
from domain.models import ballots, comments, engagements, people, specifications, votes
from domain.models.stakeholders import Constituency as ConstituencyRow
from tests.benchmarks.programme import CHOICES

VOTER = "x-person"
"""The header with the key of the person who votes."""

T = TypeVar("T")
Sessions: TypeAlias = async_sessionmaker[AsyncSession]
Info: TypeAlias = strawberry.Info[dict[str, Any], None]
Load: TypeAlias = Callable[[list[UUID]], Coroutine[Any, Any, Sequence[Any]]]


@strawberry.enum
class State(Enum):
    IN_DEVELOPMENT = "IN_DEVELOPMENT"
    CONSULTATION = "CONSULTATION"
    REVISING = "REVISING"
    CANDIDATE = "CANDIDATE"
    LAUNCHED = "LAUNCHED"
    SUPERSEDED = "SUPERSEDED"
    ABANDONED = "ABANDONED"


@strawberry.enum
class Choice(Enum):
    AGREE = "AGREE"
    DISAGREE = "DISAGREE"
    PASS = "PASS"


def children(sessions: Sessions, record: Any, parent: Any) -> Load:
    """Return what reads the records of each parent, in the order of their ids."""

    async def load(keys: list[UUID]) -> list[list[Any]]:
        async with sessions() as session:
            rows = await session.scalars(select(record).where(parent.in_(keys)).order_by(record.id))
        found = defaultdict(list)
        for row in rows:
            found[getattr(row, parent.key)].append(row)
        return [found[key] for key in keys]

    return load


def by_id(sessions: Sessions, record: Any) -> Load:
    """Return what reads records by their ids."""

    async def load(keys: list[UUID]) -> list[Any]:
        async with sessions() as session:
            rows = await session.scalars(select(record).where(record.id.in_(keys)))
        found = {row.id: row for row in rows}
        return [found.get(key) for key in keys]

    return load


def tallies(sessions: Sessions) -> Load:
    """Return what reads the tallies of each ballot, each with its constituency."""

    async def load(keys: list[UUID]) -> list[list[Any]]:
        statement = (
            select(ballots.TallyRow, ConstituencyRow)
            .join(ConstituencyRow, ConstituencyRow.id == ballots.TallyRow.constituency_id)
            .where(ballots.TallyRow.ballot_id.in_(keys))
            .order_by(ConstituencyRow.position, ConstituencyRow.id)
        )
        found = defaultdict(list)
        async with sessions() as session:
            for tally, constituency in await session.execute(statement):
                found[tally.ballot_id].append((tally, constituency))
        return [found[key] for key in keys]

    return load


def loaders(sessions: Sessions) -> dict[str, DataLoader[UUID, Any]]:
    """Return the loaders of one request."""
    loads = {
        "specification": by_id(sessions, specifications.Specification),
        "person": by_id(sessions, people.Person),
        "engagements": children(
            sessions, engagements.Engagement, engagements.Engagement.specification_id
        ),
        "ballots": children(sessions, ballots.Ballot, ballots.Ballot.topic_id),
        "tallies": tallies(sessions),
        "threads": children(sessions, comments.Thread, comments.Thread.subject_id),
        "comments": children(sessions, comments.Comment, comments.Comment.thread_id),
    }
    return {name: DataLoader(load_fn=load) for name, load in loads.items()}


def global_id(row: Any) -> strawberry.ID:
    """Return the global id of a record."""
    return strawberry.ID(relay.to_base64(type(row).__name__, str(row.id)))


def key(id: strawberry.ID) -> UUID:
    """Return the key of a global id."""
    return UUID(relay.from_base64(id)[1])


@strawberry.type
class Connection(Generic[T]):
    nodes: list[T]


@strawberry.type
class Person:
    name: str


@strawberry.type
class Comment:
    body: str
    author_id: strawberry.Private[UUID]

    @strawberry.field
    async def author(self, info: Info) -> Person:
        row = await info.context["person"].load(self.author_id)
        return Person(name=row.name)


@strawberry.type
class Thread:
    key: strawberry.Private[UUID]

    @strawberry.field
    async def comments(self, info: Info, first: int) -> Connection[Comment]:
        rows = await info.context["comments"].load(self.key)
        return Connection(
            nodes=[Comment(body=row.body, author_id=row.author_id) for row in rows[:first]]
        )


@strawberry.type
class Constituency:
    name: str


@strawberry.type
class GroupConsensus:
    constituency: Constituency
    voted: int
    in_favour: int
    of: int


@strawberry.type
class Turnout:
    voted: int
    eligible: int


@strawberry.type
class Consensus:
    turnout: Turnout
    by_constituency: list[GroupConsensus]


@strawberry.type
class Ballot:
    id: strawberry.ID
    question: str
    key: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: ballots.Ballot) -> Ballot:
        return cls(id=global_id(row), question=row.question, key=row.id)

    @strawberry.field
    async def consensus(self, info: Info) -> Consensus:
        rows = await info.context["tallies"].load(self.key)
        return Consensus(
            turnout=Turnout(
                voted=sum(sum(tally.counts) for tally, _ in rows),
                eligible=sum(tally.eligible for tally, _ in rows),
            ),
            by_constituency=[
                GroupConsensus(
                    constituency=Constituency(name=constituency.name),
                    voted=sum(tally.counts),
                    in_favour=tally.counts[0],
                    of=tally.counts[0] + tally.counts[1],
                )
                for tally, constituency in rows
            ],
        )

    @strawberry.field
    async def threads(self, info: Info, first: int) -> Connection[Thread]:
        rows = await info.context["threads"].load(self.key)
        return Connection(nodes=[Thread(key=row.id) for row in rows[:first]])


@strawberry.type
class Engagement:
    title: str
    key: strawberry.Private[UUID]

    @strawberry.field
    async def ballots(self, info: Info, first: int) -> Connection[Ballot]:
        rows = await info.context["ballots"].load(self.key)
        return Connection(nodes=[Ballot.of(row) for row in rows[:first]])


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class Specification(Node):
    title: str
    version: int
    state: State
    created_at: datetime
    key: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: specifications.Specification) -> Specification:
        return cls(
            id=global_id(row),
            title=row.title,
            version=row.version,
            state=State(row.state),
            created_at=row.created_at,
            key=row.id,
        )

    @strawberry.field
    async def engagements(self, info: Info, first: int) -> Connection[Engagement]:
        rows = await info.context["engagements"].load(self.key)
        return Connection(nodes=[Engagement(title=row.title, key=row.id) for row in rows[:first]])


@strawberry.type
class Query:
    @strawberry.field
    async def specifications(self, info: Info, first: int) -> Connection[Specification]:
        record = specifications.Specification
        async with info.context["sessions"]() as session:
            rows = await session.scalars(select(record).order_by(record.id).limit(first))
        return Connection(nodes=[Specification.of(row) for row in rows])

    @strawberry.field
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        row = await info.context["specification"].load(key(id))
        return None if row is None else Specification.of(row)


@strawberry.type
class Vote:
    id: strawberry.ID
    ballot: Ballot


@strawberry.type
class CastVotePayload:
    vote: Vote


@strawberry.input
class CastVoteInput:
    ballot_id: strawberry.ID
    choice: Choice


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def cast_vote(self, info: Info, input: CastVoteInput) -> CastVotePayload:
        """Change or enter a vote, and count it where nobody else does so meanwhile."""
        person, ballot_id = info.context["person_id"], key(input.ballot_id)
        choice = CHOICES.index(input.choice.value)
        async with info.context["sessions"]() as session, session.begin():
            elector, tally = ballots.Elector, ballots.TallyRow
            found = await session.execute(
                select(ballots.Ballot, tally)
                .join(elector, elector.ballot_id == ballots.Ballot.id)
                .join(
                    tally,
                    and_(
                        tally.ballot_id == elector.ballot_id,
                        tally.constituency_id == elector.constituency_id,
                    ),
                )
                .where(ballots.Ballot.id == ballot_id, elector.person_id == person)
                .with_for_update(of=tally)
            )
            ballot, tallied = found.one()
            if ballot.state is not BallotState.OPEN:
                raise ValueError("This ballot is not open.")
            vote = await session.scalar(
                select(votes.Vote).where(
                    votes.Vote.ballot_id == ballot_id, votes.Vote.person_id == person
                )
            )
            counts = list(tallied.counts)
            if vote is None:
                vote = votes.Vote(
                    topic_id=ballot.topic_id,
                    ballot_id=ballot_id,
                    person_id=person,
                    constituency_id=tallied.constituency_id,
                    choice=choice,
                    rationale="",
                    cast_at=datetime.now(UTC),
                )
                session.add(vote)
            else:
                counts[vote.choice] -= 1
                vote.choice = choice
                vote.revision += 1
                vote.cast_at = datetime.now(UTC)
            counts[choice] += 1
            tallied.counts = counts
        return CastVotePayload(vote=Vote(id=global_id(vote), ballot=Ballot.of(ballot)))


class Endpoint(GraphQL[dict[str, Any], None]):
    """Strawberry's own, with what every request has to itself."""

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(
            strawberry.Schema(Query, Mutation, extensions=[ParserCache, ValidationCache])
        )
        self._sessions = sessions

    async def get_context(
        self,
        request: Request | WebSocket,
        response: Response | WebSocket,  # noqa: ARG002 - Strawberry's signature
    ) -> dict[str, Any]:
        """Return new loaders, and who votes."""
        person = request.headers.get(VOTER)
        return {
            "sessions": self._sessions,
            "person_id": None if person is None else UUID(person),
            **loaders(self._sessions),
        }


def app(database_url: str) -> Starlette:
    """Serve the schema."""
    settings = {"role": APP_ROLE, "timezone": "UTC", "jit": "off"}
    engine = create_async_engine(
        database_url, pool_size=20, max_overflow=0, connect_args={"server_settings": settings}
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    sessions = async_sessionmaker(engine, expire_on_commit=False)
    return Starlette(routes=[Route("/graphql", Endpoint(sessions))], lifespan=lifespan)
