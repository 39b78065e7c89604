"""Writes of interests: declared and withdrawn by whoever has them, with what follows for votes."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Boolean, Uuid, bindparam, text

from domain.commands.subjects import require_subject
from domain.commands.views import recuse_views
from domain.errors import Conflict, NotAllowed, NotFound
from domain.events import (
    MEMBERS,
    ElectorReadmitted,
    ElectorRecused,
    InterestDeclared,
    InterestWithdrawn,
)
from domain.lifecycle import HELD, BallotState
from domain.models.ballots import BallotSecrecy, BallotVisibility
from domain.models.comments import SubjectKind
from domain.models.interests import Interest, Mitigation
from domain.permissions import Permission
from domain.queries import interests as queries
from domain.queries.consensus import votes_shown
from domain.queries.interests import COVERED
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

_HELD = ", ".join(repr(state.value) for state in HELD)
# Drafts too: whoever opens one waits for this, and then sees the interest, or has opened it before.
LOCK = text(
    "SELECT b.id FROM ballots b JOIN topics t ON t.id = b.topic_id "
    f"WHERE :topic_id = ANY (t.scopes) AND b.state IN ('DRAFT', 'SCHEDULED', {_HELD}) "
    "ORDER BY b.id FOR NO KEY UPDATE OF b"
).bindparams(bindparam("topic_id", type_=Uuid()))
# Takes a person out of the open ballots that their interests cover, and their votes out of the
# counts, also from those who answered in the round before too, or, where none covers the ballot any
# more, puts all of it back. What a round came to that is over stays what it was. A secret ballot
# stays as it is: what its counts lose or gain would tell this person's vote.
RECUSE = text(
    f"""
    WITH changed AS (
        UPDATE electors SET recused = :recused
        FROM ballots
        WHERE ballots.id = electors.ballot_id AND ballots.state IN ({_HELD})
          AND ballots.secrecy = '{BallotSecrecy.NAMED}'
          AND electors.person_id = :person_id AND electors.recused <> :recused
          AND {COVERED.format(person="electors.person_id")} = :recused
        RETURNING ballots.id AS ballot_id, ballots.topic_id, ballots.kind, ballots.visibility,
                  ballots.round, cardinality(ballots.options) AS listed,
                  electors.constituency_id
    ), found AS (
        SELECT changed.*, votes.id AS vote_id, votes.choice, votes.options,
               CASE WHEN :recused THEN -1 ELSE 1 END AS sign
        FROM changed LEFT JOIN votes
             ON votes.ballot_id = changed.ballot_id AND votes.person_id = :person_id
             AND votes.round = changed.round AND NOT votes.stale
    ), counted AS (
        UPDATE tallies
        SET eligible = eligible + sign,
            voted = voted + sign * (vote_id IS NOT NULL)::int,
            counts = CASE WHEN vote_id IS NULL THEN counts ELSE ARRAY(
                SELECT people + sign * CASE
                    WHEN choice IS NULL THEN (option_marks(kind, listed, options))[place]
                    ELSE (place = choice + 1)::int END
                FROM unnest(counts) WITH ORDINALITY AS cell(people, place) ORDER BY place) END
        FROM found
        WHERE tallies.ballot_id = found.ballot_id
          AND tallies.constituency_id = found.constituency_id
    ), shifted AS (
        UPDATE rounds
        SET shifts[earlier.choice * sqrt(cardinality(shifts))::int + found.choice + 1] =
                shifts[earlier.choice * sqrt(cardinality(shifts))::int + found.choice + 1] + sign
        FROM found JOIN votes earlier
             ON earlier.ballot_id = found.ballot_id AND earlier.person_id = :person_id
             AND earlier.round = found.round - 1 AND NOT earlier.stale
        WHERE rounds.ballot_id = found.ballot_id AND rounds.number = found.round
          AND rounds.closed_at IS NULL AND found.choice IS NOT NULL
    )
    SELECT * FROM found ORDER BY ballot_id
    """
).bindparams(bindparam("person_id", type_=Uuid()), bindparam("recused", type_=Boolean()))


async def declare_interest(
    uow: UnitOfWork,
    *,
    topic_id: UUID,
    subject: tuple[SubjectKind, UUID] | None = None,
    body: str,
    mitigation: Mitigation,
) -> UUID:
    """Declare an interest of one's own in a topic, or there in one subject; return its id.

    With RECUSE one votes on its object no more: in open ballots about the subject or, without one,
    in all of the topic and of what is in it, one is no elector, one's vote does not count, and
    one's view is withdrawn.
    A secret ballot asks for interests when it opens, and is left alone from then on.
    """
    topic = await uow.topic_for(topic_id, Permission.VIEW, doing="declaring an interest")
    if subject is not None:
        await require_subject(uow, topic, *subject)
    await uow.session.execute(LOCK, {"topic_id": topic.id})
    kind, id = subject or (None, None)
    interest = Interest(
        topic_id=topic.id,
        person_id=uow.actor_id,
        subject_kind=kind,
        subject_id=id,
        body=clean(body, "body", limit=REASON_LENGTH),
        mitigation=mitigation,
        created_at=uow.now,
    )
    await uow.add(interest)
    uow.emit(
        topic.id,
        InterestDeclared(
            interest_id=interest.id, mitigation=mitigation, subject_kind=kind, subject_id=id
        ),
        MEMBERS,
    )
    await _recuse(uow, recused=True)
    await recuse_views(uow)
    return interest.id


async def withdraw_interest(uow: UnitOfWork, *, interest_id: UUID) -> UUID:
    """Withdraw an interest of one's own; where no other one recuses, one is an elector again."""
    (seen,) = await queries.by_ids(uow.session, uow.viewer, [interest_id])
    if seen is None:
        raise NotFound("There is no interest with this id that you may see.")
    if seen.person_id != uow.actor_id:
        raise NotAllowed("Only who declared an interest can withdraw it.")
    await uow.session.execute(LOCK, {"topic_id": seen.topic_id})
    interest = await uow.load(Interest, interest_id, Permission.VIEW)
    if interest.withdrawn_at is not None:
        raise Conflict("This interest is withdrawn already.", current=interest)
    interest.withdrawn_at = uow.now
    await uow.session.flush()
    uow.emit(interest.topic_id, InterestWithdrawn(interest_id=interest.id), MEMBERS)
    await _recuse(uow, recused=False)
    return interest.id


async def _recuse(uow: UnitOfWork, *, recused: bool) -> None:
    """Bring the open ballots level with the interests of the actor; their rows are locked."""
    event = ElectorRecused if recused else ElectorReadmitted
    for row in await uow.session.execute(RECUSE, {"person_id": uow.actor_id, "recused": recused}):
        shown = votes_shown(BallotSecrecy.NAMED, BallotVisibility(row.visibility), BallotState.OPEN)
        uow.emit(
            row.topic_id,
            event(
                ballot_id=row.ballot_id,
                person_id=uow.actor_id,
                constituency_id=row.constituency_id,
                choice=row.choice if shown else None,
                options=row.options if shown else None,
            ),
            MEMBERS,
        )
