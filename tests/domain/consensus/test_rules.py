"""Rules survive being stored, hash to the same value, and refuse what they cannot mean."""

import json
import random
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.appropriateness import RandUcla
from domain.consensus.approval import Approval
from domain.consensus.choices import BallotKind
from domain.consensus.consent import Consent
from domain.consensus.majorities import Majority
from domain.consensus.medians import MedianIqr
from domain.consensus.minimax import Minimax
from domain.consensus.positions import Datatracker
from domain.consensus.ratings import Comet
from domain.consensus.rules import (
    Rule,
    canonical_json,
    default_rule,
    dump_rule,
    parse_rule,
    rule_hash,
)
from domain.consensus.sense_checks import SenseCheck
from domain.errors import Invalid

SHARED = {
    "quorum_percent": st.integers(0, 100),
    "per_constituency": st.booleans(),
    "constituency_quorum_percent": st.integers(0, 100),
    "minimum_votes": st.integers(1, 1000),
}
PERCENT = st.integers(51, 100)
RULES = st.one_of(
    st.builds(
        Datatracker,
        threshold_numerator=st.integers(1, 30),
        threshold_denominator=st.integers(30, 1000),
        **SHARED,
    ),
    st.builds(Comet, threshold_percent=PERCENT, dissent_percent=st.integers(1, 100), **SHARED),
    st.builds(RandUcla, classic_disagreement=st.booleans(), **SHARED),
    st.builds(
        MedianIqr, median_at_least=st.integers(6, 9), iqr_at_most=st.integers(0, 8), **SHARED
    ),
    st.builds(SenseCheck, threshold_percent=PERCENT, **SHARED),
    st.builds(
        Majority,
        threshold_numerator=st.integers(501, 999),
        threshold_denominator=st.just(1000),
        strict=st.booleans(),
        of_eligible=st.booleans(),
        **SHARED,
    ),
    st.builds(
        Consent,
        threshold_numerator=st.integers(1, 30),
        threshold_denominator=st.integers(31, 1000),
        strict=st.booleans(),
        safety_alone=st.booleans(),
        **SHARED,
    ),
    st.builds(
        Approval, threshold_percent=st.integers(1, 100), most_winners=st.integers(1, 10), **SHARED
    ),
    st.builds(Minimax, **SHARED),
).map(Rule)


@given(RULES)
def test_a_rule_survives_being_stored(rule: Rule) -> None:
    assert parse_rule(rule.kind, json.loads(canonical_json(rule))) == rule


