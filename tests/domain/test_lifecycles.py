"""Every machine is whole: each state is reached, has a way to an end, and is explained alike."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import Conflict, NotAllowed
from domain.lifecycle import ENGAGEMENT, MACHINES
from domain.lifecycle.machine import Facts, Machine, Move, Requirement, advance, explain
from domain.permissions import Permission, holders


def named(machine: Machine[Any, Any]) -> str:
    return machine.noun


def always(_: Permission) -> bool:
    return True


def never(_: Permission) -> bool:
    return False


def facts(machine: Machine[Any, Any], count: int, *but: str) -> Facts:
    """Return the same count of everything that the machine asks about, nought of some."""
    return {
        each.fact: 0 if each.fact in but else count
        for move in machine.moves
        for each in (*move.requirements, *move.duties)
    }


@pytest.mark.parametrize("machine", MACHINES, ids=named)
def test_every_state_is_reached_from_the_first_one(machine: Machine[Any, Any]) -> None:
    reached = {machine.initial}
    while found := {m.target for m in machine.moves if reached & set(m.sources)} - reached:
        reached |= found

    assert reached == set(machine.states())


@pytest.mark.parametrize("machine", MACHINES, ids=named)
def test_every_state_has_a_way_to_an_end(machine: Machine[Any, Any]) -> None:
    ending = set(machine.ends())
    assert ending
    while found := {s for m in machine.moves if m.target in ending for s in m.sources} - ending:
        ending |= found

    assert ending == set(machine.states())


@pytest.mark.parametrize("machine", MACHINES, ids=named)
def test_a_transition_leads_from_one_state_to_one_other(machine: Machine[Any, Any]) -> None:
    moves = [(move.transition, source) for move in machine.moves for source in move.sources]

    assert len(moves) == len(set(moves))


@pytest.mark.parametrize("machine", MACHINES, ids=named)
def test_somebody_may_take_each_step(machine: Machine[Any, Any]) -> None:
    for move in machine.moves:
        assert holders(move.permission)


@pytest.mark.parametrize("machine", MACHINES, ids=named)
def test_what_is_explained_is_what_is_enforced(machine: Machine[Any, Any]) -> None:
    for state in machine.states():
        for count in (0, 2):
            for may in (always, never):
                found = facts(machine, count)
                for option in explain(machine, state, found, may):
                    assert option.allowed is not bool(option.reasons or option.missing)
                    if option.allowed:
                        advance(machine, state, option.transition, found, always)
                        continue
                    refusal = NotAllowed if option.reasons else Conflict
                    with pytest.raises(refusal) as caught:
                        advance(machine, state, option.transition, found, may)
                    assert caught.value.message == " ".join(option.reasons or option.missing)


@pytest.mark.parametrize("machine", MACHINES, ids=named)
def test_a_step_that_the_state_does_not_permit_is_refused_with_those_that_it_does(
    machine: Machine[Any, Any],
) -> None:
    transitions = {move.transition for move in machine.moves}
    for state in machine.states():
        possible = [move.transition for move in machine.moves if state in move.sources]
        for transition in transitions - set(possible):
            with pytest.raises(Conflict) as caught:
                advance(machine, state, transition, facts(machine, 0), always)
            for each in possible:
                assert each in caught.value.message


def test_a_refusal_names_the_permission_and_the_roles_that_come_with_it() -> None:
    [option] = explain(ENGAGEMENT, ENGAGEMENT.initial, facts(ENGAGEMENT, 0), never)

    assert option.reasons == (
        (
            "OPEN of this engagement exercise needs the permission MODERATE, which comes with the "
            "role ADMIN or SECRETARIAT or MODERATOR."
        ),
    )


def test_a_duty_makes_a_step_somebody_elses_though_nothing_is_missing() -> None:
    first = ENGAGEMENT
    move = Move(
        first.moves[0].transition,
        (first.initial,),
        first.moves[0].target,
        Permission.DECIDE,
        (Requirement("open", "Still open: {n}."),),
        (Requirement("own", "You wrote it."),),
    )
    machine = Machine(first.noun, first.initial, (move,))

    [option] = explain(machine, first.initial, {"open": 0, "own": 1}, always)

    assert (option.allowed, option.reasons, option.missing) == (False, ("You wrote it.",), ())
