"""Writes of unlinkable ballots: taking a paper, casting it, and shuffling all at the close.

What they keep has neither person nor time, and their events do not say who acted. Whoever operates
the database while a ballot is open could still relate an elector to a paper, by the transaction
that wrote both, by its log or by watching requests; afterwards, only by what they kept of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select, text, update

from domain.commands.deadlines import require_open
from domain.commands.electors import require_elector
from domain.commands.releases import release_consensus
from domain.consensus.choices import BallotKind, needs_reason, ordinal
from domain.consensus.receipts import Receipt, issue
from domain.consensus.rules import parse_rule, rule_hash
from domain.database import Database
from domain.errors import Conflict, Invalid, NotFound
from domain.events import MODERATORS, PaperTaken, VoteReceived
from domain.lifecycle import BallotState
from domain.models.ballots import Ballot, BallotSecrecy, Elector
from domain.models.papers import Paper
from domain.permissions import Permission, Viewer
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

_SECRET_BYTES = 32

TAKE = (
    update(Elector)
    .where(
        Elector.ballot_id == bindparam("of_ballot"),
        Elector.person_id == bindparam("of_person"),
        Elector.took_paper.is_(False),
    )
    .values(took_paper=True)
    .returning(Elector.constituency_id)
)
PAPER = select(Paper).where(Paper.hash == bindparam("hash"))
OPEN_BALLOT = (
    select(Ballot)
    .where(Ballot.id == bindparam("ballot_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
COUNT = text(
    """
    UPDATE tallies SET counts[:place] = counts[:place] + :step, voted = voted + :step
    WHERE ballot_id = :ballot_id AND constituency_id = :constituency_id
    """
).bindparams(
    bindparam("place", type_=Integer()),
    bindparam("step", type_=Integer()),
    bindparam("ballot_id", type_=Uuid()),
    bindparam("constituency_id", type_=Uuid()),
)
# Each list is in an order of its own, so that neither tells that of casting or of the other.
SHUFFLE = [
    text(sql).bindparams(bindparam("ballot_id", type_=Uuid()))
    for sql in (
        """
        INSERT INTO paper_votes (id, ballot_id, constituency_id, choice, rationale)
        SELECT gen_random_uuid() AS id, ballot_id, constituency_id, choice, rationale
        FROM papers WHERE ballot_id = :ballot_id AND choice IS NOT NULL ORDER BY id
        """,
        """
        INSERT INTO paper_receipts (ballot_id, commitment)
        SELECT ballot_id, commitment
        FROM papers WHERE ballot_id = :ballot_id AND choice IS NOT NULL ORDER BY commitment
        """,
        "DELETE FROM papers WHERE ballot_id = :ballot_id",
    )
]


@dataclass(frozen=True, slots=True)
class TakenPaper:
    """What an elector is handed once: the secret is kept by nobody else."""

    ballot_id: UUID
    secret: str


async def take_paper(database: Database, viewer: Viewer, *, ballot_id: UUID) -> TakenPaper:
    """Hand an elector the paper of an unlinkable ballot, which can be done once.

    Raises NotAllowed where they do not vote in it, Conflict where they have taken it, where the
    ballot is of another secrecy, or where it or what holds it is not open.
    """
    async with UnitOfWork(database, viewer, signed=False) as uow:
        ballot = await uow.load(Ballot, ballot_id, Permission.VIEW)
        if ballot.state is BallotState.DRAFT:
            raise NotFound("There is no ballot with this id that you may see.", ("ballot_id",))
        uow.authorise(Permission.VOTE, await uow.topic(ballot.topic_id), doing="taking a paper")
        if ballot.secrecy is not BallotSecrecy.UNLINKABLE:
            raise Conflict(f"This ballot is {ballot.secrecy}: please cast your vote itself.")
        await require_open(uow, ballot, "Taking a paper")
        await require_elector(uow, ballot)
        constituency_id = (
            await uow.session.execute(TAKE, {"of_ballot": ballot_id, "of_person": uow.actor_id})
        ).scalar_one_or_none()
        if constituency_id is None:
            raise Conflict(
                "You have taken your paper. It cannot be replaced: nobody knows which it is."
            )
        secret = token_urlsafe(_SECRET_BYTES)
        await uow.add(
            Paper(hash=_hash(secret), ballot_id=ballot_id, constituency_id=constituency_id)
        )
        uow.emit(ballot.topic_id, PaperTaken(ballot_id=ballot_id), MODERATORS)
        return TakenPaper(ballot_id, secret)


async def cast_paper(
    database: Database, viewer: Viewer, *, secret: str, choice: str, rationale: str
) -> tuple[UUID, Receipt]:
    """Cast a paper, or cast it again: what is on it at the close counts.

    Nobody need be signed in. Return the ballot and the receipt. Raises NotFound for a secret of no
    paper, Invalid for another ballot's choice or a missing reason, Conflict where the ballot or
    what holds it is not open.
    """
    words = clean(rationale, "rationale", limit=REASON_LENGTH, required=False)
    async with UnitOfWork(database, viewer, signed=False) as uow:
        named = {"hash": _hash(secret)}
        found = (await uow.session.scalars(PAPER, named)).one_or_none()
        if found is None:
            raise NotFound(
                "There is no paper with this secret in a ballot that is open.", ("secret",)
            )
        ballot = (await uow.session.scalars(OPEN_BALLOT, {"ballot_id": found.ballot_id})).one()
        await require_open(uow, ballot, "Voting")
        await uow.session.refresh(found)  # as of having got the ballot
        place = _place(ballot, choice, explained=words != "")
        receipt = issue(ballot.id, choice)
        tally: dict[str, Any] = {
            "ballot_id": ballot.id,
            "constituency_id": found.constituency_id,
        }
        first = found.choice is None
        if found.choice is not None:
            earlier = {"place": found.choice + 1, "step": -1}
            await uow.session.execute(COUNT, tally | earlier)
        await uow.session.execute(COUNT, tally | {"place": place + 1, "step": 1})
        found.choice, found.rationale, found.commitment = place, words, receipt.commitment
        if ballot.rule_hash is None:
            ballot.rule_hash = rule_hash(parse_rule(ballot.kind, ballot.rule))
        uow.emit(
            ballot.topic_id,
            VoteReceived(ballot_id=ballot.id, first=first, round=ballot.round),
            MODERATORS,
        )
    await release_consensus(database, viewer, ballot.id)
    return ballot.id, receipt


async def shuffle(uow: UnitOfWork, ballot_id: UUID) -> None:
    """Turn the papers of a ballot that is being closed into votes and receipts without an order."""
    for statement in SHUFFLE:
        await uow.session.execute(statement, {"ballot_id": ballot_id})


def _place(ballot: Ballot, choice: str, *, explained: bool) -> int:
    kind = BallotKind(ballot.kind)
    if needs_reason(kind, choice, ballot.reason_policy) and not explained:
        raise Invalid(
            f"The choice {choice} needs a reason in this ballot. Please say why.", ("rationale",)
        )
    return ordinal(kind, choice)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
