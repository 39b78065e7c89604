"""While a ballot is blind, nobody who is not entitled can tell whether somebody has voted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from re import sub
from uuid import UUID, uuid4

import orjson
import pytest

from api.graphql import schema
from domain.commands.interests import declare_interest
from domain.commands.views import withdraw_view
from domain.consensus.choices import BallotKind
from domain.consensus.rounds import Feedback, RoundPlan
from domain.database import Database, create_engine
from domain.lifecycle import BallotTransition
from domain.models.ballots import BallotSecrecy, BallotVisibility
from domain.models.comments import SubjectKind
from domain.models.interests import Mitigation
from domain.permissions import ANYONE, Viewer
from domain.queries import topics
from domain.unit_of_work import UnitOfWork
from schema.context import Context
from tests.ballots import advance, close, next_round, opened, vote
from tests.commands.test_stale_votes import heading, perform
from tests.conftest import Server
from tests.organisations import asked, give, organised
from tests.schema.test_reminders import remind
from tests.world import World

Copy = Callable[[], Awaitable[World]]

# Everything that the API says of a ballot, but the times of its steps and the ids that come with
# them: those are no two times the same.
EVERYTHING = """
query ($ballot: ID!, $other: ID!, $vote: ID!, $engagement: ID!) {
  ballot: node(id: $ballot) { id ...everything }
  other: node(id: $other) { id ...everything }
  vote: node(id: $vote) { id ... on Vote { rationale choice voter { id } } }
  engagement: node(id: $engagement) {
    id
    ... on Engagement {
      state revision availableTransitions { transition allowed reasons missing }
      ratingAgreement { ...agreement } senseCheckAgreement { ...agreement }
      emergentGroups { participants silhouette groups { size } bridging { choice } }
      threads { totalCount } stakeholders { totalCount nodes { id } }
      constituencies { id name stakeholderCount }
      ballots { totalCount nodes { id ...everything } }
    }
  }
}
fragment agreement on Agreement {
  items raters complete kendallW fleissKappa krippendorffAlpha { nominal ordinal interval ratio }
}
fragment everything on Ballot {
  kind question state visibility reasonPolicy electorateGrows revision createdAt openedAt
  rule { name version parameters { name number enabled } } ruleHash
  choices { choice rating needsReason }
  author { id name } subjectKind subjectRevision subject { id } topic { id }
  viewerVote { id choice rationale } viewerCanVote viewerCanModerate
  votesBy viewerView { id } viewerCanGiveView viewTally { given counts { count } }
  views { totalCount nodes { id choice rationale } }
  stateReason decision opensAt closesAt round mostRounds feedback viewerEarlierVote { id }
  rounds { number question disposition reason consensus { status asOf } }
  votes { totalCount pageInfo { hasNextPage startCursor endCursor }
          nodes { id choice rationale castAt voter { id } history { revision }
                  organisation { id } consolidated { given counts { count } } } }
  threads { totalCount nodes { id } }
  objections { totalCount nodes { id body } }
  first: consensusAt(sequence: 1) { status asOf } later: consensusAt(sequence: 5) { status asOf }
  availableTransitions { transition allowed reasons missing }
  consensus {
    status reasons ruleHash asOf openObjections openSafetyObjections turnout { voted eligible }
    overall { counts { choice count } voted eligible inFavour of tastleWierman fewestToFlip }
    byConstituency { constituency { id name } counts { choice count } voted eligible status }
  }
}
"""


@pytest.fixture
async def copy(
    server: Server, database: Database, database_name: str, world: World
) -> AsyncIterator[Copy]:
    """Make copies of the world as it is at that moment, each in a database of its own."""
    made: dict[str, Database] = {}

    async def make() -> World:
        name = f"test_{uuid4().hex}"
        await database.close()
        await server.statement(
            f"CREATE DATABASE {name} TEMPLATE {database_name} STRATEGY file_copy"
        )
        made[name] = Database(create_engine(server.server.url("concordat_app", name)))
        return replace(world, database=made[name])

    yield make
    for name, each in made.items():
        await each.close()
        await server.statement(f"DROP DATABASE {name} WITH (FORCE)")


async def received(world: World, viewer: Viewer, ballot: UUID, other: UUID, cast: UUID) -> bytes:
    """Return every byte that a viewer gets of the ballots, the exercise and its event stream."""
    result = await schema.execute(
        EVERYTHING,
        variable_values={
            "ballot": world.id("Ballot", ballot),
            "other": world.id("Ballot", other),
            "vote": world.id("Vote", cast),
            "engagement": world.id("Engagement", world.engagement),
        },
        context_value=Context(world.database, viewer),
    )
    assert result.errors is None, result.errors
    async with world.database.read() as session:
        end = await topics.position(session, viewer, world.engagement)
        events = await topics.events_after(session, replace(end, sequence=0), 1_000)
    stream = [[each.sequence, each.kind, each.data, each.actor_id] for each in events]
    return orjson.dumps([result.data, end.sequence, end.epoch, stream], default=str)


@pytest.mark.parametrize(
    ("name", "visibility"),
    [
        (None, BallotVisibility.AFTER_CLOSE),
        ("stranger", BallotVisibility.AFTER_CLOSE),
        ("provider", BallotVisibility.AFTER_CLOSE),
        ("nurse2", BallotVisibility.AFTER_CLOSE),
        ("pharmacist1", BallotVisibility.AFTER_CLOSE),
        ("developer", BallotVisibility.AFTER_CLOSE),
        (None, BallotVisibility.AFTER_OWN_VOTE),
        ("stranger", BallotVisibility.AFTER_OWN_VOTE),
        ("nurse2", BallotVisibility.AFTER_OWN_VOTE),
        ("pharmacist1", BallotVisibility.AFTER_OWN_VOTE),
        ("developer", BallotVisibility.AFTER_OWN_VOTE),
        (None, BallotVisibility.LIVE),
        ("stranger", BallotVisibility.LIVE),
    ],
)
async def test_the_bytes_of_who_is_not_entitled_are_the_same_whether_or_not_somebody_voted(
    world: World, copy: Copy, name: str | None, visibility: BallotVisibility
) -> None:
    ballot = await opened(world, BallotKind.SENSE_CHECK, visibility)
    other = await opened(world, BallotKind.POSITIONS)
    quiet, lively = await copy(), await copy()

    cast = await vote(lively, "nurse1", ballot, "AGREE", "A canary.")
    await vote(lively, "nurse1", ballot, "DISAGREE", "Another canary.")
    await vote(lively, "physiotherapist3", ballot, "PASS")
    before, after = [
        await received(each, await _viewer(each, name), ballot, other, cast)
        for each in (quiet, lively)
    ]
    assert after == before
    assert b"canary" not in after

    # What happens afterwards, beside the votes, does not give them away either.
    for each in (quiet, lively):
        await close(each, other)
    before, after = [
        await received(each, await _viewer(each, name), ballot, other, cast)
        for each in (quiet, lively)
    ]
    assert after == before


@pytest.mark.parametrize("visibility", BallotVisibility)
async def test_the_bytes_of_everybody_else_are_the_same_whether_or_not_members_give_views(
    world: World, copy: Copy, visibility: BallotVisibility
) -> None:
    await organised(world)
    ballot = await asked(world, BallotKind.SENSE_CHECK, visibility)
    other = await opened(world, BallotKind.POSITIONS)
    quiet, lively = await copy(), await copy()

    view = await give(lively, "nurse2", ballot, "AGREE", "A canary.")
    await give(lively, "nurse3", ballot, "DISAGREE", "Another canary.")
    async with UnitOfWork(lively.database, await lively.viewer("nurse3")) as uow:
        await withdraw_view(uow, ballot_id=ballot)
    # Not even moderators, nor who casts the position of another organisation.
    for name in (None, "stranger", "developer", "moderator", "admin", "pharmacist1", "pharmacist2"):
        before, after = [
            await received(each, await _viewer(each, name), ballot, other, view)
            for each in (quiet, lively)
        ]
        assert after == before, name
        assert b"canary" not in after
    told = await received(lively, await lively.viewer("nurse1"), ballot, other, view)
    assert b"A canary." in told


@pytest.mark.parametrize("visibility", [BallotVisibility.LIVE, BallotVisibility.AFTER_CLOSE])
@pytest.mark.parametrize("name", ["nurse3", "developer", "moderator", "admin"])
async def test_of_a_confidential_ballot_nobody_learns_who_voted_what_or_whose_vote_changed(
    world: World, copy: Copy, name: str, visibility: BallotVisibility
) -> None:
    ballot = await opened(
        world, BallotKind.SENSE_CHECK, visibility, secrecy=BallotSecrecy.CONFIDENTIAL
    )
    other = await opened(world, BallotKind.POSITIONS)
    found = []
    for voters, choices in (
        (("nurse1", "nurse2", "nurse1"), ("AGREE", "PASS", "DISAGREE")),
        (("pharmacist1", "physiotherapist1", "physiotherapist1"), ("PASS", "AGREE", "AGREE")),
    ):
        one = await copy()
        for voter, choice in zip(voters, choices, strict=True):
            cast = await vote(one, voter, ballot, choice, "A canary.")
        found.append(await received(one, await one.viewer(name), ballot, other, cast))

    assert found[0] == found[1]
    assert b"canary" not in found[0]


@pytest.mark.parametrize("name", [None, "stranger", "nurse2", "developer"])
async def test_rounds_edits_and_reminders_do_not_tell_whether_somebody_voted(
    world: World, copy: Copy, name: str | None
) -> None:
    ballot = await opened(
        world,
        BallotKind.SENSE_CHECK,
        BallotVisibility.AFTER_CLOSE,
        round_plan=RoundPlan(most_rounds=3, feedback=Feedback.NONE),
        subject=(SubjectKind.SECTION, world.sections[0]),
    )
    other = await opened(world, BallotKind.POSITIONS)
    quiet, lively = await copy(), await copy()

    cast = await vote(lively, "nurse1", ballot, "AGREE", "A canary.")
    for each in (quiet, lively):
        await remind(each, ballot)
        await perform(each, heading)
    await vote(lively, "nurse1", ballot, "AGREE", "Another canary.")
    for each in (quiet, lively):
        await next_round(each, ballot)
    await vote(lively, "pharmacist1", ballot, "PASS", "The last canary.")
    for each in (quiet, lively):
        await advance(each, ballot, BallotTransition.DEFER, "A pause.")
        await advance(each, ballot, BallotTransition.CANCEL, "It was wrong.")

    before, after = [
        await received(each, await _viewer(each, name), ballot, other, cast)
        for each in (quiet, lively)
    ]
    assert after == before
    assert b"canary" not in after


async def test_a_moderator_of_a_blind_ballot_learns_the_turnout_and_no_value(
    world: World, copy: Copy
) -> None:
    ballot = await opened(world, BallotKind.SENSE_CHECK, BallotVisibility.AFTER_CLOSE)
    other = await opened(world, BallotKind.POSITIONS)
    agreeing, disagreeing = await copy(), await copy()

    cast = await vote(agreeing, "nurse1", ballot, "AGREE", "A canary.")
    await vote(disagreeing, "nurse1", ballot, "DISAGREE", "Another, longer canary.")
    moderator = await world.viewer("moderator")
    for_one, for_other = [
        await received(each, moderator, ballot, other, cast) for each in (agreeing, disagreeing)
    ]

    assert for_one == for_other
    assert b'"turnout":{"voted":1,"eligible":9}' in for_one


async def test_whether_a_vote_in_a_blind_ballot_objects_is_told_to_nobody(
    world: World, copy: Copy
) -> None:
    ballot = await opened(world, BallotKind.CONSENT, BallotVisibility.AFTER_CLOSE)
    other = await opened(world, BallotKind.POSITIONS)
    consenting, objecting = await copy(), await copy()

    cast = await vote(consenting, "nurse1", ballot, "CONSENT", "A canary.")
    await vote(objecting, "nurse1", ballot, "OBJECT", "Another canary.", safety=True)
    for name in (None, "stranger", "nurse2", "moderator"):
        for_one, for_other = [
            await received(each, await _viewer(each, name), ballot, other, cast)
            for each in (consenting, objecting)
        ]
        assert for_one == for_other, name


async def test_that_somebody_is_recused_does_not_tell_whether_they_had_voted(
    world: World, copy: Copy
) -> None:
    ballot = await opened(world, BallotKind.SENSE_CHECK, BallotVisibility.AFTER_CLOSE)
    other = await opened(world, BallotKind.POSITIONS)
    quiet, lively = await copy(), await copy()

    cast = await vote(lively, "nurse1", ballot, "AGREE", "A canary.")
    for each in (quiet, lively):
        async with UnitOfWork(each.database, await each.viewer("nurse1")) as uow:
            await declare_interest(
                uow, topic_id=world.engagement, body="Mine.", mitigation=Mitigation.RECUSE
            )
    for name in (None, "nurse2"):
        before, after = [
            await received(each, await _viewer(each, name), ballot, other, cast)
            for each in (quiet, lively)
        ]
        assert b"ELECTOR_RECUSED" in before or name is None
        assert _without_ids(after) == _without_ids(before), name


def _without_ids(bytes_: bytes) -> bytes:
    """Return an answer without the ids of interests, of which no two are the same."""
    return sub(rb'"interest_id":"[^"]*"', b"", bytes_)


async def _viewer(world: World, name: str | None) -> Viewer:
    return ANYONE if name is None else await world.viewer(name)
