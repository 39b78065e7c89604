"""The write of votes: one statement decides, writes, counts, tells of them and commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from asyncpg import PostgresError
from sqlalchemy import (
    ARRAY,
    Boolean,
    DateTime,
    Integer,
    Text,
    Uuid,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from domain.commands.electors import no_elector, recused
from domain.commands.releases import release_consensus
from domain.consensus.choices import (
    BallotKind,
    ReasonPolicy,
    choices,
    needs_reason,
    ordinal,
)
from domain.consensus.options import require_among, require_distinct
from domain.consensus.receipts import Receipt, issue
from domain.database import Database, is_outage
from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.ids import new_id
from domain.lifecycle import BALLOT, BallotState, EngagementState, require
from domain.models.ballots import BallotSecrecy, BallotVisibility
from domain.permissions import Permission, Viewer, allowed, audience
from domain.queries.consensus import votes_shown
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import (
    first_result,
    refusal,
    require_allowed,
    require_key,
    require_person,
)

# What a ballot may be set to for members to see its votes while it is open.
_SHOWN = [
    each for each in BallotVisibility if votes_shown(BallotSecrecy.NAMED, each, BallotState.OPEN)
]
# The function is in migration 0011. It writes only what none of the refusals below would refuse.
CAST = select(
    func.cast_votes(
        bindparam("castings", type_=JSONB()),
        bindparam("shown", type_=ARRAY(Text())),
        bindparam("notify", type_=Boolean()),
    ).table_valued(
        column("vote_id", Uuid()),
        column("topic_id", Uuid()),
        column("scopes", ARRAY(Uuid())),
        column("public", Boolean()),
        column("kind", Text()),
        column("reason_policy", Text()),
        column("secrecy", Text()),
        column("state", Text()),
        column("host_state", Text()),
        column("options_listed", Integer()),
        column("constituency_id", Uuid()),
        column("closes_at", DateTime(timezone=True)),
        column("overdue", Boolean()),
        column("recused", Boolean()),
        column("entrusted", Boolean()),
        column("first_asked", Text()),
        column("first_result", Uuid()),
    )
)
MOST = 100
"""Votes of one statement: so long, at most, others wait for their ballots and topics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Casting:
    """A vote as its voter asks for it; `fingerprint` says what the idempotency key stands for.

    Either `choice` is given or, where the ballot lists options, `options`: the ordinals, from 1, of
    those that are approved, or ranked from the most preferred on. `safety` says that the objection
    that OBJECT raises is about safety. `on_behalf_of_id` is whose vote it is, where
    that is somebody else than the viewer.
    """

    viewer: Viewer
    ballot_id: UUID
    choice: str | None = None
    options: tuple[int, ...] = ()
    rationale: str = ""
    safety: bool = False
    on_behalf_of_id: UUID | None = None
    idempotency_key: str | None = None
    fingerprint: str = ""

    @property
    def own(self) -> bool:
        """Whether it is the viewer's own vote."""
        return self.on_behalf_of_id is None or self.viewer.is_person(self.on_behalf_of_id)

    @property
    def said(self) -> str:
        """What a receipt says was cast: the choice, or the ordinals of the options as sent."""
        return ",".join(map(str, self.options)) if self.choice is None else self.choice


@dataclass(frozen=True, slots=True)
class Cast:
    """A vote that was cast, and its receipt: None where an earlier request had it cast."""

    vote_id: UUID
    receipt: Receipt | None


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    """A casting with what CAST is told of it; two that say the same are two votes."""

    casting: Casting
    receipt: Receipt
    told: Mapping[str, Any]


async def cast_vote(database: Database, casting: Casting) -> Cast:
    """Cast or change one's vote in the present round of an open ballot.

    Every casting is kept and is an event, also one that says the same again. Moderators, and whom
    an elector named as their proxy, cast it on the elector's behalf. Votes that are asked for in
    one tick, or while others are cast, are cast together, each as if it were alone. Raises
    NotAllowed where the viewer is no elector, or casts another's vote without being either;
    Conflict where the ballot or what holds it is not open, where its deadline has passed, or where
    the key was used for another request.
    """
    request = _request(casting)
    [found] = await database.together.load(cast_vote, [request], partial(_cast_each, database))
    if isinstance(found, PostgresError):
        raise refusal(found) from found
    if found.vote_id is None:
        return Cast(_first_result(casting, found), None)
    if found.secrecy != BallotSecrecy.NAMED:
        await release_consensus(database, casting.viewer, casting.ballot_id)
    return Cast(found.vote_id, request.receipt)


