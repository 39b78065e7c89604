"""Rules of consensus in GraphQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry

from domain.errors import Invalid
from schema.fields import text


@strawberry.type(description="One parameter of a rule: a number or a switch.")
class RuleParameter:
    """A parameter."""

    name: str = text(description="What it is called in the rule, such as threshold_percent.")
    number: int | None = text(description="Its value; null where it is a switch.")
    enabled: bool | None = text(description="Whether it is on; null where it is a number.")


@strawberry.type(description="What counts as consensus in a ballot.")
class Rule:
    """See domain.consensus.rules.Rule."""

    name: str = text(description="The name of the formula, such as comet.")
    version: int = text(description="The version of the formula.")
    parameters: list[RuleParameter] = text(description="All of its parameters.")


@strawberry.input(description="A parameter of a rule: its number, or whether it is enabled.")
class RuleParameterInput:
    """See domain.consensus.parameters."""

    name: str = text(description="What it is called in the rule, such as threshold_percent.")
    number: int | None = text(description="Its value, where it is a number.", default=None)
    enabled: bool | None = text(description="Whether it is on, where it is a switch.", default=None)


@strawberry.input(description="What is to count as consensus.")
class RuleInput:
    """See domain.consensus.rules.parse_rule."""

    name: str = text(
        description="The name of the formula: datatracker for positions; comet, rand_ucla or "
        "median_iqr for ratings; sense_check or majority for sense checks; consent; approval for "
        "multiple choice; minimax for rankings."
    )
    version: int = text(description="The version of the formula.")
    parameters: list[RuleParameterInput] = text(
        description="The parameters that are to differ from their defaults.", default_factory=list
    )


def shown(document: Mapping[str, Any]) -> Rule:
    """Return the rule of a document as domain.consensus.rules.dump_rule writes it."""
    parameters = {**document}
    return Rule(
        name=parameters.pop("name"),
        version=parameters.pop("version"),
        parameters=[
            RuleParameter(
                name=name,
                number=None if isinstance(value, bool) else value,
                enabled=value if isinstance(value, bool) else None,
            )
            for name, value in sorted(parameters.items())
        ],
    )


def document(rule: RuleInput | None) -> Mapping[str, Any] | None:
    """Return the rule document of an input; Invalid where a parameter is not one value."""
    if rule is None:
        return None
    given: dict[str, Any] = {"name": rule.name, "version": rule.version}
    for parameter in rule.parameters:
        if (parameter.number is None) == (parameter.enabled is None) or parameter.name in given:
            raise Invalid(
                f"Please send {parameter.name} once, with either a number or enabled.",
                ("rule", "parameters"),
            )
        given[parameter.name] = parameter.enabled if parameter.number is None else parameter.number
    return given
