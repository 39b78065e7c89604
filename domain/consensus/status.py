"""The status of a ballot: a pure function of its rule and its tallies."""

from __future__ import annotations

from collections.abc import Sequence

from domain.consensus.constituencies import Judgement, judge_constituency, judge_everyone
from domain.consensus.objections import NO_OBJECTIONS, OpenObjections
from domain.consensus.results import Consensus, Status, Turnout
from domain.consensus.rules import Rule, rule_hash
from domain.consensus.tallies import Tally, total

# What a result of everyone together becomes where a constituency with enough votes differs.
# Something may be adopted over a dissent that is named, but is not rejected over anyone's head.
_DISPUTED = {
    Status.CONSENSUS: Status.CONSENSUS_WITH_DISSENT,
    Status.CONSENSUS_AGAINST: Status.NO_CONSENSUS,
}


def evaluate(
    rule: Rule, tallies: Sequence[Tally], objections: OpenObjections = NO_OBJECTIONS
) -> Consensus:
    """Say how far a ballot has come and what is missing, in sentences.

    Where the rule demands its threshold per constituency, each constituency with enough votes is
    asked for what everyone together decided, and the reasons name those that lack something.
    Nothing is decided while an objection is open that blocks: one about safety always does.
    Raises ValueError where a tally has not one count for each choice of the rule's kind.
    """
    everyone = total(rule.kind, tallies)
    whole = judge_everyone(rule.parameters, everyone, objections)
    winners = whole.group.winners
    parts = tuple(judge_constituency(rule.parameters, tally, winners) for tally in tallies)
    demanding = parts if rule.parameters.per_constituency else ()
    return Consensus(
        status=_status(whole, demanding),
        reasons=_reasons(whole, demanding),
        overall=whole.group,
        by_constituency=tuple(part.group for part in parts),
        turnout=Turnout(everyone.voted, everyone.eligible),
        rule_hash=rule_hash(rule),
        open_objections=objections,
    )


def withheld(rule: Rule, tallies: Sequence[Tally]) -> Consensus:
    """Say only how many voted, as moderators may know while a ballot is blind.

    Nothing in it depends on what anybody chose. Raises as `evaluate` does.
    """
    everyone = total(rule.kind, tallies)
    return Consensus(
        status=Status.WITHHELD,
        reasons=("The result is withheld while the ballot is blind.",),
        overall=None,
        by_constituency=(),
        turnout=Turnout(everyone.voted, everyone.eligible),
        rule_hash=rule_hash(rule),
    )


def _status(whole: Judgement, demanding: Sequence[Judgement]) -> Status:
    status = whole.group.status
    agreed = {status, Status.NOT_ENOUGH_VOTES}
    if all(part.group.status in agreed for part in demanding):
        return status
    return _DISPUTED.get(status, status)


def _reasons(whole: Judgement, demanding: Sequence[Judgement]) -> tuple[str, ...]:
    against = whole.group.status is Status.CONSENSUS_AGAINST

    def lacks(judgement: Judgement) -> tuple[str, ...]:
        return judgement.lacks_against if against else judgement.lacks

    overall = [clause[0].upper() + clause[1:] for clause in lacks(whole)]
    named = [f"{part.group.label}: {clause}" for part in demanding for clause in lacks(part)]
    return (*overall, *named)
