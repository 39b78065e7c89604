"""Who chose what in the ballots of an exercise, where the results of these are disclosed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select

from domain.consensus.choices import BallotKind
from domain.database import Session
from domain.models.ballots import Ballot, BallotSecrecy, VotesBy
from domain.models.topics import Topic
from domain.models.votes import Vote
from domain.permissions import Audience, Viewer, audience
from domain.queries.consensus import Disclosure, disclosed
from domain.queries.pages import ids, seen_by, visible

# In the order in which they were drafted.
BALLOTS = (
    select(Ballot.id, Ballot.topic_id, Ballot.visibility, Ballot.state, Topic.scopes, Topic.public)
    .join(Topic, Topic.id == Ballot.topic_id)
    .where(
        Ballot.topic_id == func.any(ids()),
        Ballot.kind == bindparam("kind", type_=Ballot.kind.type),
        Ballot.secrecy == BallotSecrecy.NAMED,
        Ballot.votes_by == VotesBy.PEOPLE,
        visible(),
    )
    .order_by(Ballot.id)
)
VOTES = (
    select(Vote.ballot_id, Vote.person_id, Vote.constituency_id, Vote.choice)
    .where(Vote.ballot_id == func.any(ids()))
    .order_by(Vote.id)
)


@dataclass(frozen=True, slots=True)
class Opinions:
    """The ballots of one kind in an exercise, and the votes in them; never handed out as such.

    `votes` has, for each person in the order of their first vote, the ordinals of what they chose
    by ballot; `constituencies` has where each of them voted last.
    """

    ballots: tuple[UUID, ...]
    votes: dict[UUID, dict[UUID, int]]
    constituencies: dict[UUID, UUID]


async def of_engagements(
    session: Session, viewer: Viewer, keys: Sequence[UUID], kind: BallotKind
) -> list[Opinions]:
    """Return the votes of each exercise in those of its ballots whose result the viewer may know.

    It is read to compute figures of everybody together, which are disclosed as results are; single
    votes are shown by `domain.queries.votes`. Nothing is known of secret ballots, nor anything to
    the public: such figures do not know small numbers. Positions of organisations are nobody's own
    opinion.
    """
    rows = await session.execute(BALLOTS, {"ids": keys, "kind": kind, **seen_by(viewer)})
    ballots = {row.id: row.topic_id for row in rows if _is_disclosed(viewer, row)}
    found: dict[UUID, Opinions] = {}
    of_key: dict[UUID, list[UUID]] = defaultdict(list)
    for ballot, key in ballots.items():
        of_key[key].append(ballot)
    for key in keys:
        found[key] = Opinions(tuple(of_key[key]), {}, {})
    for vote in await session.execute(VOTES, {"ids": list(ballots)}):
        opinions = found[ballots[vote.ballot_id]]
        opinions.votes.setdefault(vote.person_id, {})[vote.ballot_id] = vote.choice
        opinions.constituencies[vote.person_id] = vote.constituency_id
    return [found[key] for key in keys]


def _is_disclosed(viewer: Viewer, ballot: Any) -> bool:
    reader = audience(viewer, ballot)
    if reader is Audience.PUBLIC:
        return False
    return disclosed(reader, ballot.visibility, ballot.state) is Disclosure.EVERYTHING