async def cast_votes(database: Database, castings: Sequence[Casting]) -> list[UUID]:
    """Cast votes one after the other in one transaction: all, or none if one is refused.

    Nobody is there to be handed their receipts. Raises what `cast_vote` raises.
    """
    requests = list(map(_request, castings))
    try:
        async with database.session() as session:
            rows = list(await session.execute(CAST, _parameters(database, requests)))
            votes = [
                _first_result(casting, row) if row.vote_id is None else row.vote_id
                for casting, row in zip(castings, rows, strict=True)
            ]
            await session.commit()
    except DBAPIError as error:
        raise refusal(error) from error
    await _wake(database, rows)
    secret = {
        casting.ballot_id
        for casting, row in zip(castings, rows, strict=True)
        if row.vote_id is not None and row.secrecy != BallotSecrecy.NAMED
    }
    for ballot_id in secret:
        await release_consensus(database, castings[0].viewer, ballot_id)
    return votes


async def _cast_each(database: Database, requests: Sequence[_Request]) -> list[Any]:
    """Return for each request the row of CAST, or the error that it alone ended in."""
    found: list[Any] = []
    for start in range(0, len(requests), MOST):
        found += await _cast_some(database, requests[start : start + MOST])
    return found


async def _cast_some(database: Database, requests: Sequence[_Request]) -> list[Any]:
    try:
        async with database.at_once() as session:
            rows = (await session.execute(CAST, _parameters(database, requests))).all()
    except PostgresError as error:
        if is_outage(error):
            raise
        if len(requests) == 1:
            return [error]
        # Nothing was written, and it is not known which of them this was for.
        return [each for one in requests for each in await _cast_some(database, [one])]
    await _wake(database, rows)
    return list(rows)


async def _wake(database: Database, rows: Iterable[Any]) -> None:
    topics = {row.topic_id for row in rows if row.vote_id is not None}
    if topics:
        await database.wake(topics)


def _parameters(database: Database, requests: Iterable[_Request]) -> dict[str, Any]:
    return {
        "castings": [request.told for request in requests],
        "shown": _SHOWN,
        "notify": database.notify,
    }


def _request(casting: Casting) -> _Request:
    """Return what CAST is told; raise what can be refused without looking at the ballot."""
    viewer = casting.viewer
    person_id = require_person(viewer)
    if casting.idempotency_key is not None:
        require_key(casting.idempotency_key)
    words = _words(casting)
    require_distinct(casting.options)
    if casting.safety and casting.choice != "OBJECT":
        raise Invalid("Only a vote OBJECT raises an objection about safety.", ("safety",))
    receipt = issue(casting.ballot_id, casting.said)
    told = {
        "voter": casting.on_behalf_of_id or person_id,
        "caster": person_id,
        "ballot": casting.ballot_id,
        "new_vote": new_id(),
        "accepted": _accepted(casting.choice, casting.options, explained=words != ""),
        "words": words,
        "safety": casting.safety,
        "new_objection": new_id(),
        "votes_everywhere": allowed(viewer, Permission.VOTE, None),
        "votes_inside": viewer.scopes_with(Permission.VOTE, inherited=True),
        "votes_at": viewer.scopes_with(Permission.VOTE, inherited=False),
        "moderates_everywhere": allowed(viewer, Permission.MODERATE, None),
        "moderates_inside": viewer.scopes_with(Permission.MODERATE, inherited=True),
        "moderates_at": viewer.scopes_with(Permission.MODERATE, inherited=False),
        "key": casting.idempotency_key,
        "fingerprint": casting.fingerprint,
        "commitment": receipt.commitment,
    }
    return _Request(casting, receipt, told)


def _words(casting: Casting) -> str:
    return clean(casting.rationale, "rationale", limit=REASON_LENGTH, required=False)


