"""Groups that emerge from how people vote, beside those that were declared: the way of Polis.

Figures are floats for readers; only whether a statement bridges is decided, in integers. The
formula is named and versioned in the result, because several that differ go by the name of Polis:

- Who has voted on at least 7 statements, or on all where there are fewer, takes part.
- A missing vote counts as the mean of the votes on the statement. Principal components are of
  the matrix thus filled, centred by statement; a person's place on the first two is stretched by
  sqrt(statements / votes of theirs), so that who voted on little is not drawn to the middle.
- k-means, seeded, for k from 2 to min(5, 2 + n // 12); the k with the highest mean silhouette.

Source: Small and others, Polis: Scaling Deliberation by Mapping High Dimensional Opinion Spaces,
RECERCA 26(2), 2021.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod, sqrt
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

FORMULA: Final = "polis_group_informed"
VERSION: Final = 1

AGREE, PASS, DISAGREE, MISSING = 1, 0, -1, 2
Z_90: Final = 1.2816
"""Above it, a share differs with a confidence of 90 % on one side."""

_VOTES = 7
_MOST_GROUPS = 5
_PEOPLE_PER_GROUP = 12
_SEED = 20_260
_STARTS = 10
_ROUNDS = 100
_ROWS = 512  # whose distances to all others are in memory at once
_REPRESENTATIVE = 5

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Representativeness:
    """How much more a group takes a side than the others do; shares are smoothed.

    `share` = (A + 1) / (S + 2) of those in the group who saw the statement; `z` of that share
    against one half; `ratio` to the share of the others, and `ratio_z` of the difference.
    """

    share: float
    z: float
    ratio: float
    ratio_z: float

    @property
    def significant(self) -> bool:
        """Whether the group takes the side, and more than the others, both beyond chance."""
        return self.z > Z_90 and self.ratio_z > Z_90

    @property
    def weight(self) -> float:
        """By what the statements of a group are ordered."""
        return self.share * self.z * self.ratio * self.ratio_z


@dataclass(frozen=True, slots=True)
class Representative:
    """A statement that a group stands out by, and on which side."""

    statement: int
    side: int
    representativeness: Representativeness


@dataclass(frozen=True, slots=True)
class Bridge:
    """A statement on which more than half of each group are on one side."""

    statement: int
    side: int
    group_informed: float


@dataclass(frozen=True, slots=True)
class EmergentGroups:
    """The groups, largest first, as the rows of their people; people and statements by number.

    `silhouette` is the mean of the people's, -1 to 1, and None without groups: where fewer than
    three people voted enough, or all voted alike.
    """

    groups: tuple[tuple[int, ...], ...]
    silhouette: float | None
    representative: tuple[tuple[Representative, ...], ...]
    bridges: tuple[Bridge, ...]


@lru_cache(maxsize=64)
def emergent_groups(votes: bytes, statements: int) -> EmergentGroups:
    """Find the groups of people from their votes, a signed byte for each statement, row by row.

    Each is AGREE, DISAGREE, PASS or MISSING. Equal votes give equal groups, on every run.
    """
    matrix = np.frombuffer(votes, np.int8).reshape(-1, statements or 1)
    people = np.flatnonzero((matrix != MISSING).sum(axis=1) >= min(_VOTES, max(statements, 1)))
    voted = matrix[people]
    places = project(voted)
    labels, silhouette = _divided(places)
    if silhouette is None:
        return EmergentGroups((), None, (), ())
    members = [np.flatnonzero(labels == group) for group in range(labels.max() + 1)]
    members.sort(key=lambda rows: (-len(rows), rows[0]))
    counts = np.array([_counts(voted[rows]) for rows in members])
    return EmergentGroups(
        groups=tuple(tuple(map(int, people[rows])) for rows in members),
        silhouette=silhouette,
        representative=tuple(_representative(counts, group) for group in range(len(members))),
        bridges=_bridges(counts),
    )


def project(votes: NDArray[np.int8]) -> Floats:
    """Return the place of each person on the first two principal components.

    The sign of a component is such that its weightiest statement counts positively.
    """
    cast = votes != MISSING
    numbers = np.where(cast, votes, 0).astype(np.float64)
    seen = cast.sum(axis=0)
    means = numbers.sum(axis=0) / np.maximum(seen, 1)
    centred = np.where(cast, numbers - means, 0.0)
    components = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :2]
    weightiest = np.abs(components).argmax(axis=0)
    signs = np.sign(components[weightiest, range(components.shape[1])])
    stretch = np.sqrt(votes.shape[1] / np.maximum(cast.sum(axis=1), 1))
    found: Floats = centred @ (components * signs) * stretch[:, None]
    return found


def silhouettes(places: Floats, labels: Sequence[Whole]) -> list[float]:
    """Return the mean silhouette of each labelling; people alone in their group count as 0."""
    belonging = [np.eye(found.max() + 1)[found] for found in labels]
    sums = [0.0] * len(labels)
    norms = (places**2).sum(axis=1)
    for start in range(0, len(places), _ROWS):
        rows = slice(start, start + _ROWS)
        squares = norms[rows, None] + norms[None, :] - 2 * places[rows] @ places.T
        apart = np.sqrt(np.maximum(squares, 0))
        for number, member in enumerate(belonging):
            size, own = member.sum(axis=0), member[rows].astype(bool)
            total = apart @ member
            inside = total[own] / np.maximum(size[labels[number][rows]] - 1, 1)
            outside = np.where(own, np.inf, total / size).min(axis=1)
            widest = np.maximum(inside, outside)
            found = np.where(widest > 0, (outside - inside) / np.where(widest > 0, widest, 1), 0)
            sums[number] += float(found[size[labels[number][rows]] > 1].sum())
    return [each / len(places) for each in sums]


def group_informed_consensus(sides: Iterable[tuple[int, int]]) -> float:
    """Give the product over groups of (A + 1) / (S + 2), of pairs of A on a side and S who saw."""
    return prod((on_side + 1) / (seen + 2) for on_side, seen in sides)


def representativeness(group: tuple[int, int], others: tuple[int, int]) -> Representativeness:
    """Compare a group with all others, each as how many are on a side, of how many who saw."""
    (here, seen), (there, seen_there) = group, others
    share, share_there = (here + 1) / (seen + 2), (there + 1) / (seen_there + 2)
    p, q = (here + 1) / (seen + 1), (there + 1) / (seen_there + 1)
    pooled = (here + there + 2) / (seen + seen_there + 2)
    variance = pooled * (1 - pooled) * (1 / (seen + 1) + 1 / (seen_there + 1))
    return Representativeness(
        share=share,
        z=2 * sqrt(seen + 1) * (p - 0.5),
        ratio=share / share_there,
        ratio_z=(p - q) / sqrt(variance) if variance > 0 else 0.0,
    )


def _divided(places: Floats) -> tuple[Whole, float | None]:
    """Return the group of each person and the mean silhouette, None where there are no groups."""
    distinct = len(np.unique(places.round(9), axis=0)) if len(places) else 0
    most = min(_MOST_GROUPS, 2 + len(places) // _PEOPLE_PER_GROUP, distinct, len(places) - 1)
    labels = [_clustered(places, k) for k in range(2, most + 1)]
    if not labels:
        return np.zeros(len(places), np.intp), None
    found = silhouettes(places, labels)
    best = int(np.argmax(found))
    return labels[best], found[best]


def _clustered(places: Floats, k: int) -> Whole:
    """Return the group of each person by k-means: the best of several seeded starts."""
    chance = np.random.default_rng(_SEED)
    best, least = np.zeros(len(places), np.intp), np.inf
    for _ in range(_STARTS):
        centres = _seeded(places, k, chance)
        labels = _nearest(places, centres)
        for _ in range(_ROUNDS):
            for group in range(k):
                if (labels == group).any():
                    centres[group] = places[labels == group].mean(axis=0)
            before, labels = labels, _nearest(places, centres)
            if (labels == before).all():
                break
        scatter = float(((places - centres[labels]) ** 2).sum())
        if scatter < least - 1e-9:
            best, least = labels, scatter
    return best


def _seeded(places: Floats, k: int, chance: np.random.Generator) -> Floats:
    """Return starting centres, each the likelier the farther it is from those before it."""
    chosen = [int(chance.integers(len(places)))]
    while len(chosen) < k:
        apart = ((places[:, None, :] - places[chosen][None, :, :]) ** 2).sum(axis=2).min(axis=1)
        chosen.append(int(chance.choice(len(places), p=apart / apart.sum())))
    return places[chosen].copy()


def _nearest(places: Floats, centres: Floats) -> Whole:
    apart = ((places[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
    found: Whole = apart.argmin(axis=1)
    return found


def _counts(votes: NDArray[np.int8]) -> Whole:
    """Return a row for each statement: how many agree, disagree, and saw it."""
    columns = ((votes == AGREE), (votes == DISAGREE), (votes != MISSING))
    return np.stack([each.sum(axis=0) for each in columns], axis=1)


def _sides(counts: Whole) -> Iterable[tuple[int, int, list[tuple[int, int]]]]:
    """Yield each statement and side with how many of each group are on it, of how many who saw."""
    for statement in range(counts.shape[1]):
        for column, side in enumerate((AGREE, DISAGREE)):
            yield statement, side, [(int(row[column]), int(row[2])) for row in counts[:, statement]]


def _representative(counts: Whole, group: int) -> tuple[Representative, ...]:
    found = []
    for statement, side, sides in _sides(counts):
        others = [each for number, each in enumerate(sides) if number != group]
        there = sum(each[0] for each in others), sum(each[1] for each in others)
        measured = representativeness(sides[group], there)
        if measured.significant:
            found.append(Representative(statement, side, measured))
    found.sort(key=lambda each: -each.representativeness.weight)
    return tuple(found[:_REPRESENTATIVE])


def _bridges(counts: Whole) -> tuple[Bridge, ...]:
    found = [
        Bridge(statement, side, group_informed_consensus(sides))
        for statement, side, sides in _sides(counts)
        if all(2 * on_side > seen for on_side, seen in sides)
    ]
    return tuple(sorted(found, key=lambda each: -each.group_informed))
