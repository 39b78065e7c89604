"""How many statements a reading costs does not depend on how much there is to read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLObjectType, get_named_type, is_composite_type, is_interface_type
from sqlalchemy import select

from domain.consensus.choices import BallotKind, ReasonPolicy
from domain.consensus.rules import default_rule, dump_rule
from domain.ids import new_id
from domain.lifecycle import BallotState, EngagementState
from domain.models.ballots import Ballot, BallotVisibility, Elector, TallyRow
from domain.models.base import Record
from domain.models.comments import Comment, SubjectKind, Thread
from domain.models.criteria import Criterion, CriterionKind
from domain.models.engagements import Engagement
from domain.models.specifications import Specification
from domain.models.stakeholders import Constituency, ConstituencyKind, Stakeholder
from domain.models.topics import Topic, TopicKind
from domain.models.votes import CastVote, Vote
from schema.nodes import LOADERS
from tests.api.delivery import again
from tests.api.furnished import ARGUMENTS, Furnished, endorse, furnished, renew, run
from tests.api.inputs import SCHEMA, known
from tests.conftest import Server
from tests.counting import counting
from tests.world import NOW, World

MOST = 18  # statements for the whole of the panorama below

# Whether hidden words may be read is asked first, so those are read in a second batch.
LATER = {"Comment.edits": 1}

PANORAMA = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Specification {
      title state
      engagements(first: 5) {
        nodes {
          title state
          ballots(first: 10) {
            nodes {
              question state subject { ... on Criterion { number title } }
              consensus {
                status turnout { voted eligible } byConstituency { constituency { name } inFavour }
              }
              viewerVote { choice } viewerCanVote
              votes(first: 10) { totalCount nodes { choice voter { name } } }
              threads(first: 5) {
                nodes { comments(first: 3) { totalCount nodes { body author { name } } } }
              }
            }
          }
        }
      }
    }
  }
}
"""


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Furnished]:
    async with furnished(server) as made:
        yield made


async def programme(world: World, size: int) -> list[str]:
    """Add specifications, each asked about by seven ballots with votes and talk; return their ids.

    The rows are written as they would stand, because how they came about is not what is measured.
    """
    async with world.database.read() as session:
        criteria = list(
            await session.scalars(
                select(Criterion.id).where(Criterion.kind == CriterionKind.ENDORSEMENT)
            )
        )
    assert len(criteria) == 7
    made: list[UUID] = []
    records: list[Record] = []
    for number in range(size):
        specification, engagement, group = new_id(), new_id(), new_id()
        made.append(specification)
        records += [
            Topic(
                id=specification,
                kind=TopicKind.SPECIFICATION,
                scopes=[specification, world.credential],
                public=True,
            ),
            Topic(
                id=engagement,
                kind=TopicKind.ENGAGEMENT,
                scopes=[engagement, specification, world.credential],
                public=True,
            ),
            Specification(
                id=specification,
                credential_id=world.credential,
                version=number + 2,
                title=f"Version {number + 2}",
                summary="",
                created_at=NOW,
            ),
            Engagement(
                id=engagement,
                specification_id=specification,
                title="Does it meet the criteria?",
                purpose="To know.",
                briefing="Read it.",
                state=EngagementState.OPEN,
                created_at=NOW,
            ),
            Constituency(
                id=group,
                engagement_id=engagement,
                name="Nurses",
                kind=ConstituencyKind.PROFESSION,
                position=1,
                created_at=NOW,
            ),
            Stakeholder(
                engagement_id=engagement,
                person_id=world.people["nurse1"],
                constituency_id=group,
                created_at=NOW,
            ),
        ]
        for criterion in criteria:
            records += question(world, engagement, group, criterion)
    async with world.database.session() as session:
        for table in Record.metadata.sorted_tables:
            session.add_all(each for each in records if each.__table__ is table)
            await session.flush()
        await session.commit()
    return [world.id("Specification", each) for each in made]


