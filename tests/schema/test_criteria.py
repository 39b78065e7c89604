"""Criteria through the API: versioned data of the body, of which one version is in force."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.models.comments import SubjectKind, Thread
from domain.models.criteria import Criterion, CriterionKind, SubCriterion
from domain.models.topics import BODY_ID, StoredEvent, Topic, TopicKind
from domain.permissions import ANYONE, Audience
from tests.conftest import Ask
from tests.world import NOW, World

REVISE = """
mutation ($input: ReviseCriterionInput!) {
  reviseCriterion(input: $input) {
    __typename
    ... on ReviseCriterionPayload {
      criterion {
        number version kind title guidance viewerCanRevise
        subCriteria { letter text }
        versions { version title viewerCanRevise subCriteria { letter } }
      }
    }
    ... on Error { code message path }
    ... on Conflict { current { ... on Criterion { version } } }
  }
}
"""
IN_FORCE = "query ($kind: CriterionKind) { criteria(kind: $kind) { number version kind } }"
INPUT: dict[str, Any] = {
    "number": 4,
    "expectedVersion": 1,
    "title": "Advanced capabilities",
    "guidance": "Look closely.",
    "subCriteria": ["Key activities.", "Alignment."],
}


@pytest.fixture
async def criterion(world: World) -> UUID:
    """Put one gateway and one endorsement criterion into force; return the second one's id."""
    gateway, endorsement = (
        Criterion(
            number=number,
            version=1,
            kind=kind,
            title=f"Criterion {number}",
            guidance="Look.",
            in_force_since=NOW,
        )
        for number, kind in ((1, CriterionKind.GATEWAY), (4, CriterionKind.ENDORSEMENT))
    )
    part = SubCriterion(criterion_id=endorsement.id, letter="a", text="Everything.")
    await world.add(gateway, endorsement, part)
    return endorsement.id


@pytest.mark.usefixtures("criterion")
async def test_a_revision_comes_into_force_and_the_earlier_version_retires(
    ask: Ask, world: World
) -> None:
    data = await ask(await world.viewer("secretary"), REVISE, input=INPUT)

    assert data["reviseCriterion"]["criterion"] == {
        "number": 4,
        "version": 2,
        "kind": "ENDORSEMENT",
        "title": "Advanced capabilities",
        "guidance": "Look closely.",
        "viewerCanRevise": True,
        "subCriteria": [
            {"letter": "a", "text": "Key activities."},
            {"letter": "b", "text": "Alignment."},
        ],
        "versions": [
            {
                "version": 1,
                "title": "Criterion 4",
                "viewerCanRevise": False,
                "subCriteria": [{"letter": "a"}],
            },
            {
                "version": 2,
                "title": "Advanced capabilities",
                "viewerCanRevise": True,
                "subCriteria": [{"letter": "a"}, {"letter": "b"}],
            },
        ],
    }
    async with world.database.read() as session:
        rows = (
            await session.scalars(select(StoredEvent).where(StoredEvent.topic_id == BODY_ID))
        ).all()
    assert {(row.audience, row.kind) for row in rows} == {
        (audience, "CRITERION_REVISED") for audience in Audience
    }


@pytest.mark.usefixtures("criterion")
async def test_everybody_reads_the_criteria_in_force_by_kind(ask: Ask, world: World) -> None:
    await ask(await world.viewer("admin"), REVISE, input=INPUT)

    everything = await ask(ANYONE, IN_FORCE)
    gateway = await ask(ANYONE, IN_FORCE, kind="GATEWAY")

    assert everything["criteria"] == [
        {"number": 1, "version": 1, "kind": "GATEWAY"},
        {"number": 4, "version": 2, "kind": "ENDORSEMENT"},
    ]
    assert gateway["criteria"] == everything["criteria"][:1]


@pytest.mark.usefixtures("criterion")
async def test_of_two_revisions_of_one_version_the_first_one_counts(ask: Ask, world: World) -> None:
    viewer = await world.viewer("secretary")

    await ask(viewer, REVISE, input=INPUT)
    late = (await ask(viewer, REVISE, input=INPUT))["reviseCriterion"]

    assert late["code"] == "CONFLICT"
    assert late["path"] == ["expectedVersion"]
    assert late["current"] == {"version": 2}


@pytest.mark.usefixtures("criterion")
@pytest.mark.parametrize(
    ("name", "more", "code", "path"),
    [
        ("moderator", {}, "NOT_ALLOWED", []),
        ("nurse1", {}, "NOT_ALLOWED", []),
        ("secretary", {"number": 11}, "NOT_FOUND", ["number"]),
        ("secretary", {"title": ""}, "INVALID", ["title"]),
        ("secretary", {"guidance": ""}, "INVALID", ["guidance"]),
        ("secretary", {"subCriteria": ["Good.", ""]}, "INVALID", ["subCriteria"]),
        ("secretary", {"subCriteria": ["Good."] * 27}, "INVALID", ["subCriteria"]),
    ],
)
async def test_a_revision_that_does_not_hold_changes_nothing(
    ask: Ask, world: World, name: str, more: dict[str, Any], code: str, path: list[str]
) -> None:
    data = await ask(await world.viewer(name), REVISE, input={**INPUT, **more})

    assert (data["reviseCriterion"]["code"], data["reviseCriterion"]["path"]) == (code, path)
    assert (await ask(ANYONE, IN_FORCE, kind="ENDORSEMENT"))["criteria"][0]["version"] == 1


async def test_threads_about_a_criterion_are_read_where_their_topic_may_be(
    ask: Ask, world: World, criterion: UUID
) -> None:
    closed = Topic(id=UUID(int=7), kind=TopicKind.ROUNDTABLE, scopes=[UUID(int=7)], public=False)
    await world.add(
        closed,
        *(
            Thread(
                topic_id=topic,
                subject_kind=SubjectKind.CRITERION,
                subject_id=criterion,
                author_id=world.people["nurse1"],
                created_at=NOW,
            )
            for topic in (world.engagement, closed.id)
        ),
    )
    document = "{ criteria(kind: ENDORSEMENT) { threads { totalCount } } }"

    anyone = await ask(ANYONE, document)
    secretary = await ask(await world.viewer("secretary"), document)

    assert anyone["criteria"] == [{"threads": {"totalCount": 1}}]
    assert secretary["criteria"] == [{"threads": {"totalCount": 2}}]
