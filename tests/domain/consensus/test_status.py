"""A ballot's status and reasons, for everyone together and by constituency."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.appropriateness import RandUcla
from domain.consensus.choices import BallotKind, choices
from domain.consensus.consent import Consent
from domain.consensus.majorities import Majority
from domain.consensus.medians import MedianIqr
from domain.consensus.parameters import Parameters
from domain.consensus.positions import Datatracker
from domain.consensus.ratings import Comet
from domain.consensus.results import Consensus, Status, Turnout
from domain.consensus.rules import Rule, default_rule, rule_hash
from domain.consensus.sense_checks import SenseCheck
from domain.consensus.status import evaluate, withheld
from domain.consensus.tallies import Tally, apply

SHARED: dict[str, Any] = {
    "quorum_percent": st.integers(0, 100),
    "per_constituency": st.booleans(),
    "constituency_quorum_percent": st.integers(0, 100),
    "minimum_votes": st.integers(1, 6),
}
PERCENT = st.integers(51, 100)
SENSE_CHECKS = st.one_of(
    st.builds(SenseCheck, threshold_percent=PERCENT, **SHARED),
    st.builds(Majority, strict=st.just(True), of_eligible=st.booleans(), **SHARED),
).map(Rule)
RULES = SENSE_CHECKS | st.one_of(
    st.builds(Datatracker, **SHARED),
    st.builds(Consent, strict=st.booleans(), safety_alone=st.booleans(), **SHARED),
    st.builds(Comet, threshold_percent=PERCENT, dissent_percent=st.integers(1, 100), **SHARED),
    st.builds(RandUcla, classic_disagreement=st.booleans(), **SHARED),
    st.builds(MedianIqr, iqr_at_most=st.integers(0, 8), **SHARED),
).map(Rule)


@st.composite
def tallies_for(draw: st.DrawFn, rule: Rule) -> tuple[Tally, ...]:
    width = len(choices(rule.kind))
    counts = st.tuples(*[st.integers(0, 6)] * width)
    drawn = draw(st.lists(st.tuples(counts, st.integers(0, 5)), max_size=4))
    return tuple(
        Tally(f"c{number}", f"Group {number}", sum(cells) + silent, cells)
        for number, (cells, silent) in enumerate(drawn)
    )


def sense_check(*tallies: Tally, **parameters: Any) -> Consensus:
    return evaluate(Rule(SenseCheck(**parameters)), tallies)


def group(label: str, eligible: int, *counts: int) -> Tally:
    return Tally(label.lower(), label, eligible, counts)


NURSES = group("Nurses", 10, 9, 1, 0)
PATIENTS = group("Patients", 10, 8, 2, 0)
PHARMACISTS = group("Pharmacists", 9, 3, 6, 0)


def test_consensus_of_everyone_and_in_each_constituency_lacks_nothing() -> None:
    found = sense_check(NURSES, PATIENTS)
    assert (found.status, found.reasons) == (Status.CONSENSUS, ())
    assert found.turnout == Turnout(20, 20)
    assert [part.status for part in found.by_constituency] == [Status.CONSENSUS] * 2


def test_dissent_is_named() -> None:
    found = sense_check(NURSES, PATIENTS, group("Pharmacists", 3, 1, 2, 0))
    assert found.overall is not None
    assert found.overall.status is Status.CONSENSUS
    assert found.status is Status.CONSENSUS_WITH_DISSENT
    assert found.reasons == ("Pharmacists: 1 of 3 in favour, below 70 %.",)


def test_without_the_demand_constituencies_are_only_shown() -> None:
    dissenting = group("Pharmacists", 3, 1, 2, 0)
    found = sense_check(NURSES, PATIENTS, dissenting, per_constituency=False)
    assert (found.status, found.reasons) == (Status.CONSENSUS, ())
    assert found.by_constituency[2].status is Status.NO_CONSENSUS


def test_no_consensus_says_where_it_lacks() -> None:
    found = sense_check(PATIENTS, PHARMACISTS)
    assert found.status is Status.NO_CONSENSUS
    assert found.reasons == (
        "11 of 19 in favour, below 70 %.",
        "Pharmacists: 3 of 9 in favour, below 70 %.",
    )


def test_nothing_is_rejected_over_the_head_of_a_constituency() -> None:
    against = group("Nurses", 20, 1, 19, 0)
    assert sense_check(against).status is Status.CONSENSUS_AGAINST
    found = sense_check(against, group("Patients", 3, 2, 1, 0))
    assert found.overall is not None
    assert found.overall.status is Status.CONSENSUS_AGAINST
    assert found.status is Status.NO_CONSENSUS
    assert found.reasons == ("Patients: 1 of 3 against, below 70 %.",)


@pytest.mark.parametrize(
    ("tally", "reason"),
    [
        (group("Nurses", 3, 0, 2, 0), "Nurses: not enough votes (2 of at least 3)."),
        (group("Nurses", 3, 0, 1, 2), "Nurses: not enough votes (1 of at least 3)."),
        (group("Nurses", 8, 0, 3, 0), "Nurses: needs 1 more vote to reach the quorum of 50 %."),
        (group("Nurses", 9, 0, 3, 0), "Nurses: needs 2 more votes to reach the quorum of 50 %."),
    ],
)
def test_too_few_votes_are_no_dissent_and_no_share(tally: Tally, reason: str) -> None:
    found = sense_check(PATIENTS, group("Doctors", 10, 10, 0, 0), tally)
    assert (found.status, found.reasons) == (Status.CONSENSUS, (reason,))
    part = found.by_constituency[2]
    assert part.status is Status.NOT_ENOUGH_VOTES
    assert part.interval is None


def test_a_constituency_is_asked_from_its_quorum_and_minimum_on() -> None:
    for tally in (group("Nurses", 3, 0, 3, 0), group("Nurses", 8, 0, 4, 0)):
        found = sense_check(PATIENTS, group("Doctors", 30, 30, 0, 0), tally)
        assert found.status is Status.CONSENSUS_WITH_DISSENT


@pytest.mark.parametrize(
    ("voted", "expected", "reasons"),
    [
        (4, Status.NOT_ENOUGH_VOTES, ("Needs 2 more votes to reach the quorum of 60 %.",)),
        (5, Status.NOT_ENOUGH_VOTES, ("Needs 1 more vote to reach the quorum of 60 %.",)),
        (6, Status.CONSENSUS, ()),
    ],
)
def test_the_quorum_is_a_share_of_the_eligible(
    voted: int, expected: Status, reasons: tuple[str, ...]
) -> None:
    found = sense_check(group("Panel", 10, voted, 0, 0), quorum_percent=60, per_constituency=False)
    assert (found.status, found.reasons) == (expected, reasons)


def test_passes_count_for_the_quorum_alone() -> None:
    found = sense_check(group("Panel", 10, 3, 0, 3), quorum_percent=60)
    assert found.status is Status.CONSENSUS
    found = sense_check(group("Panel", 10, 0, 0, 10), quorum_percent=60, per_constituency=False)
    assert found.status is Status.NOT_ENOUGH_VOTES
    assert found.reasons == ("Not enough votes (0 of at least 1).",)


@pytest.mark.parametrize("kind", BallotKind)
def test_before_the_first_vote_nothing_is_decided(kind: BallotKind) -> None:
    nobody = Tally("a", "A", 0, (0,) * len(choices(kind)))
    for tallies in ([], [nobody], [replace(nobody, eligible=5)]):
        found = evaluate(default_rule(kind), tallies)
        assert found.status is Status.NOT_ENOUGH_VOTES
        assert found.overall is not None
        assert (found.overall.interval, found.overall.median) == (None, None)


def test_positions_say_what_is_needed() -> None:
    rule = default_rule(BallotKind.POSITIONS)
    found = evaluate(rule, [group("Area directors", 9, 0, 4, 1, 0, 0)])
    assert found.status is Status.NO_CONSENSUS
    assert found.reasons == (
        "One DISCUSS position is open.",
        "At least one YES position is needed.",
        "Needs 2 more YES or NO_OBJECTION positions to reach 2/3 of 9.",
    )


def test_an_open_discuss_is_named_before_the_quorum_is_reached() -> None:
    rule = Rule(Datatracker(quorum_percent=60, per_constituency=True))
    found = evaluate(rule, [group("Nurses", 5, 1, 0, 1, 0, 0), group("Doctors", 4, 4, 0, 0, 0, 0)])
    assert found.status is Status.NO_CONSENSUS
    assert found.reasons == (
        "One DISCUSS position is open.",
        "Needs 1 more YES or NO_OBJECTION position to reach 2/3 of 9.",
        "Nurses: needs 1 more vote to reach the quorum of 50 %.",
        "Nurses: one DISCUSS position is open.",
    )
    found = evaluate(rule, [group("Nurses", 5, 1, 0, 1, 0, 0)])
    assert found.status is Status.NOT_ENOUGH_VOTES
    assert found.reasons[:2] == (
        "Needs 1 more vote to reach the quorum of 60 %.",
        "One DISCUSS position is open.",
    )


def test_ratings_dissent_by_constituency() -> None:
    doctors = group("Doctors", 20, 1, 0, 0, 0, 1, 0, 6, 6, 6, 0)
    patients = group("Patients", 5, 1, 0, 0, 0, 0, 0, 0, 0, 4, 0)
    found = evaluate(default_rule(BallotKind.RATING), [doctors, patients])
    assert found.status is Status.CONSENSUS_WITH_DISSENT
    assert found.reasons == ("Patients: 1 of 5 rate 1 to 3, not below 15 %.",)
    assert [part.median for part in found.by_constituency] == [8, 9]


def test_a_group_shows_its_figures() -> None:
    part = sense_check(group("Nurses", 12, 7, 3, 1)).by_constituency[0]
    assert (part.constituency, part.label) == ("nurses", "Nurses")
    assert (part.eligible, part.voted, part.counts) == (12, 11, (7, 3, 1))
    assert (part.in_favour, part.of) == (7, 10)
    assert part.interval == pytest.approx((0.397, 0.892), abs=5e-4)


def test_a_result_names_its_rule() -> None:
    rule = default_rule(BallotKind.SENSE_CHECK)
    assert evaluate(rule, []).rule_hash == withheld(rule, []).rule_hash == rule_hash(rule)


def test_a_withheld_result_shows_turnout_alone() -> None:
    rule = default_rule(BallotKind.SENSE_CHECK)
    assert withheld(rule, [NURSES, PHARMACISTS]) == Consensus(
        status=Status.WITHHELD,
        reasons=("The result is withheld while the ballot is blind.",),
        overall=None,
        by_constituency=(),
        turnout=Turnout(19, 19),
        rule_hash=rule_hash(rule),
    )


@given(RULES, st.data())
def test_a_withheld_result_does_not_depend_on_the_choices(rule: Rule, data: st.DataObject) -> None:
    tallies = data.draw(tallies_for(rule))
    others = [replace(tally, counts=tally.counts[::-1]) for tally in tallies]
    assert withheld(rule, tallies) == withheld(rule, others)


@given(RULES, st.data())
def test_every_valid_tally_has_a_coherent_result(rule: Rule, data: st.DataObject) -> None:
    tallies = data.draw(tallies_for(rule))
    found = evaluate(rule, tallies)
    assert found.overall is not None
    assert found.turnout.voted == sum(part.voted or 0 for part in found.by_constituency)
    assert found.overall.in_favour == sum(part.in_favour or 0 for part in found.by_constituency)
    assert found.overall.of == sum(part.of or 0 for part in found.by_constituency)
    assert all(reason[-1] == "." for reason in found.reasons)
    unanimous = found.status in {Status.CONSENSUS, Status.CONSENSUS_AGAINST}
    assert found.reasons or unanimous
    differing = {
        part.label
        for part in found.by_constituency
        if part.status not in {found.overall.status, Status.NOT_ENOUGH_VOTES}
    }
    if rule.parameters.per_constituency and found.overall.status in {
        Status.CONSENSUS,
        Status.CONSENSUS_AGAINST,
    }:
        assert unanimous is (not differing)
        assert differing <= {reason.split(":")[0] for reason in found.reasons}
    else:
        assert found.status is found.overall.status


@given(RULES, st.data())
def test_the_order_of_constituencies_does_not_matter(rule: Rule, data: st.DataObject) -> None:
    tallies = data.draw(tallies_for(rule))
    found = evaluate(rule, tallies)
    other = evaluate(rule, data.draw(st.permutations(tallies)))
    assert (other.status, other.overall, other.turnout) == (
        found.status,
        found.overall,
        found.turnout,
    )
    assert sorted(other.reasons) == sorted(found.reasons)
    assert set(other.by_constituency) == set(found.by_constituency)


AGREED = {Status.CONSENSUS, Status.CONSENSUS_WITH_DISSENT}
IN_FAVOUR = {"YES", "9", "AGREE", "CONSENT"}


@given((RULES | SENSE_CHECKS).filter(lambda rule: rule.parameters.monotone), st.data())
def test_a_vote_in_favour_never_ends_consensus(rule: Rule, data: st.DataObject) -> None:
    tallies = data.draw(tallies_for(rule).filter(bool))
    grown = data.draw(st.sampled_from(tallies))
    with_room = tuple(
        replace(tally, eligible=tally.eligible + 1) if tally is grown else tally
        for tally in tallies
    )
    [best] = [place for place, each in enumerate(choices(rule.kind)) if each in IN_FAVOUR]
    before = evaluate(rule, with_room)
    after = evaluate(rule, apply(with_room, grown.constituency, None, best))
    assert before.status not in AGREED or after.status in AGREED


@pytest.mark.parametrize(
    ("rule", "ratings"),
    [(RandUcla(), (1, 4, 7, 7, 8)), (MedianIqr(), (1, 4, 7, 7, 9))],
)
def test_where_the_spread_counts_a_further_nine_can_end_consensus(
    rule: Parameters, ratings: tuple[int, ...]
) -> None:
    assert not rule.monotone
    counts = tuple(ratings.count(rating) for rating in range(1, 10))
    tally = Tally("panel", "Panel", len(ratings) + 1, (*counts, 0))
    assert evaluate(Rule(rule), [tally]).status is Status.CONSENSUS
    widened = apply([tally], "panel", None, 8)
    assert evaluate(Rule(rule), widened).status is not Status.CONSENSUS