def question(world: World, engagement: UUID, group: UUID, criterion: UUID) -> Iterator[Record]:
    """Yield a ballot about a criterion, a vote in it, and a thread of three comments about it."""
    ballot, vote, thread = new_id(), new_id(), new_id()
    nurse = world.people["nurse1"]
    yield Ballot(
        id=ballot,
        topic_id=engagement,
        kind=BallotKind.POSITIONS,
        question="Does it meet this criterion?",
        subject_kind=SubjectKind.CRITERION,
        subject_id=criterion,
        subject_revision=1,
        author_id=world.people["moderator"],
        state=BallotState.OPEN,
        visibility=BallotVisibility.LIVE,
        reason_policy=ReasonPolicy.OPTIONAL,
        electorate_grows=False,
        rule=dump_rule(default_rule(BallotKind.POSITIONS)),
        created_at=NOW,
    )
    yield Elector(ballot_id=ballot, person_id=nurse, constituency_id=group)
    yield TallyRow(
        ballot_id=ballot, constituency_id=group, eligible=1, voted=1, counts=[1, 0, 0, 0, 0]
    )
    yield Vote(
        id=vote,
        topic_id=engagement,
        ballot_id=ballot,
        person_id=nurse,
        constituency_id=group,
        choice=0,
        rationale="",
        cast_at=NOW,
    )
    yield CastVote(vote_id=vote, revision=1, choice=0, rationale="", cast_at=NOW)
    yield Thread(
        id=thread,
        topic_id=engagement,
        subject_kind=SubjectKind.BALLOT,
        subject_id=ballot,
        author_id=nurse,
        created_at=NOW,
    )
    for author in ("nurse1", "pharmacist1", "moderator"):
        yield Comment(
            topic_id=engagement,
            thread_id=thread,
            author_id=world.people[author],
            body=f"{author} speaks.",
            created_at=NOW,
        )


async def test_twenty_specifications_cost_as_many_statements_as_two(place: Furnished) -> None:
    database = place.world.database
    ids = await programme(place.world, 20)
    nurse = await place.viewer("nurse1")
    read = []
    for size in (2, 20):
        with counting(database) as statements:
            result = await run(database, nurse, PANORAMA, {"ids": ids[:size]})
        assert "errors" not in result, result
        assert len(result["data"]["nodes"]) == size
        last = result["data"]["nodes"][-1]["engagements"]["nodes"][0]["ballots"]["nodes"][-1]
        assert last["votes"] == {
            "totalCount": 1,
            "nodes": [{"choice": "YES", "voter": {"name": "Nurse1"}}],
        }
        assert len(last["threads"]["nodes"][0]["comments"]["nodes"]) == 3
        # People are read for votes and for comments: together, where both come at one moment.
        assert len(statements) <= MOST
        read.append(set(statements))
    assert read[0] == read[1]


