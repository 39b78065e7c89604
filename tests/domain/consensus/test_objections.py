"""Open objections: safety blocks under every rule, others where the rule lets them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.choices import BallotKind, choices
from domain.consensus.consent import Consent
from domain.consensus.objections import NO_OBJECTIONS, OpenObjections
from domain.consensus.options import width
from domain.consensus.results import Status
from domain.consensus.rules import Rule, default_rule
from domain.consensus.status import evaluate, withheld
from domain.consensus.tallies import Tally, apply
from tests.domain.consensus.test_status import RULES, tallies_for

DECIDED = {Status.CONSENSUS, Status.CONSENSUS_WITH_DISSENT, Status.CONSENSUS_AGAINST}
AGREED = DECIDED - {Status.CONSENSUS_AGAINST}
# How one agrees in each kind of ballot with choices.
AGREEMENT = {
    BallotKind.POSITIONS: "YES",
    BallotKind.RATING: "9",
    BallotKind.SENSE_CHECK: "AGREE",
    BallotKind.CONSENT: "CONSENT",
}


@st.composite
def objections(draw: st.DrawFn, *, about_safety: bool = False) -> OpenObjections:
    raised, qualified = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    safety = draw(st.integers(0, raised + qualified))
    found = OpenObjections(raised, qualified, safety)
    return replace(found, raised=raised + 1, safety=safety + 1) if about_safety else found


@pytest.mark.parametrize("kind", BallotKind)
@pytest.mark.parametrize("everybody", [9, 100])
def test_an_open_safety_objection_blocks_unanimity_in_every_kind_of_ballot(
    kind: BallotKind, everybody: int
) -> None:
    cells = [0] * width(kind, 2)
    cells[choices(kind).index(AGREEMENT[kind]) if kind in AGREEMENT else 0] = everybody
    if kind is BallotKind.RANKING:
        cells = [everybody, everybody, 0, everybody]
    tally = Tally("panel", "Panel", everybody, tuple(cells), everybody)
    rule = default_rule(kind)

    assert evaluate(rule, [tally]).status is Status.CONSENSUS
    found = evaluate(rule, [tally], OpenObjections(raised=1, safety=1))
    assert found.status is Status.NO_CONSENSUS
    assert found.reasons == ("One safety objection is open.",)
    assert found.open_objections == OpenObjections(raised=1, safety=1)


@given(RULES, st.data())
def test_an_open_safety_objection_blocks_whatever_the_count(
    rule: Rule, data: st.DataObject
) -> None:
    tallies = data.draw(tallies_for(rule))
    found = evaluate(rule, tallies, data.draw(objections(about_safety=True)))
    assert found.status not in DECIDED
    assert any("safety objection" in reason for reason in found.reasons)


@given(RULES, st.data())
def test_settling_every_objection_restores_what_the_votes_say(
    rule: Rule, data: st.DataObject
) -> None:
    tallies = data.draw(tallies_for(rule))
    blocked = evaluate(rule, tallies, data.draw(objections()))
    restored = evaluate(rule, tallies, NO_OBJECTIONS)
    assert blocked.overall is not None
    assert restored == evaluate(rule, tallies)
    assert blocked.by_constituency == restored.by_constituency
    assert blocked.status in {restored.status, Status.NO_CONSENSUS}


@pytest.mark.parametrize(
    ("open_", "safety_alone", "reasons"),
    [
        (NO_OBJECTIONS, False, ()),
        (OpenObjections(raised=1), False, ("One objection is open.",)),
        (OpenObjections(qualified=2), False, ("2 objections are open.",)),
        (
            OpenObjections(raised=2, qualified=1, safety=1),
            False,
            ("One safety objection is open.", "2 objections are open."),
        ),
        (OpenObjections(raised=2, safety=2), False, ("2 safety objections are open.",)),
        (OpenObjections(raised=1, qualified=1), True, ()),
        (OpenObjections(raised=3, safety=1), True, ("One safety objection is open.",)),
    ],
)
def test_consent_says_which_objections_are_in_its_way(
    open_: OpenObjections, reasons: tuple[str, ...], *, safety_alone: bool
) -> None:
    rule = Rule(Consent(safety_alone=safety_alone))
    found = evaluate(rule, [Tally("panel", "Panel", 9, (8, 0, 1, 0))], open_)
    assert found.reasons == reasons
    assert found.status is (Status.NO_CONSENSUS if reasons else Status.CONSENSUS)


@given(RULES, st.data())
def test_one_more_agreement_never_ends_consensus(rule: Rule, data: st.DataObject) -> None:
    tallies = data.draw(tallies_for(rule).filter(bool))
    open_ = data.draw(objections())
    grown = data.draw(st.sampled_from(tallies))
    with_room = [
        replace(tally, eligible=tally.eligible + 1) if tally is grown else tally
        for tally in tallies
    ]
    agreement = choices(rule.kind).index(AGREEMENT[rule.kind])
    before = evaluate(rule, with_room, open_)
    after = evaluate(rule, apply(with_room, grown.constituency, None, agreement), open_)
    assert before.status not in AGREED or after.status in AGREED


@given(RULES, st.data())
def test_the_order_of_votes_does_not_matter(rule: Rule, data: st.DataObject) -> None:
    some = st.tuples(st.sampled_from("ab"), st.integers(0, len(choices(rule.kind)) - 1))
    votes = data.draw(st.lists(some, max_size=20))
    nobody = (0,) * len(choices(rule.kind))

    def judged(order: list[tuple[str, int]]) -> object:
        tallies = tuple(Tally(name, name, 20, nobody) for name in "ab")
        for constituency, choice in order:
            tallies = apply(tallies, constituency, None, choice)
        return evaluate(rule, tallies, NO_OBJECTIONS)

    assert judged(data.draw(st.permutations(votes))) == judged(votes)


@given(RULES, st.data())
def test_a_withheld_result_does_not_tell_of_objections(rule: Rule, data: st.DataObject) -> None:
    assert withheld(rule, data.draw(tallies_for(rule))).open_objections == NO_OBJECTIONS
