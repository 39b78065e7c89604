"""Delivery plans through the API: whose they are, what they cover, and when they go in."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from domain.ids import new_id
from domain.lifecycle import SpecificationState
from domain.models.organisations import Organisation, OrganisationKind
from domain.models.people import Membership, ScopeKind
from domain.models.specifications import Block, BlockKind, Section, Specification
from domain.models.topics import StoredEvent, Topic, TopicKind
from domain.permissions import ANYONE, Audience, Role
from tests.conftest import Ask
from tests.counting import counting
from tests.mutations import change
from tests.plans import written
from tests.world import NOW, World

MATRIX = "coverage { outcome { text } modules { title } covered } uncovered { text }"


async def draft(
    ask: Ask, world: World, selection: str = "id", name: str = "provider", **input: Any
) -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer(name),
        "draftDeliveryPlan",
        f"deliveryPlan {{ {selection} }}",
        **{
            "organisationId": world.id("Organisation", world.organisation),
            "specificationId": world.id("Specification", world.specification),
            "title": "How we deliver it",
            **input,
        },
    )


async def drafted(ask: Ask, world: World) -> str:
    return str((await draft(ask, world))["deliveryPlan"]["id"])


async def add_module(
    ask: Ask, world: World, plan: str, *outcomes: int, name: str = "provider", **input: Any
) -> dict[str, Any]:
    """Add a module that covers the blocks with these numbers."""
    return await change(
        ask,
        await world.viewer(name),
        "addModule",
        "module { id position hours outcomes { text } deliveryPlan { revision } }",
        **{
            "deliveryPlanId": plan,
            "title": "Module",
            "hours": 150,
            "outcomes": [world.id("Block", world.blocks[number]) for number in outcomes],
            "expectedRevision": None,
            **input,
        },
    )


async def submit(
    ask: Ask, world: World, plan: str, name: str = "provider", expected: int | None = None
) -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer(name),
        "advanceDeliveryPlan",
        "deliveryPlan { state submittedAt viewerCanEdit }",
        deliveryPlanId=plan,
        transition="SUBMIT",
        reason="It is complete.",
        expectedRevision=expected,
    )


async def read(
    ask: Ask, world: World, plan: str, selection: str, name: str = "provider"
) -> dict[str, Any] | None:
    data = await ask(
        await world.viewer(name),
        f"query ($id: ID!) {{ node(id: $id) {{ ... on DeliveryPlan {{ {selection} }} }} }}",
        id=plan,
    )
    found: dict[str, Any] | None = data["node"]
    return found


async def launch(world: World) -> None:
    async with world.database.session() as session:
        await session.execute(update(Specification).values(state=SpecificationState.LAUNCHED))
        await session.commit()


@pytest.mark.parametrize("name", ["provider", "editor"])
async def test_the_providers_people_draft_a_plan(ask: Ask, world: World, name: str) -> None:
    found = await draft(
        ask,
        world,
        "title state revision viewerCanEdit organisation { name } specification { version }",
        name,
    )

    assert found["deliveryPlan"] == {
        "title": "How we deliver it",
        "state": "DRAFT",
        "revision": 1,
        "viewerCanEdit": True,
        "organisation": {"name": "Fictional University"},
        "specification": {"version": 1},
    }


@pytest.mark.parametrize("name", ["stranger", "secretary", "admin", "developer"])
async def test_nobody_else_drafts_a_plan(ask: Ask, world: World, name: str) -> None:
    assert (await draft(ask, world, name=name))["code"] == "NOT_ALLOWED"


async def test_a_provider_has_one_plan_for_a_version(ask: Ask, world: World) -> None:
    await draft(ask, world)
    again = await draft(ask, world, name="editor")

    assert again["code"] == "CONFLICT"
    assert "already" in again["message"]


async def test_only_education_providers_plan(ask: Ask, world: World) -> None:
    hospital = Organisation(
        name="Fictional Hospital", kind=OrganisationKind.EMPLOYER, created_at=NOW
    )
    await world.add(
        hospital,
        Membership(
            person_id=world.people["provider"],
            role=Role.PROVIDER_LEAD,
            scope_kind=ScopeKind.ORGANISATION,
            scope_id=hospital.id,
            created_at=NOW,
        ),
    )

    found = await draft(ask, world, organisationId=world.id("Organisation", hospital.id))

    assert (found["code"], found["path"]) == ("INVALID", ["organisationId"])
    assert "EMPLOYER" in found["message"]


async def test_a_provider_plans_only_for_what_it_may_see(ask: Ask, world: World) -> None:
    hidden = new_id()
    await world.add(
        Topic(id=hidden, kind=TopicKind.SPECIFICATION, scopes=[hidden, world.credential]),
        Specification(
            id=hidden,
            credential_id=world.credential,
            version=2,
            title="Hidden",
            summary="",
            created_at=NOW,
        ),
    )

    found = await draft(ask, world, specificationId=world.id("Specification", hidden))
    nowhere = await draft(ask, world, organisationId=world.id("Organisation", new_id()))

    assert (found["code"], found["path"]) == ("NOT_FOUND", ["specificationId"])
    assert (nowhere["code"], nowhere["path"]) == ("NOT_FOUND", ["organisationId"])


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("provider", True),
        ("editor", True),
        ("secretary", True),
        ("stranger", False),
        ("developer", False),
        ("nurse1", False),
    ],
)
async def test_a_plan_is_seen_by_the_provider_and_by_the_body(
    ask: Ask, world: World, name: str, *, sees: bool
) -> None:
    plan = await drafted(ask, world)
    module = (await add_module(ask, world, plan, 4))["module"]["id"]

    found = await ask(
        await world.viewer(name),
        "query ($specification: ID!, $ids: [ID!]!) { nodes(ids: $ids) { id }"
        " node(id: $specification) { ... on Specification { deliveryPlans { totalCount } } } }",
        specification=world.id("Specification", world.specification),
        ids=[plan, module],
    )
    edited = await change(
        ask,
        await world.viewer(name),
        "editDeliveryPlan",
        "deliveryPlan { title }",
        deliveryPlanId=plan,
        title="Other",
        expectedRevision=2,
    )

    assert [each is not None for each in found["nodes"]] == [sees, sees]
    assert found["node"]["deliveryPlans"]["totalCount"] == int(sees)
    assert edited.get("code") == {
        "provider": None,
        "editor": None,
        "secretary": "NOT_ALLOWED",
    }.get(name, "NOT_FOUND")


async def test_nothing_of_a_plan_is_public(ask: Ask, world: World) -> None:
    plan = await drafted(ask, world)
    await add_module(ask, world, plan, 4)

    data = await ask(ANYONE, "query ($id: ID!) { node(id: $id) { id } }", id=plan)
    async with world.database.read() as session:
        topic = (
            await session.scalars(select(Topic).where(Topic.kind == TopicKind.DELIVERY_PLAN))
        ).one()
        kinds = (
            await session.scalars(
                select(StoredEvent.kind)
                .where(StoredEvent.topic_id == topic.id, StoredEvent.audience == Audience.MEMBERS)
                .order_by(StoredEvent.sequence)
            )
        ).all()

    assert data["node"] is None
    assert (topic.public, topic.scopes) == (False, [topic.id, world.organisation])
    assert kinds == ["DELIVERY_PLAN_DRAFTED", "MODULE_ADDED"]


async def test_the_matrix_shows_every_outcome_and_its_gaps(ask: Ask, world: World) -> None:
    plan = await drafted(ask, world)
    empty = await read(ask, world, plan, MATRIX)
    await add_module(ask, world, plan, 4, title="First")
    await add_module(ask, world, plan, 4, title="Second")
    half = await read(ask, world, plan, MATRIX)

    one, two = "Learning outcomes, block 1.", "Learning outcomes, block 2."
    assert empty is not None
    assert empty["uncovered"] == [{"text": one}, {"text": two}]
    assert half == {
        "coverage": [
            {
                "outcome": {"text": one},
                "modules": [{"title": "First"}, {"title": "Second"}],
                "covered": True,
            },
            {"outcome": {"text": two}, "modules": [], "covered": False},
        ],
        "uncovered": [{"text": two}],
    }


async def test_a_module_is_added_edited_and_removed(ask: Ask, world: World) -> None:
    plan = await drafted(ask, world)
    first = (await add_module(ask, world, plan, 4, expectedRevision=1))["module"]
    second = (await add_module(ask, world, plan, expectedRevision=2))["module"]
    viewer = await world.viewer("editor")
    edited = await change(
        ask,
        viewer,
        "editModule",
        "module { title hours revision outcomes { text } }",
        moduleId=second["id"],
        title="Renamed",
        hours=10_000,
        outcomes=[world.id("Block", world.blocks[5])],
        expectedRevision=1,
    )
    stale = await change(
        ask, viewer, "editModule", "module { id }", moduleId=second["id"], expectedRevision=1
    )
    removed = await change(
        ask,
        viewer,
        "removeModule",
        "deliveryPlan { revision modules { title position } }",
        moduleId=first["id"],
        expectedRevision=4,
    )
    gone = await change(
        ask,
        viewer,
        "removeModule",
        "deliveryPlan { id }",
        moduleId=first["id"],
        expectedRevision=None,
    )

    assert (first["position"], second["position"]) == (1, 2)
    assert second["deliveryPlan"] == {"revision": 3}
    assert edited["module"] == {
        "title": "Renamed",
        "hours": 10_000,
        "revision": 2,
        "outcomes": [{"text": "Learning outcomes, block 2."}],
    }
    assert stale["code"] == "CONFLICT"
    assert removed["deliveryPlan"] == {
        "revision": 5,
        "modules": [{"title": "Renamed", "position": 1}],
    }
    assert gone["code"] == "NOT_FOUND"


@pytest.mark.parametrize("hours", [0, -5, 10_001])
async def test_hours_are_within_reason(ask: Ask, world: World, hours: int) -> None:
    found = await add_module(ask, world, await drafted(ask, world), hours=hours)

    assert (found["code"], found["path"]) == ("INVALID", ["hours"])
    assert "1 to 10,000" in found["message"]


async def test_a_module_covers_learning_outcomes_of_its_specification_alone(
    ask: Ask, world: World
) -> None:
    found = await add_module(ask, world, await drafted(ask, world), 0)

    assert (found["code"], found["path"]) == ("NOT_FOUND", ["outcomes"])


async def test_the_lifecycle_says_what_a_plan_lacks(ask: Ask, world: World) -> None:
    plan = await drafted(ask, world)

    found = await read(
        ask, world, plan, "availableTransitions { transition allowed reasons missing }"
    )
    refused = await submit(ask, world, plan)

    assert found == {
        "availableTransitions": [
            {
                "transition": "SUBMIT",
                "allowed": False,
                "reasons": [],
                "missing": [
                    "The specification is not launched.",
                    "The plan has no module.",
                    "Learning outcomes not yet covered: 2.",
                    "Learning outcomes not yet assessed: 2.",
                    "It does not say how learners are supervised.",
                    "It does not say where learners practise.",
                    "It does not say how its quality is assured.",
                ],
            },
            {"transition": "WITHDRAW", "allowed": True, "reasons": [], "missing": []},
        ]
    }
    assert refused["code"] == "CONFLICT"
    assert "not yet covered: 2" in refused["message"]


async def test_a_complete_plan_is_submitted_by_the_lead_and_then_fixed(
    ask: Ask, world: World
) -> None:
    plan = world.id("DeliveryPlan", await written(world))
    revision = (await read(ask, world, plan, "revision") or {})["revision"]

    by_editor = await submit(ask, world, plan, "editor")
    by_body = await submit(ask, world, plan, "secretary")
    stale = await submit(ask, world, plan, expected=1)
    found = await submit(ask, world, plan, expected=revision)
    late = await add_module(ask, world, plan)
    again = await submit(ask, world, plan)

    assert by_editor["code"] == by_body["code"] == "NOT_ALLOWED"
    assert "SUBMIT_PLAN" in by_editor["message"]
    assert stale["code"] == "CONFLICT"
    assert found["deliveryPlan"]["state"] == "SUBMITTED"
    assert found["deliveryPlan"]["submittedAt"] is not None
    assert found["deliveryPlan"]["viewerCanEdit"] is False
    assert late["code"] == again["code"] == "CONFLICT"
    assert "it is SUBMITTED" in late["message"]


async def assess(
    ask: Ask, world: World, mutation: str, name: str = "editor", **input: Any
) -> dict[str, Any]:
    """Change an assessment of a module."""
    return await change(
        ask,
        await world.viewer(name),
        mutation,
        "module { assessments { title } }"
        if mutation.startswith("remove")
        else "moduleAssessment { id title revision block { text } outcomes { text } "
        "module { deliveryPlan { revision } } }",
        **{"expectedRevision": None, **input},
    )


async def prescribe(world: World) -> str:
    """Add an assessment to the specification; return its id."""
    block = Block(
        specification_id=world.specification,
        section_id=world.sections[2],
        position=3,
        kind=BlockKind.ASSESSMENT,
        text="A case is presented.",
        created_at=NOW,
    )
    await world.add(block)
    return world.id("Block", block.id)


async def test_an_assessment_of_a_module_is_added_edited_and_removed(
    ask: Ask, world: World
) -> None:
    plan = await drafted(ask, world)
    module = (await add_module(ask, world, plan, 4, 5))["module"]["id"]
    one, two = (world.id("Block", world.blocks[number]) for number in (4, 5))
    added = await assess(
        ask,
        world,
        "addModuleAssessment",
        moduleId=module,
        title="A case",
        blockId=await prescribe(world),
        outcomes=[one],
        expectedRevision=2,
    )
    half = await read(ask, world, plan, "coverage { assessed assessments { title } }")
    id = {"moduleAssessmentId": added["moduleAssessment"]["id"]}
    edited = await assess(
        ask, world, "editModuleAssessment", **id, title="Cases", outcomes=[one, two]
    )
    stale = await assess(ask, world, "editModuleAssessment", **id, expectedRevision=1)
    await change(
        ask,
        await world.viewer("editor"),
        "editModule",
        "module { id }",
        moduleId=module,
        outcomes=[two],
        expectedRevision=None,
    )
    uncovered = await read(ask, world, plan, "coverage { covered assessed }")
    removed = await assess(ask, world, "removeModuleAssessment", **id)
    gone = await assess(ask, world, "removeModuleAssessment", **id)

    assert added["moduleAssessment"]["block"] == {"text": "A case is presented."}
    assert added["moduleAssessment"]["module"] == {"deliveryPlan": {"revision": 3}}
    assert half == {
        "coverage": [
            {"assessed": True, "assessments": [{"title": "A case"}]},
            {"assessed": False, "assessments": []},
        ]
    }
    assert edited["moduleAssessment"]["revision"] == 2
    assert len(edited["moduleAssessment"]["outcomes"]) == 2
    assert stale["code"] == "CONFLICT"
    # What a module does not cover any more, its assessments do not assess.
    assert uncovered == {
        "coverage": [
            {"covered": False, "assessed": False},
            {"covered": True, "assessed": True},
        ]
    }
    assert removed["module"] == {"assessments": []}
    assert gone["code"] == "NOT_FOUND"


async def test_an_assessment_refers_to_what_its_module_covers_and_the_version_prescribes(
    ask: Ask, world: World
) -> None:
    plan = await drafted(ask, world)
    module = (await add_module(ask, world, plan, 4))["module"]["id"]
    add = {"moduleId": module, "title": "A case"}
    other = await assess(
        ask,
        world,
        "addModuleAssessment",
        **add,
        outcomes=[world.id("Block", world.blocks[5])],
    )
    paragraph = await assess(
        ask, world, "addModuleAssessment", **add, blockId=world.id("Block", world.blocks[0])
    )
    by_body = await assess(ask, world, "addModuleAssessment", "secretary", **add)

    assert (other["code"], other["path"]) == ("NOT_FOUND", ["outcomes"])
    assert "Please let the module cover it first." in other["message"]
    assert (paragraph["code"], paragraph["path"]) == ("NOT_FOUND", ["blockId"])
    assert by_body["code"] == "NOT_ALLOWED"


async def test_a_module_has_at_most_twenty_assessments(ask: Ask, world: World) -> None:
    plan = await drafted(ask, world)
    module = (await add_module(ask, world, plan, 4))["module"]["id"]
    for number in range(20):
        await assess(ask, world, "addModuleAssessment", moduleId=module, title=str(number))

    found = await assess(ask, world, "addModuleAssessment", moduleId=module, title="More")
    assert (found["code"], found["message"]) == (
        "CONFLICT",
        "A module has at most 20 assessments.",
    )


async def test_what_an_assessment_carries_out_stays_in_the_specification(
    ask: Ask, world: World
) -> None:
    plan = await drafted(ask, world)
    module = (await add_module(ask, world, plan, 4))["module"]["id"]
    block = await prescribe(world)
    added = await assess(
        ask, world, "addModuleAssessment", moduleId=module, title="A case", blockId=block
    )
    remove = {"blockId": block, "expectedRevision": None}
    developer = await world.viewer("developer")
    kept = await change(ask, developer, "removeBlock", "section { id }", **remove)
    # A module goes with its assessments.
    await change(
        ask,
        await world.viewer("editor"),
        "removeModule",
        "deliveryPlan { id }",
        moduleId=module,
        expectedRevision=None,
    )
    removed = await change(ask, developer, "removeBlock", "section { id }", **remove)

    assert added["moduleAssessment"]["block"] is not None
    assert kept["code"] == "CONFLICT"
    assert "carries out this assessment" in kept["message"]
    assert "section" in removed


async def test_the_matrix_takes_a_constant_number_of_statements(ask: Ask, world: World) -> None:
    plan = await drafted(ask, world)
    await add_module(ask, world, plan, 4)

    async def statements_for_matrix() -> set[str]:
        # Which they are: what two ticks read may be one statement or two.
        viewer = await world.viewer("provider")
        with counting(world.database) as statements:
            await ask(
                viewer,
                "query ($id: ID!) { node(id: $id) { ... on DeliveryPlan { "
                + MATRIX
                + " modules { outcomes { specification { title } } deliveryPlan { title } } } } }",
                id=plan,
            )
        return set(statements)

    before = await statements_for_matrix()
    section = Section(
        specification_id=world.specification, position=4, heading="More", created_at=NOW
    )
    await world.add(
        section,
        *(
            Block(
                specification_id=world.specification,
                section_id=section.id,
                position=number,
                kind=BlockKind.LEARNING_OUTCOME,
                text="More.",
                created_at=NOW,
            )
            for number in (1, 2, 3)
        ),
    )
    for _ in range(3):
        await add_module(ask, world, plan, 4, 5)
    after = await statements_for_matrix()

    assert before == after