async def seconds(place: Furnished) -> None:
    """Add another one of what the furnished world has only one of."""
    ids, change = place.ids, place.change
    starts = {"startsAt": "2026-02-01T12:00:00Z"}
    title = {"title": "Another one"}
    engagement = {"engagementId": ids["engagement"]}
    await change("moderator", "addWebinar", **engagement, **title, **starts)
    await change("moderator", "stateReport", **engagement, expectedRevision=1)
    roundtable = await change(
        "moderator", "createRoundtable", **engagement, **title, **starts, agenda=""
    )
    await change(
        "moderator", "invite", roundtableId=roundtable, stakeholderIds=[ids["stakeholder"]]
    )
    agenda = {"roundtableId": roundtable, "expectedRevision": None}
    await change("moderator", "addAgendaItem", **agenda, **title, plannedMinutes=5)
    await change(
        "moderator", "advanceRoundtable", **agenda, transition="OPEN", reason="It is time."
    )
    for who in ("pharmacist1", "moderator"):
        await change(who, "requestFloor", roundtableId=roundtable)
    specification = await change(
        "secretary",
        "createSpecification",
        credentialId=ids["credential"],
        **title,
        summary="",
        public=True,
    )
    await change(
        "secretary",
        "nameRevision",
        specificationId=specification,
        name="First",
        expectedRevision=None,
    )
    plan = await change(
        "provider",
        "draftDeliveryPlan",
        organisationId=ids["organisation"],
        specificationId=specification,
        **title,
        summary="",
    )
    await change(
        "provider",
        "addModule",
        deliveryPlanId=plan,
        **title,
        description="",
        hours=1,
        outcomes=[],
        expectedRevision=None,
    )
    await change(
        "moderator",
        "hideWords",
        wordsId=ids["comment"],
        ground="OTHER",
        reason="For this test.",
        expectedRevision=None,
    )
    decision = (await known(place.world.database))["ModerationDecision"][-1]
    await change("nurse1", "appealDecision", moderationDecisionId=decision, words="Why?")
    await change("moderator", "addTheme", **engagement, name="Another one")
    await change(
        "secretary",
        "correctResponse",
        threadId=ids["answered thread"],
        kind="NOTED",
        reason="Another one",
        expectedRevision=None,
    )
    await change("admin", "addOrganisation", name="Another one", kind="EDUCATION_PROVIDER")
    await change(
        "nurse1", "declareInterest", topicId=ids["engagement"], body="Mine.", mitigation="NONE"
    )
    await endorse(place, ids["credential"], "another ")
    await renew(place, "another ")
    await again(place)


def selection(type: Any) -> str:
    """Return what to select of a field, so that nothing below it needs a statement."""
    named = get_named_type(type)
    if not is_composite_type(named):
        return ""
    if named.name.endswith("Connection"):
        return "{ totalCount nodes { __typename } }"
    return "{ __typename }"


# How many of a type nobody is told of but whose they are.
BLIND = {"Vote": 2, "Objection": 1, "GatewayJudgement": 2}


async def cost(
    place: Furnished, type_name: str, field: str, ids: Sequence[str]
) -> tuple[int, set[str]]:
    """Return how many statements a field of some nodes costs, and the types of what it gives."""
    node: Any = SCHEMA.type_map[type_name]
    asked = f"{field} {ARGUMENTS.get(f'{type_name}.{field}', '')}"
    query = (
        f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {type_name} "
        f"{{ {asked} {selection(node.fields[field].type)} }} }} }}"
    )
    # Views are told to nobody but their members and who casts the position.
    viewer = await place.viewer("nurse2" if type_name == "View" else "admin")
    with counting(place.world.database) as statements:
        result = await run(place.world.database, viewer, query, {"ids": list(ids)})
    assert "errors" not in result, (query, result)
    values = [found[field] for found in result["data"]["nodes"] if found]
    assert len(values) >= len(ids) - BLIND.get(type_name, 0), query
    types = {each["__typename"] for each in values if isinstance(each, dict) and len(each) == 1}
    return len(statements), types


async def test_no_field_of_any_node_costs_a_statement_for_each_of_them(place: Furnished) -> None:
    await seconds(place)
    ids = await known(place.world.database)
    assert set(ids) == set(LOADERS)
    for type_name in sorted(LOADERS):
        several = ids[type_name][:100]
        assert len(several) > 1, f"Please let there be two of {type_name} in this test."
        node = SCHEMA.type_map[type_name]
        assert isinstance(node, GraphQLObjectType)
        for field, definition in node.fields.items():
            costs = [await cost(place, type_name, field, [id]) for id in several[:6]]
            one = max(count for count, _ in costs)
            all_, types = await cost(place, type_name, field, several)
            # What may be of several types is read with one statement for each type.
            more = len(types) if is_interface_type(get_named_type(definition.type)) else 0
            more += LATER.get(f"{type_name}.{field}", 0)
            assert all_ <= one + more, f"{type_name}.{field}: {one}, then {all_}"
