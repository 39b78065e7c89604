"""Specifications through the API: who drafts, what is locked, and what a launch does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.ids import new_id
from domain.lifecycle import SpecificationState
from domain.models.comments import SubjectKind, Thread
from domain.models.engagements import Engagement
from domain.models.people import Profession
from domain.models.specifications import Block, BlockKind, Section, Specification
from domain.models.topics import StoredEvent, Topic, TopicKind
from domain.permissions import ANYONE, Audience
from tests.conftest import Ask
from tests.counting import counting
from tests.mutations import change
from tests.world import NOW, World

OPTIONS = "availableTransitions { transition allowed reasons missing }"


async def put(world: World, state: SpecificationState) -> None:
    async with world.database.session() as session:
        await session.execute(
            update(Specification).where(Specification.id == world.specification).values(state=state)
        )
        await session.commit()


async def read(ask: Ask, world: World, selection: str, name: str = "developer") -> Any:
    data = await ask(
        await world.viewer(name),
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Specification {{ {selection} }} }} }}",
        id=world.id("Specification", world.specification),
    )
    return data["node"]


async def advance(
    ask: Ask,
    world: World,
    transition: str,
    selection: str = "specification { state revision contentHash launchedAt }",
    *,
    name: str = "secretary",
    expected: int | None = None,
) -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer(name),
        "advanceSpecification",
        selection,
        specificationId=world.id("Specification", world.specification),
        transition=transition,
        reason="The board decided so.",
        expectedRevision=expected,
    )


async def close_exercise(world: World) -> None:
    async with world.database.session() as session:
        await session.execute(update(Engagement).values(state="CLOSED"))
        await session.commit()


async def make_candidate(ask: Ask, world: World) -> dict[str, Any]:
    await close_exercise(world)
    await put(world, SpecificationState.REVISING)
    return await advance(ask, world, "MAKE_CANDIDATE")


async def test_the_secretariat_begins_the_next_version(ask: Ask, world: World) -> None:
    found = await change(
        ask,
        await world.viewer("secretary"),
        "createSpecification",
        "specification { version title state public revision credential { code } }",
        credentialId=world.id("Credential", world.credential),
        title=" Pelvic health, again ",
        public=False,
    )

    assert found["specification"] == {
        "version": 2,
        "title": "Pelvic health, again",
        "state": "IN_DEVELOPMENT",
        "public": False,
        "revision": 1,
        "credential": {"code": "PAIN"},
    }


async def test_a_version_for_members_is_announced_to_members_alone(ask: Ask, world: World) -> None:
    await change(
        ask,
        await world.viewer("secretary"),
        "createSpecification",
        "specification { id }",
        credentialId=world.id("Credential", world.credential),
        title="Not public",
        public=False,
    )

    async with world.database.read() as session:
        audiences = set(
            await session.scalars(
                select(StoredEvent.audience).where(StoredEvent.topic_id == world.credential)
            )
        )
    listed = await ask(ANYONE, "{ specifications { totalCount nodes { title } } }")

    assert audiences == {Audience.MEMBERS, Audience.MODERATORS}
    assert listed["specifications"] == {"totalCount": 1, "nodes": [{"title": "Pelvic health"}]}


@pytest.mark.parametrize("name", ["developer", "stranger", "provider"])
async def test_only_those_who_steer_begin_a_version(ask: Ask, world: World, name: str) -> None:
    found = await change(
        ask,
        await world.viewer(name),
        "createSpecification",
        "specification { id }",
        credentialId=world.id("Credential", world.credential),
        title="Mine",
        public=True,
    )

    assert found["code"] == "NOT_ALLOWED"


async def test_specifications_are_listed_by_state(ask: Ask, world: World) -> None:
    data = await ask(
        await world.viewer("nurse1"),
        "{ open: specifications(state: CONSULTATION) { totalCount nodes { state } }"
        " none: specifications(first: 5, state: LAUNCHED) { totalCount nodes { state } } }",
    )

    assert data == {
        "open": {"totalCount": 1, "nodes": [{"state": "CONSULTATION"}]},
        "none": {"totalCount": 0, "nodes": []},
    }


async def test_a_developer_edits_texts_and_target_professions(ask: Ask, world: World) -> None:
    nurse, midwife = Profession(name="Fictional nurse"), Profession(name="Fictional midwife")
    await world.add(nurse, midwife)
    viewer = await world.viewer("developer")
    id = world.id("Specification", world.specification)
    selection = (
        "specification { title revision targetProfessions { profession { name } requirement } }"
    )

    async def target(revision: int, *professions: Profession) -> dict[str, Any]:
        return await change(
            ask,
            viewer,
            "editSpecification",
            selection,
            specificationId=id,
            targetProfessions=[
                {"professionId": world.id("Profession", each.id), "requirement": "Registered."}
                for each in professions
            ],
            expectedRevision=revision,
        )

    first = await target(1, nurse)
    second = await target(2, midwife)
    stale = await target(2, nurse)
    twice = await target(3, nurse, nurse)

    assert first["specification"]["revision"] == 2
    assert second["specification"] == {
        "title": "Pelvic health",
        "revision": 3,
        "targetProfessions": [
            {"profession": {"name": "Fictional midwife"}, "requirement": "Registered."}
        ],
    }
    assert stale["code"] == "CONFLICT"
    assert (twice["code"], twice["path"]) == ("INVALID", ["targetProfessions"])


@pytest.mark.parametrize(
    ("name", "code"), [("stranger", "NOT_ALLOWED"), ("nurse1", "NOT_ALLOWED"), ("secretary", None)]
)
async def test_who_may_edit(ask: Ask, world: World, name: str, code: str | None) -> None:
    found = await change(
        ask,
        await world.viewer(name),
        "editSpecification",
        "specification { summary viewerCanDraft }",
        specificationId=world.id("Specification", world.specification),
        summary="Shorter.",
        expectedRevision=1,
    )

    assert found.get("code") == code
    assert (await read(ask, world, "viewerCanDraft", name))["viewerCanDraft"] is (code is None)


async def test_a_named_revision_keeps_the_text_as_it_was(ask: Ask, world: World) -> None:
    viewer = await world.viewer("developer")
    id = world.id("Specification", world.specification)
    named = await change(
        ask,
        viewer,
        "nameRevision",
        "specificationRevision { number name contentHash author { name } }",
        specificationId=id,
        name="For the webinar",
        expectedRevision=1,
    )
    again = await change(
        ask,
        viewer,
        "nameRevision",
        "specificationRevision { id }",
        specificationId=id,
        name="Once more",
        expectedRevision=1,
    )
    await change(
        ask,
        viewer,
        "editBlock",
        "block { id }",
        blockId=world.id("Block", world.blocks[0]),
        text="Other words.",
        expectedRevision=1,
    )

    kept = await read(
        ask,
        world,
        "revisions { totalCount nodes { title targetProfessions { requirement }"
        " sections { sectionId heading blocks { blockId kind text } } } }",
    )

    assert named["specificationRevision"]["number"] == 1
    assert len(named["specificationRevision"]["contentHash"]) == 64
    assert again["code"] == "CONFLICT"
    assert "For the webinar" in again["message"]
    assert kept["revisions"]["totalCount"] == 1
    assert kept["revisions"]["nodes"][0]["sections"][0] == {
        "sectionId": world.id("Section", world.sections[0]),
        "heading": "Purpose",
        "blocks": [
            {
                "blockId": world.id("Block", world.blocks[number - 1]),
                "kind": "PARAGRAPH",
                "text": f"Purpose, block {number}.",
            }
            for number in (1, 2)
        ],
    }


async def test_the_lifecycle_says_what_is_missing(ask: Ask, world: World) -> None:
    await put(world, SpecificationState.REVISING)
    await world.add(
        Section(specification_id=world.specification, position=4, heading="Empty", created_at=NOW),
        *(
            Thread(
                topic_id=topic,
                subject_kind=SubjectKind.BLOCK,
                subject_id=world.blocks[0],
                author_id=world.people["nurse1"],
                created_at=NOW,
            )
            for topic in (world.specification, world.engagement)
        ),
    )

    found = await read(ask, world, OPTIONS, "secretary")
    refused = await advance(ask, world, "MAKE_CANDIDATE")
    impossible = await advance(ask, world, "LAUNCH")

    candidate = next(
        each for each in found["availableTransitions"] if each["transition"] == "MAKE_CANDIDATE"
    )
    assert candidate == {
        "transition": "MAKE_CANDIDATE",
        "allowed": False,
        "reasons": [],
        "missing": [
            "Sections still without text: 1.",
            "Comment threads still unresolved: 2.",
            "No engagement exercise has been closed.",
        ],
    }
    assert refused["code"] == impossible["code"] == "CONFLICT"
    assert refused["message"] == " ".join(candidate["missing"])
    assert "Possible now: CONSULT, MAKE_CANDIDATE, ABANDON." in impossible["message"]


async def test_steps_are_not_a_developers_to_take(ask: Ask, world: World) -> None:
    found = await read(ask, world, OPTIONS)
    refused = await advance(ask, world, "ABANDON", name="developer")

    assert not any(each["allowed"] for each in found["availableTransitions"])
    assert "STEER" in found["availableTransitions"][0]["reasons"][0]
    assert refused["code"] == "NOT_ALLOWED"


async def test_a_step_names_the_revision_it_expects(ask: Ask, world: World) -> None:
    first = await advance(ask, world, "ABANDON", expected=1)
    again = await advance(ask, world, "ABANDON", expected=1)

    assert first["specification"]["state"] == "ABANDONED"
    assert again["code"] == "CONFLICT"
    assert "it has revision 2, you saw 1" in again["message"]


async def test_a_candidate_is_named_hashed_and_locked(ask: Ask, world: World) -> None:
    made = await make_candidate(ask, world)
    kept = await read(ask, world, "viewerCanDraft revisions { nodes { name number contentHash } }")
    refused = await change(
        ask,
        await world.viewer("developer"),
        "editSpecification",
        "specification { id }",
        specificationId=world.id("Specification", world.specification),
        title="Too late",
        expectedRevision=None,
    )

    assert made["specification"]["state"] == "CANDIDATE"
    assert kept["revisions"]["nodes"] == [
        {"name": "Candidate", "number": 1, "contentHash": made["specification"]["contentHash"]}
    ]
    assert kept["viewerCanDraft"] is False
    assert refused["code"] == "CONFLICT"
    assert "it is CANDIDATE" in refused["message"]


async def test_the_same_text_has_the_same_hash_after_another_revision(
    ask: Ask, world: World
) -> None:
    first = await make_candidate(ask, world)
    revising = await advance(ask, world, "REVISE")
    second = await advance(ask, world, "MAKE_CANDIDATE")

    assert revising["specification"]["contentHash"] is None
    assert first["specification"]["contentHash"] == second["specification"]["contentHash"]


async def test_a_candidate_takes_the_hash_of_a_text_that_is_named_already(
    ask: Ask, world: World
) -> None:
    await change(
        ask,
        await world.viewer("developer"),
        "nameRevision",
        "specificationRevision { id }",
        specificationId=world.id("Specification", world.specification),
        name="Final",
        expectedRevision=1,
    )

    made = await make_candidate(ask, world)
    kept = await read(ask, world, "revisions { nodes { name contentHash } }")

    assert kept["revisions"]["nodes"] == [
        {"name": "Final", "contentHash": made["specification"]["contentHash"]}
    ]


async def add_version(
    world: World, version: int, state: SpecificationState, *, public: bool = True
) -> Specification:
    id = new_id()
    specification = Specification(
        id=id,
        credential_id=world.credential,
        version=version,
        title=f"Version {version}",
        summary="",
        state=state,
        created_at=NOW,
    )
    scopes = [id, world.credential]
    await world.add(
        Topic(id=id, kind=TopicKind.SPECIFICATION, scopes=scopes, public=public), specification
    )
    return specification


async def test_a_launch_supersedes_the_version_before(ask: Ask, world: World) -> None:
    before = await add_version(world, 2, SpecificationState.LAUNCHED)
    await put(world, SpecificationState.SCHEDULED)

    launched = await advance(ask, world, "LAUNCH")
    data = await ask(
        ANYONE,
        "query ($id: ID!) { node(id: $id) { ... on Specification { state revision } } }",
        id=world.id("Specification", before.id),
    )
    async with world.database.read() as session:
        facts = (
            await session.scalars(
                select(StoredEvent.data).where(
                    StoredEvent.topic_id == before.id, StoredEvent.audience == Audience.PUBLIC
                )
            )
        ).all()

    assert launched["specification"]["state"] == "LAUNCHED"
    assert launched["specification"]["launchedAt"] is not None
    assert data["node"] == {"state": "SUPERSEDED", "revision": 2}
    assert [(fact["transition"], fact["state"]) for fact in facts] == [("SUPERSEDE", "SUPERSEDED")]


async def test_of_two_launches_at_once_the_later_one_supersedes_the_other(
    ask: Ask, world: World
) -> None:
    other = await add_version(world, 2, SpecificationState.SCHEDULED)
    await put(world, SpecificationState.SCHEDULED)
    viewer = await world.viewer("secretary")

    found = await asyncio.gather(
        *(
            change(
                ask,
                viewer,
                "advanceSpecification",
                "specification { id }",
                specificationId=world.id("Specification", id),
                transition="LAUNCH",
                reason="Both at once.",
                expectedRevision=None,
            )
            for id in (world.specification, other.id)
        )
    )
    async with world.database.read() as session:
        states = sorted(await session.scalars(select(Specification.state)))

    assert all("specification" in each for each in found)
    assert states == [SpecificationState.LAUNCHED, SpecificationState.SUPERSEDED]


async def test_threads_and_exercises_are_reached_from_a_specification(
    ask: Ask, world: World
) -> None:
    await world.add(
        Thread(
            topic_id=world.specification,
            subject_kind=SubjectKind.SECTION,
            subject_id=world.sections[0],
            author_id=world.people["developer"],
            created_at=NOW,
        )
    )

    found = await read(
        ask,
        world,
        "threads { totalCount } engagements { nodes { title } } learningOutcomes { text }"
        " sections { threads { totalCount } specification { version } }",
    )

    assert found["threads"]["totalCount"] == 1
    assert found["engagements"]["nodes"] == [{"title": "Tell us what you think"}]
    assert [each["text"] for each in found["learningOutcomes"]] == [
        "Learning outcomes, block 1.",
        "Learning outcomes, block 2.",
    ]
    assert [each["threads"]["totalCount"] for each in found["sections"]] == [1, 0, 0]


async def test_a_version_for_members_is_hidden_with_all_its_parts(ask: Ask, world: World) -> None:
    hidden = await add_version(world, 2, SpecificationState.IN_DEVELOPMENT, public=False)
    section = Section(specification_id=hidden.id, position=1, heading="Secret", created_at=NOW)
    block = Block(
        specification_id=hidden.id,
        section_id=section.id,
        position=1,
        kind=BlockKind.PARAGRAPH,
        text="Secret.",
        created_at=NOW,
    )
    await world.add(section, block)

    data = await ask(
        await world.viewer("stranger"),
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        ids=[
            world.id("Specification", hidden.id),
            world.id("Section", section.id),
            world.id("Block", block.id),
        ],
    )

    assert data["nodes"] == [None, None, None]


async def test_a_page_of_specifications_takes_a_constant_number_of_statements(
    ask: Ask, world: World
) -> None:
    document = (
        "{ specifications { nodes { credential { code } viewerCanDraft"
        " availableTransitions { allowed } targetProfessions { requirement }"
        " learningOutcomes { text } revisions { nodes { name } } deliveryPlans { nodes { title } }"
        " sections { heading threads { totalCount } blocks { text threads { totalCount }"
        " specification { title } } } } } }"
    )
    viewer = await world.viewer("secretary")

    async def statements_for_page() -> set[str]:
        # Which they are: what two ticks read may be one statement or two.
        with counting(world.database) as statements:
            await ask(viewer, document)
        return set(statements)

    alone = await statements_for_page()
    for version in (2, 3, 4):
        added = await add_version(world, version, SpecificationState.IN_DEVELOPMENT)
        for position in (1, 2):
            section = Section(
                specification_id=added.id, position=position, heading="More", created_at=NOW
            )
            await world.add(
                section,
                Block(
                    specification_id=added.id,
                    section_id=section.id,
                    position=1,
                    kind=BlockKind.LEARNING_OUTCOME,
                    text="More.",
                    created_at=NOW,
                ),
            )
    together = await statements_for_page()

    assert alone == together
