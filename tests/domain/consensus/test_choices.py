"""Every kind of ballot has its choices, in a stable order, and says which need a reason."""

import pytest

from domain.consensus.choices import BallotKind, ReasonPolicy, choices, needs_reason, ordinal
from domain.errors import Invalid


def test_ordinals_are_as_stored() -> None:
    assert {kind: choices(kind) for kind in BallotKind} == {
        BallotKind.POSITIONS: ("YES", "NO_OBJECTION", "DISCUSS", "ABSTAIN", "RECUSE"),
        BallotKind.RATING: (*"123456789", "UNABLE_TO_SCORE"),
        BallotKind.SENSE_CHECK: ("AGREE", "DISAGREE", "PASS"),
        BallotKind.CONSENT: ("CONSENT", "CONCERN", "OBJECT", "ABSTAIN"),
        BallotKind.MULTIPLE_CHOICE: (),
        BallotKind.RANKING: (),
    }


@pytest.mark.parametrize("kind", BallotKind)
def test_an_ordinal_is_the_place_of_the_choice(kind: BallotKind) -> None:
    assert [ordinal(kind, choice) for choice in choices(kind)] == list(range(len(choices(kind))))


@pytest.mark.parametrize(
    ("kind", "choice", "sentence"),
    [
        ("RATING", "12", "A rating is a whole number from 1 to 9; 12 is not."),
        ("RATING", "0", "A rating is a whole number from 1 to 9; 0 is not."),
        ("RATING", "-3", "A rating is a whole number from 1 to 9; -3 is not."),
        ("RATING", "7.5", "A rating is a whole number from 1 to 9; 7.5 is not."),
        (
            "RATING",
            "high",
            "A rating is a whole number from 1 to 9, or UNABLE_TO_SCORE; 'high' is neither.",
        ),
        (
            "POSITIONS",
            "MAYBE",
            "A position is one of YES, NO_OBJECTION, DISCUSS, ABSTAIN or RECUSE; 'MAYBE' is not.",
        ),
        (
            "SENSE_CHECK",
            "agree",
            "An answer to a sense check is one of AGREE, DISAGREE or PASS; 'agree' is not.",
        ),
        (
            "CONSENT",
            "YES",
            (
                "An answer to a call for consent is one of CONSENT, CONCERN, OBJECT or ABSTAIN; "
                "'YES' is not."
            ),
        ),
        (
            "RANKING",
            "YES",
            "This ballot lists options to choose from. Please send options, not 'YES'.",
        ),
    ],
)
def test_an_unknown_choice_is_refused_in_words(
    kind: BallotKind, choice: str, sentence: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        ordinal(BallotKind(kind), choice)
    assert refusal.value.message == sentence
    assert refusal.value.path == ("choice",)


def test_a_refusal_quotes_no_page_of_input() -> None:
    with pytest.raises(Invalid) as refusal:
        ordinal(BallotKind.SENSE_CHECK, "x" * 100_000)
    assert len(refusal.value.message) < 200


@pytest.mark.parametrize(
    ("policy", "needing"),
    [
        (ReasonPolicy.OPTIONAL, {"DISCUSS", "OBJECT"}),
        (ReasonPolicy.REQUIRED_FOR_DISSENT, {"DISCUSS", "DISAGREE", "CONCERN", "OBJECT"}),
        (ReasonPolicy.REQUIRED, {choice for kind in BallotKind for choice in choices(kind)}),
    ],
)
def test_a_policy_says_which_choices_need_a_reason(policy: ReasonPolicy, needing: set[str]) -> None:
    assert needing == {
        choice
        for kind in BallotKind
        for choice in choices(kind)
        if needs_reason(kind, choice, policy)
    }


def test_a_reason_is_asked_only_for_a_known_choice() -> None:
    with pytest.raises(Invalid):
        needs_reason(BallotKind.SENSE_CHECK, "YES", ReasonPolicy.REQUIRED)