@given(RULES, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_change_the_hash(rule: Rule, chance: random.Random) -> None:
    keys = list(dump_rule(rule))
    chance.shuffle(keys)
    shuffled = {key: dump_rule(rule)[key] for key in keys}
    assert rule_hash(parse_rule(rule.kind, shuffled)) == rule_hash(rule)


@given(RULES, RULES)
def test_different_rules_have_different_hashes(one: Rule, other: Rule) -> None:
    assert (rule_hash(one) == rule_hash(other)) is (one == other)


def test_the_defaults_of_version_1_never_change() -> None:
    assert [canonical_json(default_rule(kind)) for kind in BallotKind] == [
        (
            '{"constituency_quorum_percent":50,"minimum_votes":3,"name":"datatracker",'
            '"per_constituency":false,"quorum_percent":0,"threshold_denominator":3,'
            '"threshold_numerator":2,"version":1}'
        ),
        (
            '{"constituency_quorum_percent":50,"dissent_percent":15,"minimum_votes":3,"name":"comet",'
            '"per_constituency":true,"quorum_percent":50,"threshold_percent":70,"version":1}'
        ),
        (
            '{"constituency_quorum_percent":50,"minimum_votes":3,"name":"sense_check",'
            '"per_constituency":true,"quorum_percent":50,"threshold_percent":70,"version":1}'
        ),
        (
            '{"constituency_quorum_percent":50,"minimum_votes":3,"name":"consent",'
            '"per_constituency":true,"quorum_percent":50,"safety_alone":false,"strict":true,'
            '"threshold_denominator":3,"threshold_numerator":2,"version":1}'
        ),
        (
            '{"constituency_quorum_percent":50,"minimum_votes":3,"most_winners":1,'
            '"name":"approval","per_constituency":true,"quorum_percent":50,'
            '"threshold_percent":50,"version":1}'
        ),
        (
            '{"constituency_quorum_percent":50,"minimum_votes":3,"name":"minimax",'
            '"per_constituency":true,"quorum_percent":50,"version":1}'
        ),
    ]
    assert (
        rule_hash(default_rule(BallotKind.SENSE_CHECK))
        == "3fbfd13ddac78c0e9cced20b0fc8811d8cf587198b0323a1e0ae4c02a738e8c1"
    )


def test_the_defaults_of_other_rules_never_change() -> None:
    assert [canonical_json(Rule(rule)) for rule in (RandUcla(), MedianIqr(), Majority())] == [
        (
            '{"classic_disagreement":false,"constituency_quorum_percent":50,"minimum_votes":3,'
            '"name":"rand_ucla","per_constituency":true,"quorum_percent":50,"version":1}'
        ),
        (
            '{"constituency_quorum_percent":50,"iqr_at_most":3,"median_at_least":7,'
            '"minimum_votes":3,"name":"median_iqr","per_constituency":true,"quorum_percent":50,'
            '"version":1}'
        ),
        (
            '{"constituency_quorum_percent":50,"minimum_votes":3,"name":"majority",'
            '"of_eligible":false,"per_constituency":true,"quorum_percent":50,"strict":true,'
            '"threshold_denominator":2,"threshold_numerator":1,"version":1}'
        ),
    ]


@pytest.mark.parametrize("kind", BallotKind)
def test_parameters_left_out_have_their_defaults(kind: BallotKind) -> None:
    default = default_rule(kind)
    assert default.kind is kind
    assert parse_rule(kind, {"name": default.name, "version": 1}) == default


@pytest.mark.parametrize("kind", BallotKind)
@pytest.mark.parametrize("value", [-1, 1001, 70.0, "70", None, [70], True], ids=repr)
def test_every_number_is_a_whole_one_within_bounds(kind: BallotKind, value: object) -> None:
    document = dump_rule(default_rule(kind))
    for key in [key for key, default in document.items() if type(default) is int]:
        with pytest.raises(Invalid) as refusal:
            parse_rule(kind, {**document, key: value})
        assert refusal.value.path == ("rule", key)


@pytest.mark.parametrize(
    ("parameters", "name", "bounds"),
    [
        (Comet, "threshold_percent", (51, 100)),
        (Comet, "dissent_percent", (1, 100)),
        (MedianIqr, "median_at_least", (6, 9)),
        (MedianIqr, "iqr_at_most", (0, 8)),
        (SenseCheck, "threshold_percent", (51, 100)),
        (SenseCheck, "quorum_percent", (0, 100)),
        (SenseCheck, "constituency_quorum_percent", (0, 100)),
        (SenseCheck, "minimum_votes", (1, 1000)),
    ],
)
def test_bounds_are_inclusive(parameters: Any, name: str, bounds: tuple[int, int]) -> None:
    for bound, outside in zip(bounds, (bounds[0] - 1, bounds[1] + 1), strict=True):
        assert getattr(parameters(**{name: bound}), name) == bound
        with pytest.raises(Invalid):
            parameters(**{name: outside})


THE_RULES = "The rules for this kind of ballot are: comet, rand_ucla, median_iqr; "
COMET = {"name": "comet", "version": 1}


@pytest.mark.parametrize(
    ("document", "path", "sentence"),
    [
        ([], (), "A rule is an object with a name, a version and parameters."),
        (
            {"version": 1},
            ("name",),
            THE_RULES + "None is not among them.",
        ),
        (
            {"name": ["comet"], "version": 1},
            ("name",),
            THE_RULES + "['comet'] is not among them.",
        ),
        (
            {"name": "sense_check", "version": 1},
            ("name",),
            THE_RULES + "'sense_check' is not among them.",
        ),
        (
            {"name": "comet"},
            ("version",),
            "The rule comet has the version 1; None is not known.",
        ),
        (
            {"name": "comet", "version": True},
            ("version",),
            "The rule comet has the version 1; True is not known.",
        ),
        (
            COMET | {"treshold_percent": 70},
            ("treshold_percent",),
            (
                "The rule comet has no parameter 'treshold_percent'; it has quorum_percent, "
                "per_constituency, constituency_quorum_percent, minimum_votes, threshold_percent, "
                "dissent_percent."
            ),
        ),
        (
            COMET | {"threshold_percent": 12},
            ("threshold_percent",),
            "Threshold percent is a whole number from 51 to 100; 12 is not.",
        ),
        (
            COMET | {"per_constituency": 1},
            ("per_constituency",),
            "Per constituency is true or false; 1 is neither.",
        ),
    ],
)
def test_a_refusal_names_the_path(document: object, path: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_rule(BallotKind.RATING, document)
    assert refusal.value.path == ("rule", *path)
    assert refusal.value.message == sentence


def test_a_share_is_at_most_everyone() -> None:
    assert Datatracker(threshold_numerator=3, threshold_denominator=3).threshold_numerator == 3
    with pytest.raises(Invalid, match="The threshold 4/3 is more than everyone") as refusal:
        Datatracker(threshold_numerator=4)
    assert refusal.value.path == ("rule", "threshold_numerator")


def test_a_document_has_every_parameter() -> None:
    rule = default_rule(BallotKind.POSITIONS)
    names = {parameter.name for parameter in fields(rule.parameters)}
    assert dump_rule(rule).keys() == {"name", "version"} | names
