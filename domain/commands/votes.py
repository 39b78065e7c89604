"""The write of a vote: one lock, one statement that does it all, one for its event."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, SmallInteger, Text, Uuid, and_, bindparam, select, text

from domain.consensus.choices import BallotKind, needs_reason, ordinal
from domain.consensus.rules import parse_rule, rule_hash
from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.events import MEMBERS, MODERATORS, VoteCast, VoteReceived
from domain.ids import new_id
from domain.lifecycle import BALLOT, BallotState, EngagementState, require
from domain.models.ballots import Ballot, Elector
from domain.models.topics import Topic
from domain.permissions import Permission, audience
from domain.queries.ballots import HOST_STATE, with_host
from domain.queries.consensus import votes_shown
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import FIRST_RESULT, UnitOfWork, first_result, require_key

# The lock of the ballot puts its votes in one order with each other and with its close.
LOCK = (
    with_host(
        select(
            Ballot.topic_id,
            Ballot.kind,
            Ballot.state,
            Ballot.visibility,
            Ballot.reason_policy,
            Ballot.rule,
            Ballot.rule_hash,
            Topic.scopes,
            Topic.public,
            HOST_STATE.label("host_state"),
            Elector.constituency_id,
        )
        .select_from(Ballot)
        .join(Topic, Topic.id == Ballot.topic_id)
        .outerjoin(
            Elector,
            and_(
                Elector.ballot_id == Ballot.id,
                Elector.person_id == bindparam("person_id", type_=Uuid()),
            ),
        )
    )
    .where(Ballot.id == bindparam("ballot_id", type_=Uuid()))
    .with_for_update(of=Ballot, key_share=True)
)
# A key that was used before stops everything: then there is no row, and the first result is read.
CAST = text(
    """
    WITH previous AS (
        SELECT id, choice FROM votes WHERE ballot_id = :ballot_id AND person_id = :person_id
    ), claimed AS (
        INSERT INTO idempotency_keys (person_id, key, fingerprint, result, at)
        SELECT :person_id, :key, :fingerprint, coalesce((SELECT id FROM previous), :vote_id), :at
        WHERE :key IS NOT NULL
        ON CONFLICT DO NOTHING
        RETURNING key
    ), kept AS (
        INSERT INTO votes (id, topic_id, ballot_id, person_id, constituency_id, choice, rationale,
                           revision, cast_at)
        SELECT :vote_id, :topic_id, :ballot_id, :person_id, :constituency_id, :choice, :rationale,
               1, :at
        WHERE :key IS NULL OR EXISTS (SELECT FROM claimed)
        ON CONFLICT (ballot_id, person_id) DO UPDATE
        SET choice = excluded.choice, rationale = excluded.rationale,
            revision = votes.revision + 1, cast_at = excluded.cast_at
        RETURNING id, revision
    ), appended AS (
        INSERT INTO cast_votes (vote_id, revision, choice, rationale, cast_at)
        SELECT id, revision, :choice, :rationale, :at FROM kept
    ), counted AS (
        UPDATE tallies
        SET counts = (
            SELECT array_agg(
                people + CASE nth - 1 WHEN :choice THEN 1 ELSE 0 END
                       - CASE nth - 1 WHEN previous.choice THEN 1 ELSE 0 END
                ORDER BY nth)
            FROM unnest(tallies.counts) WITH ORDINALITY AS counted(people, nth)
        )
        FROM kept LEFT JOIN previous ON true
        WHERE ballot_id = :ballot_id AND constituency_id = :constituency_id
    ), frozen AS (
        UPDATE ballots SET rule_hash = :rule_hash
        FROM kept WHERE ballots.id = :ballot_id AND rule_hash IS NULL
    )
    SELECT kept.id, kept.revision, previous.choice AS previous
    FROM kept LEFT JOIN previous ON true
    """
).bindparams(
    *(
        bindparam(name, type_=Uuid())
        for name in ("ballot_id", "person_id", "vote_id", "topic_id", "constituency_id")
    ),
    bindparam("key", type_=Text()),
    bindparam("fingerprint", type_=Text()),
    bindparam("rationale", type_=Text()),
    bindparam("rule_hash", type_=Text()),
    bindparam("choice", type_=SmallInteger()),
    bindparam("at", type_=DateTime(timezone=True)),
)


async def cast_vote(
    uow: UnitOfWork,
    *,
    ballot_id: UUID,
    choice: str,
    rationale: str = "",
    idempotency_key: str | None = None,
    fingerprint: str = "",
) -> UUID:
    """Cast or change one's vote in an open ballot; return the id of the vote.

    Every casting is kept and is an event, also one that says the same again. Raises NotAllowed
    where the viewer is no elector, Conflict where the ballot or what holds it is not open, or where
    the key was used for a request of another fingerprint.
    """
    if idempotency_key is not None:
        require_key(idempotency_key)
    words = clean(rationale, "rationale", limit=REASON_LENGTH, required=False)
    request = {"person_id": uow.actor_id, "ballot_id": ballot_id}
    ballot = (await uow.session.execute(LOCK, request)).one_or_none()
    ballot = _require_elector(uow, ballot)
    place = _ordinal(ballot, choice, words)
    key = {"person_id": uow.actor_id, "key": idempotency_key}
    try:
        _require_open(ballot)
    except Conflict:
        # A reply that was lost is given again, although the ballot has been closed meanwhile.
        first = (await uow.session.execute(FIRST_RESULT, key)).one_or_none()
        if first is None:
            raise
        return first_result(first.fingerprint, first.result, fingerprint)
    cast = (
        await uow.session.execute(
            CAST,
            {
                **request,
                **key,
                "fingerprint": fingerprint,
                "vote_id": new_id(),
                "topic_id": ballot.topic_id,
                "constituency_id": ballot.constituency_id,
                "choice": place,
                "rationale": words,
                "rule_hash": ballot.rule_hash or rule_hash(parse_rule(ballot.kind, ballot.rule)),
                "at": uow.now,
            },
        )
    ).one_or_none()
    if cast is None:
        first = (await uow.session.execute(FIRST_RESULT, key)).one()
        return first_result(first.fingerprint, first.result, fingerprint)
    _tell(uow, ballot_id, ballot, cast, place, words)
    vote_id: UUID = cast.id
    return vote_id


def _require_elector(uow: UnitOfWork, ballot: Any) -> Any:
    if ballot is None or ballot.state is BallotState.DRAFT or audience(uow.viewer, ballot) is None:
        raise NotFound("There is no ballot with this id that you may see.", ("ballot_id",))
    if ballot.constituency_id is None:
        raise NotAllowed(
            "You are not among the electors of this ballot: they were entered when it was opened."
        )
    uow.authorise(Permission.VOTE, ballot, doing="casting a vote")
    return ballot


def _require_open(ballot: Any) -> None:
    require(BALLOT, ballot.state, (BallotState.OPEN,), "Voting")
    if ballot.host_state is not EngagementState.OPEN:
        raise Conflict(
            "Voting is possible while the exercise or roundtable of the ballot is OPEN; "
            f"it is {ballot.host_state}."
        )


def _ordinal(ballot: Any, choice: str, rationale: str) -> int:
    kind: BallotKind = ballot.kind
    place = ordinal(kind, choice)
    if not rationale and needs_reason(kind, choice, ballot.reason_policy):
        raise Invalid(
            f"The choice {choice} needs a reason in this ballot. Please say why.", ("rationale",)
        )
    return place


def _tell(
    uow: UnitOfWork, ballot_id: UUID, ballot: Any, cast: Any, choice: int, rationale: str
) -> None:
    """Tell members of the vote where they may see it, else moderators that there was one."""
    if votes_shown(ballot.visibility, ballot.state):
        uow.emit(
            ballot.topic_id,
            VoteCast(
                vote_id=cast.id,
                ballot_id=ballot_id,
                constituency_id=ballot.constituency_id,
                choice=choice,
                previous=cast.previous,
                rationale=rationale,
                revision=cast.revision,
            ),
            MEMBERS,
        )
    else:
        uow.emit(
            ballot.topic_id,
            VoteReceived(
                ballot_id=ballot_id,
                constituency_id=ballot.constituency_id,
                first=cast.previous is None,
            ),
            MODERATORS,
        )
