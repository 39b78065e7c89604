"""The groups that emerge from the sense checks of an exercise, as far as they may be told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.consensus import emergent
from domain.consensus.choices import BallotKind, choices
from domain.consensus.small_cells import suppressed
from domain.database import Session
from domain.permissions import Viewer
from domain.queries import opinions
from domain.queries.opinions import Opinions

_VALUES = {"AGREE": emergent.AGREE, "DISAGREE": emergent.DISAGREE, "PASS": emergent.PASS}
_BY_ORDINAL = tuple(_VALUES[choice] for choice in choices(BallotKind.SENSE_CHECK))
_CHOICES = {value: choice for choice, value in _VALUES.items()}


@dataclass(frozen=True, slots=True)
class Share:
    """How many people of a group vote in a constituency; None where that is not told."""

    constituency_id: UUID
    count: int | None


@dataclass(frozen=True, slots=True)
class RepresentativeStatement:
    """A ballot that a group stands out by, as the name of the choice that it prefers."""

    ballot_id: UUID
    choice: str
    share: float
    representativeness: float


@dataclass(frozen=True, slots=True)
class BridgingStatement:
    """A ballot on which more than half of each group make the same choice, given by its name."""

    ballot_id: UUID
    choice: str
    group_informed_consensus: float


@dataclass(frozen=True, slots=True)
class EmergentGroup:
    """One group; without a size, and without what would tell it, where that is not told."""

    label: str
    size: int | None
    composition: tuple[Share, ...]
    representative: tuple[RepresentativeStatement, ...]


@dataclass(frozen=True, slots=True)
class EmergentGroups:
    """What emerges from the sense checks of an exercise, by which formula."""

    formula: str
    version: int
    participants: int
    silhouette: float | None
    groups: tuple[EmergentGroup, ...]
    bridging: tuple[BridgingStatement, ...]


async def of_engagements(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[EmergentGroups]:
    """Return what emerges from the sense checks of each exercise whose result the viewer may know.

    It is computed in a thread, and kept until a vote is another one.
    """
    found = await opinions.of_engagements(session, viewer, keys, BallotKind.SENSE_CHECK)
    return await asyncio.to_thread(lambda: list(map(_emerging, found)))


def _emerging(held: Opinions) -> EmergentGroups:
    people = list(held.votes)
    rows = (
        _BY_ORDINAL[chosen[ballot]] if ballot in chosen else emergent.MISSING
        for chosen in held.votes.values()
        for ballot in held.ballots
    )
    votes = bytes(value % 256 for value in rows)
    found = emergent.emergent_groups(votes, len(held.ballots))
    [sizes] = suppressed([[len(group) for group in found.groups]])
    places = sorted({held.constituencies[people[row]] for group in found.groups for row in group})
    counted = [Counter(held.constituencies[people[row]] for row in group) for group in found.groups]
    table = suppressed([[counts[place] for place in places] for counts in counted])
    return EmergentGroups(
        formula=emergent.FORMULA,
        version=emergent.VERSION,
        participants=sum(map(len, found.groups)),
        silhouette=found.silhouette,
        groups=tuple(
            EmergentGroup(
                label=chr(ord("A") + number),
                size=size,
                composition=tuple(
                    Share(place, None if size is None else count)
                    for place, count in zip(places, table[number], strict=True)
                ),
                representative=(
                    ()
                    if size is None
                    else tuple(
                        RepresentativeStatement(
                            ballot_id=held.ballots[each.statement],
                            choice=_CHOICES[each.side],
                            share=each.representativeness.share,
                            representativeness=each.representativeness.ratio_z,
                        )
                        for each in found.representative[number]
                    )
                ),
            )
            for number, size in enumerate(sizes)
        ),
        bridging=tuple(
            BridgingStatement(
                ballot_id=held.ballots[each.statement],
                choice=_CHOICES[each.side],
                group_informed_consensus=each.group_informed,
            )
            for each in found.bridges
        ),
    )
