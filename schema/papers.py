"""Papers of unlinkable ballots in GraphQL."""

from __future__ import annotations

from uuid import UUID

import strawberry

from domain.commands import papers as commands
from domain.queries import ballots
from schema.ballots import Ballot
from schema.context import Info
from schema.fields import answering, relation, text
from schema.nodes import key
from schema.votes import Choice, Receipt, chosen


@strawberry.input(description="A paper to take.")
class TakePaperInput:
    """See domain.commands.papers.take_paper."""

    ballot_id: strawberry.ID = text(description="The ballot; it must be open and UNLINKABLE.")


@strawberry.type(description="The paper, which is handed out once.")
class TakePaperPayload:
    """See domain.commands.papers.TakenPaper."""

    ballot_id: strawberry.Private[UUID]
    ballot: Ballot = relation(ballots.by_ids, "As it is now.", by="ballot_id")
    secret: str = text(
        description="Whoever has it can cast the paper. It is kept nowhere else: if it is lost, it "
        "cannot be replaced."
    )


@strawberry.input(description="A paper to cast, or to cast again.")
class CastPaperInput:
    """See domain.commands.papers.cast_paper."""

    secret: str = text(description="The secret of the paper.")
    choice: Choice | None = text(
        description="What is chosen, or UNABLE_TO_SCORE; null for a rating.", default=None
    )
    rating: int | None = text(description="The rating, 1 to 9, where that is asked.", default=None)
    rationale: str = text(description="Why, at most 4,000 characters.", default="")


@strawberry.type(description="The paper was cast; what is on it when the ballot is closed, counts.")
class CastPaperPayload:
    """What `castPaper` changed."""

    ballot_id: strawberry.Private[UUID]
    ballot: Ballot | None = relation(
        ballots.by_ids, "As it is now; null where the viewer may not see it.", by="ballot_id"
    )
    receipt: Receipt = text(description="The receipt, which replaces earlier ones of this paper.")


async def take_paper(info: Info, input: TakePaperInput) -> TakePaperPayload:
    """See the command."""
    taken = await commands.take_paper(
        info.context.database,
        info.context.viewer,
        ballot_id=key(input.ballot_id, "ballotId", "Ballot"),
    )
    return TakePaperPayload(ballot_id=taken.ballot_id, secret=taken.secret)


async def cast_paper(info: Info, input: CastPaperInput) -> CastPaperPayload:
    """See the command."""
    ballot_id, receipt = await commands.cast_paper(
        info.context.database,
        info.context.viewer,
        secret=input.secret,
        choice=chosen(input.choice, input.rating),
        rationale=input.rationale,
    )
    return CastPaperPayload(
        ballot_id=ballot_id,
        receipt=Receipt(commitment=receipt.commitment, salt=receipt.salt),
    )


@strawberry.type
class PaperMutation:
    """What can be done with papers."""

    take_paper: TakePaperPayload = answering(
        "TakePaper",
        TakePaperPayload,
        take_paper,
        "Take one's paper in an open unlinkable ballot, once.",
    )
    cast_paper: CastPaperPayload = answering(
        "CastPaper",
        CastPaperPayload,
        cast_paper,
        "Cast a paper by its secret, or cast it again. Better without being signed in.",
    )
