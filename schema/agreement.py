"""How far those who voted in an exercise agree, in GraphQL."""

from __future__ import annotations

import strawberry

from domain.consensus import agreement as formulas
from domain.consensus.agreement import Metric
from schema.batches import derived
from schema.fields import text


@strawberry.type(
    description="Krippendorff's alpha by what the distance between two answers means; each null "
    "where nothing can be compared or nothing varies."
)
class KrippendorffAlpha:
    """See domain.consensus.agreement.krippendorff_alpha."""

    nominal: float | None = text(description="Answers are the same or not.")
    ordinal: float | None = text(description="Answers are ranks.")
    interval: float | None = text(description="Answers differ by their difference.")
    ratio: float | None = text(description="Answers differ by their proportion.")


def _alpha(found: formulas.Agreement) -> KrippendorffAlpha:
    return KrippendorffAlpha(**{metric.lower(): found.alpha[metric] for metric in Metric})


@strawberry.type(
    description="How far those who voted agree with each other, over several ballots. UNABLE_TO_"
    "SCORE and PASS are no answers here."
)
class Agreement:
    """See domain.consensus.agreement.Agreement, of which it is read."""

    items: int = text(description="How many ballots it is over.")
    raters: int = text(description="How many people answered at least one of them.")
    complete: int = text(description="How many people answered every one of them.")
    kendall_w: float | None = text(
        description="Kendall's W of those who answered every one, corrected for ties, from 0 to 1; "
        "null without two people and two ballots, or where nothing varies."
    )
    fleiss_kappa: float | None = text(
        description="Fleiss' kappa of those who answered every one; null without two people, or "
        "where nothing varies."
    )
    krippendorff_alpha: KrippendorffAlpha = derived(
        _alpha, "Krippendorff's alpha of everybody; who answered only some of them counts too."
    )
