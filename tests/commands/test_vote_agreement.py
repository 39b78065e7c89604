"""What the database decides of a vote is what the domain says: grants, choices and rules."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.commands.votes import Casting, cast_vote
from domain.consensus.choices import BallotKind, ReasonPolicy, choices, needs_reason, ordinal
from domain.consensus.rules import default_rule, parse_rule, rule_hash
from domain.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.ids import new_id
from domain.lifecycle import BallotState, EngagementState
from domain.models.ballots import Ballot, Elector, TallyRow
from domain.models.roundtables import Roundtable
from domain.models.topics import Topic, TopicKind
from domain.models.votes import Vote
from domain.permissions import Audience, Permission, Role, Viewer, allowed, audience
from tests.ballots import draft, opened, vote
from tests.world import NOW, World


def expected(
    viewer: Viewer, place: Topic, state: BallotState, host: EngagementState, *, elector: bool
) -> type[DomainError] | None:
    """Return how a vote is to be refused by the table of grants; None where it is cast."""
    if state is BallotState.DRAFT or audience(viewer, place) is None:
        return NotFound
    if state is BallotState.SCHEDULED:
        return Conflict
    if not elector or not allowed(viewer, Permission.VOTE, place):
        return NotAllowed
    if state is not BallotState.OPEN or host is not EngagementState.OPEN:
        return Conflict
    return None


@pytest.mark.parametrize("state", BallotState)
async def test_every_role_at_every_scope_votes_where_the_table_of_grants_lets_it(
    world: World, state: BallotState
) -> None:
    roundtable, elsewhere = new_id(), new_id()
    place = Topic(
        id=roundtable,
        kind=TopicKind.ROUNDTABLE,
        scopes=[roundtable, world.engagement, world.specification],
    )
    host = Roundtable(
        id=roundtable,
        engagement_id=world.engagement,
        title="x",
        agenda="x",
        starts_at=NOW,
        created_at=NOW,
    )
    await world.add(place, host)
    ballot = await draft(world, topic_id=roundtable)
    nurses = world.constituencies["Nurses"]
    await world.add(
        Elector(ballot_id=ballot, person_id=world.people["nurse1"], constituency_id=nurses),
        TallyRow(ballot_id=ballot, constituency_id=nurses, eligible=1, voted=0, counts=[0, 0, 0]),
    )
    scopes = [None, *place.scopes, elsewhere]
    viewers = [
        (name, Viewer(world.people[name], {scope: frozenset({role})}))
        for name, scope, role in product(("nurse1", "stranger"), scopes, Role)
    ]

    cast = 0
    for place.public, host.state in product((True, False), EngagementState):
        async with world.database.session() as session:
            await session.execute(
                update(Topic).where(Topic.id == roundtable).values(public=place.public)
            )
            await session.execute(update(Roundtable).values(state=host.state))
            await session.execute(update(Ballot).values(state=state))
            await session.commit()
        for name, viewer in viewers:
            found: type[DomainError] | None = None
            try:
                await cast_vote(
                    world.database, Casting(viewer=viewer, ballot_id=ballot, choice="AGREE")
                )
                cast += 1
            except DomainError as error:
                found = type(error)
            assert found is expected(viewer, place, state, host.state, elector=name == "nurse1"), (
                name,
                viewer.grants,
                place.public,
                host.state,
            )

    assert (cast > 0) is (state is BallotState.OPEN)
    events = await world.events(roundtable)
    assert events.count(("VOTE_CAST", Audience.MODERATORS)) == cast


@pytest.mark.parametrize("policy", ReasonPolicy)
@pytest.mark.parametrize("kind", BallotKind)
async def test_every_choice_with_and_without_a_reason_is_taken_or_refused_by_kind_and_policy(
    world: World, kind: BallotKind, policy: ReasonPolicy
) -> None:
    ballot = await opened(world, kind, reason_policy=policy)
    every = {choice for each in BallotKind for choice in choices(each)} | {"", "PERHAPS"}

    for choice, words in product(every, ("", "Because.")):
        path: tuple[str, ...] | None = None
        try:
            id = await vote(world, "nurse1", ballot, choice, words)
        except Invalid as error:
            path = error.path
        if choice not in choices(kind):
            assert path == ("choice",)
        elif needs_reason(kind, choice, policy) and not words:
            assert path == ("rationale",)
        else:
            async with world.database.read() as session:
                kept = await session.scalar(select(Vote.choice).where(Vote.id == id))
            assert (path, kept) == (None, ordinal(kind, choice))


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (BallotKind.POSITIONS, {"name": "datatracker", "quorum_percent": 51}),
        (BallotKind.RATING, {"name": "comet", "per_constituency": True, "minimum_votes": 2}),
        (BallotKind.SENSE_CHECK, {"name": "sense_check", "constituency_quorum_percent": 7}),
        (BallotKind.CONSENT, {"name": "consent", "safety_alone": True}),
    ],
)
async def test_the_first_vote_freezes_the_hash_of_the_rule(
    world: World, kind: BallotKind, rule: dict[str, Any]
) -> None:
    document = {"version": default_rule(kind).version, **rule}
    ballot = await opened(world, kind, rule=document)

    await vote(world, "nurse1", ballot, choices(kind)[0])

    async with world.database.read() as session:
        frozen = await session.scalar(select(Ballot.rule_hash).where(Ballot.id == ballot))
    assert frozen == rule_hash(parse_rule(kind, document)) != rule_hash(default_rule(kind))
