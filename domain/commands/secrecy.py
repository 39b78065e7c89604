"""Which settings of a ballot do not go together, mostly as they would tell of single people."""

from __future__ import annotations

from domain.consensus.choices import BallotKind
from domain.errors import Conflict, Invalid
from domain.models.ballots import Ballot, BallotSecrecy, BallotVisibility, VotesBy

SECRET = (BallotKind.POSITIONS, BallotKind.RATING, BallotKind.SENSE_CHECK)
"""The kinds in which everybody makes one choice that no other record repeats."""


def require_coherent(ballot: Ballot) -> None:
    """Raise Invalid for a draft whose settings do not go with each other.

    Secret ballots are counts of people who each made one choice, once: options put somebody in
    several counts, objections are told one by one, and further rounds count the same people again.
    An official position says whose it is, and organisations are entered when a ballot is opened.
    """
    if ballot.votes_by is VotesBy.ORGANISATIONS and ballot.electorate_grows:
        raise Invalid(
            "Where ORGANISATIONS vote, they are entered when the ballot is opened. Please send "
            "false as electorateGrows.",
            ("electorate_grows",),
        )
    if ballot.secrecy is BallotSecrecy.NAMED:
        return
    if ballot.votes_by is VotesBy.ORGANISATIONS:
        raise Invalid(
            f"A ballot in which ORGANISATIONS vote is NAMED, not {ballot.secrecy}: an official "
            "position says whose it is.",
            ("secrecy",),
        )
    if ballot.visibility is BallotVisibility.AFTER_OWN_VOTE:
        raise Invalid(
            f"A ballot that is {ballot.secrecy} is shown to all members at once: LIVE, by releases "
            "of what is not small, or AFTER_CLOSE.",
            ("visibility",),
        )
    if ballot.kind not in SECRET:
        raise Invalid(
            f"A ballot that is {ballot.secrecy} asks for {', '.join(SECRET[:-1])} or {SECRET[-1]}: "
            f"{ballot.kind} tells more of people than how many made one choice.",
            ("secrecy",),
        )
    if ballot.most_rounds > 1:
        raise Invalid(
            f"A ballot that is {ballot.secrecy} has one round: two results of the same people tell "
            "who changed their answer.",
            ("round_plan",),
        )


def require_named(ballot: Ballot, doing: str) -> None:
    """Raise Conflict unless a ballot says who voted what; `doing` begins the sentence."""
    if ballot.secrecy is not BallotSecrecy.NAMED:
        raise Conflict(
            f"{doing} is possible in ballots that are NAMED, as it says who does so; this one is "
            f"{ballot.secrecy}."
        )