@lru_cache(maxsize=1_000)
def _accepted(
    choice: str | None, options: tuple[int, ...], *, explained: bool
) -> Mapping[str, int | Sequence[int]]:
    """Return the ordinals of a vote by "KIND POLICY", for those ballots that take it so."""
    return {
        f"{kind} {policy}": _ordinals(kind, choice, options)
        for kind in BallotKind
        if _possible(kind, choice, options)
        for policy in ReasonPolicy
        if explained or not needs_reason(kind, choice, policy)
    }


def _possible(kind: BallotKind, choice: str | None, options: tuple[int, ...]) -> bool:
    if choice is not None:
        return choice in choices(kind)
    return kind is BallotKind.MULTIPLE_CHOICE or (kind is BallotKind.RANKING and options != ())


def _ordinals(
    kind: BallotKind, choice: str | None, options: tuple[int, ...]
) -> int | Sequence[int]:
    if choice is not None:
        return ordinal(kind, choice)
    return options if kind is BallotKind.RANKING else sorted(options)


def _require_possible(casting: Casting, kind: BallotKind, options: int) -> None:
    """Raise Invalid where a ballot of this kind, with so many options, does not ask for this."""
    if casting.choice is None:
        require_among(kind, options, casting.options)
    else:
        ordinal(kind, casting.choice)


def _first_result(casting: Casting, found: Any) -> UUID:
    """Return the vote that an earlier request with the same key cast, or raise why none is."""
    if (
        found.topic_id is None
        or found.state == BallotState.DRAFT
        or audience(casting.viewer, found) is None
    ):
        raise NotFound("There is no ballot with this id that you may see.", ("ballot_id",))
    if found.state == BallotState.SCHEDULED:  # when it opens, there will be electors
        require(BALLOT, BallotState.SCHEDULED, (BallotState.OPEN,), "Voting")
    _require_entitled(casting, found)
    if found.secrecy == BallotSecrecy.UNLINKABLE:
        raise Conflict("This ballot is UNLINKABLE: please take your paper, and cast that.")
    if found.secrecy == BallotSecrecy.CONFIDENTIAL and not casting.own:
        raise Conflict(
            "This ballot is CONFIDENTIAL: nobody votes on behalf of somebody else, as they would "
            "know what that person voted."
        )
    kind, policy = BallotKind(found.kind), ReasonPolicy(found.reason_policy)
    _require_possible(casting, kind, found.options_listed)
    if needs_reason(kind, casting.choice, policy) and not _words(casting):
        what = "A vote" if casting.choice is None else f"The choice {casting.choice}"
        raise Invalid(f"{what} needs a reason in this ballot. Please say why.", ("rationale",))
    if found.first_asked is not None:
        # Also after the close: a reply that was lost is given again.
        return first_result(found.first_asked, found.first_result, casting.fingerprint)
    require(BALLOT, BallotState(found.state), (BallotState.OPEN,), "Voting")
    if found.overdue:
        raise Conflict(
            "Voting was possible until the deadline of this ballot, which was "
            f"{found.closes_at.astimezone(UTC):%d %B %Y at %H:%M:%S} UTC."
        )
    if found.host_state != EngagementState.OPEN:
        raise Conflict(
            "Voting is possible while the exercise or roundtable of the ballot is OPEN; "
            f"it is {found.host_state}."
        )
    raise RuntimeError("The database refused a vote that nothing forbids.")


def _require_entitled(casting: Casting, found: Any) -> None:
    """Raise NotAllowed where this vote is not the viewer's to cast, or nobody's."""
    moderates = allowed(casting.viewer, Permission.MODERATE, found)
    if casting.own:
        whose = "You are"
    elif moderates or found.entrusted:
        whose = "This person is"
    else:
        raise NotAllowed(
            "Only moderators cast a vote on behalf of somebody, and whom that elector named as "
            "their proxy in this ballot.",
            ("on_behalf_of_id",),
        )
    if found.constituency_id is None:
        raise no_elector(whose=whose)
    if found.recused:
        raise recused(whose=whose)
    if whose == "You are" or not moderates:
        require_allowed(casting.viewer, Permission.VOTE, found, doing="casting a vote")
