"""One tally judged: enough votes first, then the threshold, with what is missing in words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.consensus.objections import OpenObjections
from domain.consensus.parameters import Assessment, Parameters
from domain.consensus.results import Group, Status
from domain.consensus.tallies import Tally
from domain.consensus.thresholds import counted, missing


@dataclass(frozen=True, slots=True)
class Judgement:
    """A group and, as clauses, what it lacks for consensus and for consensus against."""

    group: Group
    lacks: tuple[str, ...]
    lacks_against: tuple[str, ...]


def judge_constituency(parameters: Parameters, tally: Tally, winners: tuple[int, ...]) -> Judgement:
    """Judge one constituency by its own quorum, the minimum of votes, and the threshold.

    `winners` are the ordinals of the options that win among everyone.
    """
    return _judge(
        tally,
        parameters.assess_constituency(tally, winners),
        quorum_percent=parameters.constituency_quorum_percent,
        minimum_votes=parameters.minimum_votes,
    )


def judge_everyone(parameters: Parameters, tally: Tally, objections: OpenObjections) -> Judgement:
    """Judge everyone together by the quorum, the whole rule, and the objections that are open.

    One view at least is needed: 0 of 0 reaches every share.
    """
    found = parameters.assess_whole(tally)
    return _judge(
        tally,
        replace(found, blocks=found.blocks + parameters.blocked_by(objections)),
        quorum_percent=parameters.quorum_percent,
        minimum_votes=1,
    )


def _judge(
    tally: Tally, assessment: Assessment, *, quorum_percent: int, minimum_votes: int
) -> Judgement:
    if more := missing(tally.voted, tally.eligible, quorum_percent):
        votes = counted(more, "more vote", "more votes")
        shortage = f"needs {votes} to reach the quorum of {quorum_percent} %."
    elif assessment.votes < minimum_votes:
        shortage = f"not enough votes ({assessment.votes} of at least {minimum_votes})."
    else:
        return Judgement(
            _group(
                tally,
                assessment,
                assessment.status,
                assessment.interval,
                assessment.median,
                assessment.winners,
            ),
            lacks=assessment.blocks + assessment.lacks,
            lacks_against=assessment.blocks + assessment.lacks_against,
        )
    lacks = (shortage, *assessment.blocks)
    return Judgement(
        _group(tally, assessment, Status.NOT_ENOUGH_VOTES, interval=None, median=None),
        lacks=lacks,
        lacks_against=lacks,
    )


def _group(
    tally: Tally,
    assessment: Assessment,
    status: Status,
    interval: tuple[float, float] | None,
    median: float | None,
    winners: tuple[int, ...] = (),
) -> Group:
    return Group(
        constituency=tally.constituency,
        label=tally.label,
        status=status,
        counts=tally.counts,
        eligible=tally.eligible,
        voted=tally.voted,
        in_favour=assessment.in_favour,
        of=assessment.of,
        interval=interval,
        median=median,
        winners=winners,
    )
