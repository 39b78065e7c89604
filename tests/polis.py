"""The shared conversations as the matrix of votes that groups are found in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from api import polis
from domain.consensus.emergent import AGREE, DISAGREE, MISSING, PASS

REAL = Path(__file__).parents[2] / "shared" / "data" / "polis"
VALUES = {"AGREE": AGREE, "DISAGREE": DISAGREE, "PASS": PASS}


def matrix(folder: Path) -> tuple[NDArray[np.int8], list[str | None]]:
    """Return a row for each participant and a column for each statement, and Polis' own groups."""
    conversation = polis.read(folder)
    people = {each.id: row for row, each in enumerate(conversation.participants)}
    statements = {each.id: column for column, each in enumerate(conversation.statements)}
    votes = np.full((len(people), len(statements)), MISSING, np.int8)
    for vote in conversation.votes:  # in the order of their times: the latest counts
        votes[people[vote.participant], statements[vote.statement]] = VALUES[vote.choice]
    return votes, [each.group for each in conversation.participants]
