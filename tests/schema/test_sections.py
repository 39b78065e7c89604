"""Sections and blocks through the API: their order, their revisions, and when they are locked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from domain.commands import sections as commands
from domain.ids import new_id
from domain.lifecycle import SpecificationState
from domain.models.comments import SubjectKind, Thread
from domain.models.delivery_plans import DeliveryPlan, Module, ModuleOutcome
from domain.models.specifications import Block, BlockKind, Section, Specification
from domain.models.topics import StoredEvent, Topic, TopicKind
from domain.permissions import Audience
from domain.unit_of_work import UnitOfWork
from tests.conftest import Ask
from tests.mutations import change
from tests.world import NOW, World

WHOLE = "revision sections { heading position revision blocks { text position revision } }"
Outline = list[tuple[str, list[str]]]


def outline(specification: dict[str, Any]) -> Outline:
    """Return headings with the words of their blocks, after a look at the positions."""
    for parts in (
        specification["sections"],
        *(section["blocks"] for section in specification["sections"]),
    ):
        assert [part["position"] for part in parts] == list(range(1, len(parts) + 1))
    return [
        (section["heading"], [block["text"] for block in section["blocks"]])
        for section in specification["sections"]
    ]


async def whole(ask: Ask, world: World) -> dict[str, Any]:
    data = await ask(
        await world.viewer("developer"),
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Specification {{ {WHOLE} }} }} }}",
        id=world.id("Specification", world.specification),
    )
    return dict(data["node"])


async def edit(
    ask: Ask, world: World, mutation: str, selection: str, *, name: str = "developer", **input: Any
) -> dict[str, Any]:
    return await change(
        ask, await world.viewer(name), mutation, selection, **{"expectedRevision": 1, **input}
    )


async def cover(world: World, block_id: Any) -> None:
    """Let a module of a delivery plan cover a block."""
    plan = DeliveryPlan(
        organisation_id=world.organisation,
        specification_id=world.specification,
        title="Plan",
        summary="",
        created_at=NOW,
    )
    module = Module(
        delivery_plan_id=plan.id, position=1, title="M", description="", hours=1, created_at=NOW
    )
    await world.add(
        Topic(id=plan.id, kind=TopicKind.DELIVERY_PLAN, scopes=[plan.id, world.organisation]),
        plan,
        module,
        ModuleOutcome(module_id=module.id, block_id=block_id),
    )


async def test_a_section_is_added_edited_moved_and_removed(ask: Ask, world: World) -> None:
    added = await edit(
        ask,
        world,
        "addSection",
        "section { id position specification { revision } }",
        specificationId=world.id("Specification", world.specification),
        heading="Links",
        position=1,
    )
    id = added["section"]["id"]
    edited = await edit(
        ask, world, "editSection", "section { heading revision }", sectionId=id, heading="Relations"
    )
    moved = await edit(
        ask,
        world,
        "moveSection",
        "section { position revision }",
        sectionId=id,
        position=3,
        expectedRevision=3,
    )
    before = await whole(ask, world)
    removed = await edit(
        ask,
        world,
        "removeSection",
        f"specification {{ {WHOLE} }}",
        sectionId=world.id("Section", world.sections[0]),
        expectedRevision=4,
    )

    assert added["section"]["position"] == 1
    assert added["section"]["specification"] == {"revision": 2}
    assert edited["section"] == {"heading": "Relations", "revision": 2}
    assert moved["section"] == {"position": 3, "revision": 2}
    assert [heading for heading, _ in outline(before)] == [
        "Purpose",
        "Capabilities",
        "Relations",
        "Learning outcomes",
    ]
    assert [heading for heading, _ in outline(removed["specification"])] == [
        "Capabilities",
        "Relations",
        "Learning outcomes",
    ]
    assert removed["specification"]["revision"] == 5


async def test_a_block_is_added_edited_moved_and_removed(ask: Ask, world: World) -> None:
    added = await edit(
        ask,
        world,
        "addBlock",
        "block { id position kind specification { revision } }",
        sectionId=world.id("Section", world.sections[0]),
        kind="CAPABILITY",
        text="Assesses.",
        position=2,
    )
    id = added["block"]["id"]
    edited = await edit(
        ask, world, "editBlock", "block { text revision }", blockId=id, text="Assesses and plans."
    )
    moved = await edit(
        ask,
        world,
        "moveBlock",
        "block { position revision }",
        blockId=id,
        sectionId=world.id("Section", world.sections[1]),
        position=1,
        expectedRevision=3,
    )
    text = outline(await whole(ask, world))
    removed = await edit(
        ask,
        world,
        "removeBlock",
        "section { heading blocks { position } specification { revision } }",
        blockId=id,
        expectedRevision=4,
    )

    assert added["block"]["position"] == 2
    assert added["block"]["kind"] == "CAPABILITY"
    assert edited["block"] == {"text": "Assesses and plans.", "revision": 2}
    assert moved["block"] == {"position": 1, "revision": 2}
    assert text[:2] == [
        ("Purpose", ["Purpose, block 1.", "Purpose, block 2."]),
        (
            "Capabilities",
            ["Assesses and plans.", "Capabilities, block 1.", "Capabilities, block 2."],
        ),
    ]
    assert removed["section"] == {
        "heading": "Capabilities",
        "blocks": [{"position": 1}, {"position": 2}],
        "specification": {"revision": 5},
    }


async def test_every_change_is_told_to_everybody(ask: Ask, world: World) -> None:
    await edit(
        ask,
        world,
        "moveBlock",
        "block { id }",
        blockId=world.id("Block", world.blocks[0]),
        position=2,
    )
    await edit(
        ask,
        world,
        "removeSection",
        "specification { id }",
        sectionId=world.id("Section", world.sections[1]),
        expectedRevision=2,
    )

    async with world.database.read() as session:
        rows = (
            await session.execute(
                select(StoredEvent.audience, StoredEvent.kind)
                .where(StoredEvent.topic_id == world.specification)
                .order_by(StoredEvent.audience, StoredEvent.sequence)
            )
        ).all()

    assert [tuple(row) for row in rows] == [
        (audience, kind)
        for audience in sorted(Audience)
        for kind in ("BLOCK_MOVED", "SECTION_REMOVED")
    ]


async def test_people_who_add_at_once_leave_no_gap(ask: Ask, world: World) -> None:
    await asyncio.gather(
        *(
            edit(
                ask,
                world,
                "addSection",
                "section { id }",
                specificationId=world.id("Specification", world.specification),
                heading=f"New {number}",
                position=1,
                expectedRevision=None,
            )
            for number in range(4)
        )
    )

    found = await whole(ask, world)

    assert len(outline(found)) == 7
    assert found["revision"] == 5


@pytest.mark.parametrize("position", [0, 4, -1])
async def test_a_position_outside_the_text_is_refused(
    ask: Ask, world: World, position: int
) -> None:
    found = await edit(
        ask,
        world,
        "moveSection",
        "section { id }",
        sectionId=world.id("Section", world.sections[0]),
        position=position,
    )

    assert (found["code"], found["path"]) == ("INVALID", ["position"])
    assert "from 1 to 3" in found["message"]


async def test_a_block_moves_only_within_its_specification(ask: Ask, world: World) -> None:
    id = new_id()
    elsewhere = Section(specification_id=id, position=1, heading="Elsewhere", created_at=NOW)
    await world.add(
        Topic(id=id, kind=TopicKind.SPECIFICATION, scopes=[id, world.credential], public=True),
        Specification(
            id=id,
            credential_id=world.credential,
            version=2,
            title="Another",
            summary="",
            created_at=NOW,
        ),
        elsewhere,
    )
    found = await edit(
        ask,
        world,
        "moveBlock",
        "block { id }",
        blockId=world.id("Block", world.blocks[0]),
        sectionId=world.id("Section", elsewhere.id),
        position=1,
    )

    assert (found["code"], found["path"]) == ("NOT_FOUND", ["sectionId"])


CHANGES: list[tuple[str, str, dict[str, Any]]] = [
    ("addSection", "section", {"specificationId": "specification", "heading": "New"}),
    ("editSection", "section", {"sectionId": "section", "heading": "New"}),
    ("moveSection", "section", {"sectionId": "section", "position": 2}),
    ("removeSection", "specification", {"sectionId": "section"}),
    ("addBlock", "block", {"sectionId": "section", "kind": "PARAGRAPH", "text": "New."}),
    ("editBlock", "block", {"blockId": "block", "text": "New."}),
    ("moveBlock", "block", {"blockId": "block", "position": 2}),
    ("removeBlock", "section", {"blockId": "block"}),
]


def ids_of(world: World, input: dict[str, Any]) -> dict[str, Any]:
    known = {
        "specification": world.id("Specification", world.specification),
        "section": world.id("Section", world.sections[0]),
        "block": world.id("Block", world.blocks[0]),
    }
    return {name: known.get(value, value) for name, value in input.items()}


@pytest.mark.parametrize(("mutation", "payload", "input"), CHANGES)
async def test_who_may_not_draft_changes_nothing(
    ask: Ask, world: World, mutation: str, payload: str, input: dict[str, Any]
) -> None:
    before = await whole(ask, world)

    found = await edit(
        ask, world, mutation, f"{payload} {{ id }}", name="stranger", **ids_of(world, input)
    )

    assert found["code"] == "NOT_ALLOWED"
    assert await whole(ask, world) == before


@pytest.mark.parametrize(("mutation", "payload", "input"), CHANGES)
async def test_the_text_of_a_candidate_is_locked(
    ask: Ask, world: World, mutation: str, payload: str, input: dict[str, Any]
) -> None:
    async with world.database.session() as session:
        await session.execute(update(Specification).values(state=SpecificationState.CANDIDATE))
        await session.commit()
    before = await whole(ask, world)

    found = await edit(ask, world, mutation, f"{payload} {{ id }}", **ids_of(world, input))

    assert found["code"] == "CONFLICT"
    assert "it is CANDIDATE" in found["message"]
    assert await whole(ask, world) == before


@pytest.mark.parametrize(("mutation", "payload", "input"), CHANGES)
async def test_every_change_names_the_revision_it_expects(
    ask: Ask, world: World, mutation: str, payload: str, input: dict[str, Any]
) -> None:
    before = await whole(ask, world)

    found = await edit(
        ask,
        world,
        mutation,
        f"{payload} {{ id }}",
        **ids_of(world, input),
        expectedRevision=7,
    )

    assert found["code"] == "CONFLICT"
    assert "it has revision 1, you saw 7" in found["message"]
    assert await whole(ask, world) == before


@pytest.mark.parametrize(("mutation", "payload", "input"), CHANGES)
async def test_every_change_counts_in_the_revision_of_the_specification(
    ask: Ask, world: World, mutation: str, payload: str, input: dict[str, Any]
) -> None:
    await edit(ask, world, mutation, f"{payload} {{ id }}", **ids_of(world, input))

    assert (await whole(ask, world))["revision"] == 2


@pytest.mark.parametrize("what", ["block", "section"])
async def test_what_a_delivery_plan_covers_stays(ask: Ask, world: World, what: str) -> None:
    await cover(world, world.blocks[4])
    mutation, payload, input = {
        "block": ("removeBlock", "section", {"blockId": world.id("Block", world.blocks[4])}),
        "section": (
            "removeSection",
            "specification",
            {"sectionId": world.id("Section", world.sections[2])},
        ),
    }[what]

    found = await edit(ask, world, mutation, f"{payload} {{ id }}", **input)

    assert found["code"] == "CONFLICT"
    assert "delivery plan covers" in found["message"]


async def test_a_thread_outlives_the_block_that_it_was_about(ask: Ask, world: World) -> None:
    thread = Thread(
        topic_id=world.engagement,
        subject_kind=SubjectKind.BLOCK,
        subject_id=world.blocks[0],
        author_id=world.people["nurse1"],
        created_at=NOW,
    )
    await world.add(thread)
    await edit(
        ask, world, "removeBlock", "section { id }", blockId=world.id("Block", world.blocks[0])
    )

    data = await ask(
        await world.viewer("nurse1"),
        "query ($id: ID!) { node(id: $id) { ... on Thread { subjectKind subject { id } } } }",
        id=world.id("Thread", thread.id),
    )

    assert data["node"] == {"subjectKind": "BLOCK", "subject": None}


STEP = st.tuples(
    st.sampled_from(["add section", "move section", "remove section", "add", "move", "remove"]),
    st.integers(0, 99),
    st.integers(0, 99),
)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=5, max_size=12))
async def test_positions_count_from_one_without_gaps_whatever_is_done(
    world: World, steps: list[tuple[str, int, int]]
) -> None:
    for step, first, second in steps:
        await take(world, step, first, second)

    async with world.database.read() as session:
        parts = (await session.execute(select(Section.id, Section.position))).all()
        blocks = (await session.execute(select(Block.section_id, Block.position))).all()
    assert sorted(position for _, position in parts) == list(range(1, len(parts) + 1))
    for section, _ in parts:
        places = sorted(position for owner, position in blocks if owner == section)
        assert places == list(range(1, len(places) + 1))


async def take(world: World, step: str, first: int, second: int) -> None:
    """Do one random thing to the text, wherever it is possible."""
    async with UnitOfWork(world.database, await world.viewer("developer")) as uow:
        sections = list(await uow.session.scalars(select(Section).order_by(Section.position)))
        blocks = list(await uow.session.scalars(select(Block).order_by(Block.id)))
        section = sections[first % len(sections)].id if sections else None
        block = blocks[first % len(blocks)].id if blocks else None
        opt_out: dict[str, Any] = {"expected_revision": None}
        match step:
            case "add section":
                await commands.add_section(
                    uow,
                    specification_id=world.specification,
                    heading="More",
                    position=second % (len(sections) + 1) + 1,
                    **opt_out,
                )
            case "move section" if section:
                await commands.move_section(
                    uow, section_id=section, position=second % len(sections) + 1, **opt_out
                )
            case "remove section" if section:
                await commands.remove_section(uow, section_id=section, **opt_out)
            case "add" if section:
                await commands.add_block(
                    uow, section_id=section, kind=BlockKind.PARAGRAPH, text="More.", **opt_out
                )
            case "move" if block:
                target = sections[second % len(sections)].id
                there = [each for each in blocks if each.section_id == target and each.id != block]
                await commands.move_block(
                    uow,
                    block_id=block,
                    section_id=target,
                    position=first % (len(there) + 1) + 1,
                    **opt_out,
                )
            case "remove" if block:
                await commands.remove_block(uow, block_id=block, **opt_out)
