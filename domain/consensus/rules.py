"""Rules as documents: read strictly, written canonically, and hashed so that they stay frozen."""

from __future__ import annotations

import json
import reprlib
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Any

from domain.consensus.appropriateness import RandUcla
from domain.consensus.approval import Approval
from domain.consensus.choices import BallotKind
from domain.consensus.consent import Consent
from domain.consensus.majorities import Majority
from domain.consensus.medians import MedianIqr
from domain.consensus.minimax import Minimax
from domain.consensus.parameters import Parameters
from domain.consensus.positions import Datatracker
from domain.consensus.ratings import Comet
from domain.consensus.sense_checks import SenseCheck
from domain.errors import Invalid

# The first rule of a kind is its default.
_RULES: dict[BallotKind, tuple[type[Parameters], ...]] = {
    BallotKind.POSITIONS: (Datatracker,),
    BallotKind.RATING: (Comet, RandUcla, MedianIqr),
    BallotKind.SENSE_CHECK: (SenseCheck, Majority),
    BallotKind.CONSENT: (Consent,),
    BallotKind.MULTIPLE_CHOICE: (Approval,),
    BallotKind.RANKING: (Minimax,),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What counts as consensus; its parameters know its name, its version and its kind."""

    parameters: Parameters

    @property
    def name(self) -> str:
        """The name of the formula, such as "comet"."""
        return self.parameters.name

    @property
    def version(self) -> int:
        """The version of the formula and of the defaults of its parameters."""
        return self.parameters.version

    @property
    def kind(self) -> BallotKind:
        """The kind of ballot that the rule is for."""
        return self.parameters.kind


def default_rule(kind: BallotKind) -> Rule:
    """Give the rule that a ballot of this kind has unless somebody chooses another."""
    return Rule(_RULES[kind][0]())


def parse_rule(kind: BallotKind, document: object) -> Rule:
    """Read a rule for a kind of ballot from a JSON object.

    `{"name": str, "version": int, <parameter>: int | bool, ...}`, flat; parameters left out have
    the default of that version. Raises Invalid with the path ("rule", <key>), or ("rule",) where
    the document is no object.
    """
    if not isinstance(document, dict):
        raise Invalid("A rule is an object with a name, a version and parameters.", ("rule",))
    given: dict[str, Any] = dict(document)
    family = _family(kind, given.pop("name", None))
    version = given.pop("version", None)
    if type(version) is not int or version != family.version:
        raise Invalid(
            f"The rule {family.name} has the version {family.version}; "
            f"{reprlib.repr(version)} is not known.",
            ("rule", "version"),
        )
    known = [parameter.name for parameter in fields(family)]
    for key in given:
        if key not in known:
            raise Invalid(
                f"The rule {family.name} has no parameter {reprlib.repr(key)}; "
                f"it has {', '.join(known)}.",
                ("rule", key),
            )
    return Rule(family(**given))


def dump_rule(rule: Rule) -> dict[str, Any]:
    """Write a rule as the JSON object that `parse_rule` reads, every parameter included."""
    return {"name": rule.name, "version": rule.version, **asdict(rule.parameters)}


def canonical_json(rule: Rule) -> str:
    """Write a rule as ASCII JSON with sorted keys and no white space: the bytes that are hashed."""
    return json.dumps(dump_rule(rule), sort_keys=True, separators=(",", ":"))


def rule_hash(rule: Rule) -> str:
    """Give the SHA-256 of the canonical JSON in hexadecimal."""
    return sha256(canonical_json(rule).encode()).hexdigest()


def _family(kind: BallotKind, name: object) -> type[Parameters]:
    for family in _RULES[kind]:
        if family.name == name:
            return family
    names = ", ".join(family.name for family in _RULES[kind])
    raise Invalid(
        f"The rules for this kind of ballot are: {names}; {reprlib.repr(name)} is not among them.",
        ("rule", "name"),
    )
