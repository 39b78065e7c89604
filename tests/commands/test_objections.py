"""Objections: raised by electors or with their votes, judged, settled, withdrawn, and kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.commands.objections import advance_objection, raise_objection
from domain.consensus.choices import BallotKind
from domain.consensus.objections import NO_OBJECTIONS, OpenObjections
from domain.consensus.results import Status
from domain.consensus.rules import default_rule, dump_rule
from domain.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.ids import new_id
from domain.lifecycle import ObjectionState, ObjectionTransition
from domain.models.ballots import Ballot, BallotVisibility
from domain.models.objections import Objection
from domain.models.topics import StoredEvent
from domain.permissions import Audience
from domain.queries import consensus
from domain.unit_of_work import UnitOfWork
from tests.ballots import VOTERS, close, draft, opened, set_back, vote
from tests.counting import counting
from tests.world import World

CONSENT = BallotKind.CONSENT
QUALIFY, DISQUALIFY = ObjectionTransition.QUALIFY, ObjectionTransition.DISQUALIFY
INTEGRATE, OVERRULE = ObjectionTransition.INTEGRATE, ObjectionTransition.OVERRULE
WITHDRAW = ObjectionTransition.WITHDRAW


async def objects(
    world: World, name: str, ballot: UUID, body: str = "It is unsafe.", *, safety: bool = False
) -> UUID:
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        return await raise_objection(uow, ballot_id=ballot, body=body, safety=safety)


async def take(
    world: World,
    name: str,
    objection: UUID,
    transition: ObjectionTransition,
    reason: str = "We looked at it.",
    expected: int | None = None,
) -> UUID:
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        return await advance_objection(
            uow,
            objection_id=objection,
            transition=transition,
            reason=reason,
            expected_revision=expected,
        )


async def standing(world: World, ballot: UUID, name: str = "nurse1") -> Any:
    async with world.database.read() as session:
        [found] = await consensus.of_ballots(session, await world.viewer(name), [ballot])
    assert found is not None
    return found.consensus


async def kept(world: World, ballot: UUID) -> list[Objection]:
    async with world.database.session() as session:
        found = await session.scalars(
            select(Objection).where(Objection.ballot_id == ballot).order_by(Objection.id)
        )
        return list(found)


async def counted(world: World, ballot: UUID) -> OpenObjections:
    async with world.database.session() as session:
        return consensus.open_objections(await session.get_one(Ballot, ballot))


async def told(world: World) -> list[tuple[Audience, str, dict[str, Any]]]:
    """Return every event of objections, in the order of its stream."""
    async with world.database.session() as session:
        events = await session.scalars(
            select(StoredEvent)
            .where(StoredEvent.kind.startswith("OBJECTION"))
            .order_by(StoredEvent.audience, StoredEvent.sequence)
        )
        return [(each.audience, each.kind, each.data) for each in events]


async def agreed(
    world: World,
    kind: BallotKind = CONSENT,
    visibility: BallotVisibility = BallotVisibility.LIVE,
    **rule: Any,
) -> UUID:
    """Open a ballot in which all agree; constituencies are not asked."""
    document = {**dump_rule(default_rule(kind)), "per_constituency": False, **rule}
    ballot = await opened(world, kind, visibility, rule=document)
    choice = {CONSENT: "CONSENT", BallotKind.SENSE_CHECK: "AGREE"}[kind]
    for name in VOTERS:
        await vote(world, name, ballot, choice)
    return ballot


async def test_an_objection_is_kept_told_to_members_and_in_the_way_until_it_is_withdrawn(
    world: World,
) -> None:
    ballot = await agreed(world)
    assert (await standing(world, ballot)).status is Status.CONSENSUS

    id = await objects(world, "nurse1", ballot)
    blocked = await standing(world, ballot)
    await take(world, "nurse1", id, WITHDRAW, reason="")
    restored = await standing(world, ballot)

    assert (blocked.status, blocked.reasons) == (Status.NO_CONSENSUS, ("One objection is open.",))
    assert (restored.status, restored.reasons) == (Status.CONSENSUS, ())
    nurses = str(world.constituencies["Nurses"])
    facts = [
        (
            "OBJECTION_RAISED",
            {
                "objection_id": str(id),
                "ballot_id": str(ballot),
                "constituency_id": nurses,
                "safety": False,
                "body": "It is unsafe.",
            },
        ),
        (
            "OBJECTION_ADVANCED",
            {
                "objection_id": str(id),
                "ballot_id": str(ballot),
                "transition": "WITHDRAW",
                "state": "WITHDRAWN",
                "reason": "",
            },
        ),
    ]
    assert await told(world) == [
        *((Audience.MEMBERS, *fact) for fact in facts),
        *((Audience.MODERATORS, *fact) for fact in facts),
    ]


async def test_a_safety_objection_blocks_a_sense_check_and_others_do_not(world: World) -> None:
    ballot = await agreed(world, BallotKind.SENSE_CHECK)

    await objects(world, "nurse1", ballot)
    assert (await standing(world, ballot)).status is Status.CONSENSUS
    unsafe = await objects(world, "pharmacist1", ballot, safety=True)
    blocked = await standing(world, ballot)
    assert (blocked.status, blocked.reasons) == (
        Status.NO_CONSENSUS,
        ("One safety objection is open.",),
    )
    await take(world, "moderator", unsafe, QUALIFY)
    assert (await standing(world, ballot)).status is Status.NO_CONSENSUS
    await take(world, "moderator", unsafe, INTEGRATE, "The dose is halved.")
    assert (await standing(world, ballot)).status is Status.CONSENSUS


@pytest.mark.parametrize(
    ("steps", "state", "blocks"),
    [
        ([], ObjectionState.RAISED, True),
        ([QUALIFY], ObjectionState.QUALIFIED, True),
        ([DISQUALIFY], ObjectionState.NOT_QUALIFIED, False),
        ([QUALIFY, INTEGRATE], ObjectionState.INTEGRATED, False),
        ([QUALIFY, OVERRULE], ObjectionState.OVERRULED, False),
    ],
)
async def test_a_moderator_judges_and_settles_it_with_reasons(
    world: World, steps: list[ObjectionTransition], state: ObjectionState, *, blocks: bool
) -> None:
    ballot = await agreed(world)
    id = await objects(world, "nurse1", ballot, safety=True)

    for number, step in enumerate(steps):
        await take(world, "moderator", id, step, f"Reason {number}.", expected=number + 1)

    [objection] = await kept(world, ballot)
    reason = f"Reason {len(steps) - 1}." if steps else ""
    assert (objection.state, objection.reason, objection.revision) == (
        state,
        reason,
        len(steps) + 1,
    )
    assert ((await standing(world, ballot)).status is Status.NO_CONSENSUS) is blocks
    if not blocks:
        assert await counted(world, ballot) == NO_OBJECTIONS


async def test_a_vote_object_raises_an_objection_and_leaving_it_withdraws_it(world: World) -> None:
    ballot = await agreed(world)
    cast = await vote(world, "nurse1", ballot, "OBJECT", "It doubles the work.")

    [objection] = await kept(world, ballot)
    assert (objection.body, objection.vote_id, objection.state) == (
        "It doubles the work.",
        cast,
        ObjectionState.RAISED,
    )
    assert objection.person_id == world.people["nurse1"]
    assert (await standing(world, ballot)).status is Status.NO_CONSENSUS
    await vote(world, "nurse1", ballot, "CONCERN")
    [objection] = await kept(world, ballot)
    assert (objection.state, objection.revision) == (ObjectionState.WITHDRAWN, 2)
    assert (await standing(world, ballot)).status is Status.CONSENSUS
    kinds = [(audience, kind) for audience, kind, _ in await told(world)]
    assert kinds == [
        (audience, kind)
        for audience in (Audience.MEMBERS, Audience.MODERATORS)
        for kind in ("OBJECTION_RAISED", "OBJECTION_ADVANCED")
    ]


async def test_the_same_vote_again_raises_nothing_and_other_words_raise_another_one(
    world: World,
) -> None:
    ballot = await agreed(world)
    for words in ("First.", "First.", "Second."):
        await vote(world, "nurse1", ballot, "OBJECT", words)

    assert [(each.body, each.state) for each in await kept(world, ballot)] == [
        ("First.", ObjectionState.WITHDRAWN),
        ("Second.", ObjectionState.RAISED),
    ]
    [_, second] = await kept(world, ballot)
    await take(world, "moderator", second.id, DISQUALIFY)
    await vote(world, "nurse1", ballot, "OBJECT", "Second.")
    assert (await standing(world, ballot)).status is Status.CONSENSUS
    assert len(await kept(world, ballot)) == 2


async def test_that_a_vote_is_about_safety_is_never_lost(world: World) -> None:
    ballot = await agreed(world, safety_alone=True)
    await vote(world, "nurse1", ballot, "OBJECT", "Too fast.")
    assert (await standing(world, ballot)).status is Status.CONSENSUS
    await vote(world, "nurse1", ballot, "OBJECT", "Too fast.", safety=True)

    assert [(each.safety, each.state) for each in await kept(world, ballot)] == [
        (False, ObjectionState.WITHDRAWN),
        (True, ObjectionState.RAISED),
    ]
    assert (await standing(world, ballot)).status is Status.NO_CONSENSUS


async def test_a_vote_that_objects_is_one_statement_and_leaves_no_gap(world: World) -> None:
    ballot = await opened(world, CONSENT)
    await world.viewer("nurse1")
    for choice in ("OBJECT", "CONSENT", "OBJECT"):
        with counting(world.database) as sent:
            await vote(world, "nurse1", ballot, choice, "Because.")
        assert len(sent) - 1 == 1  # the first one reads the viewer's roles
    async with world.database.session() as session:
        rows = await session.execute(
            select(StoredEvent.audience, StoredEvent.sequence)
            .where(StoredEvent.topic_id == world.engagement)
            .order_by(StoredEvent.sequence)
        )
    streams: dict[Audience, list[int]] = {}
    for row in rows:
        streams.setdefault(row.audience, []).append(row.sequence)
    assert all(stream == list(range(1, len(stream) + 1)) for stream in streams.values())


async def test_only_an_objecting_vote_is_about_safety(world: World) -> None:
    ballot = await opened(world, CONSENT)
    with pytest.raises(Invalid, match="Only a vote OBJECT") as refusal:
        await vote(world, "nurse1", ballot, "CONCERN", "Why.", safety=True)
    assert refusal.value.path == ("safety",)


async def test_the_outcome_keeps_what_became_of_each_objection(world: World) -> None:
    ballot = await agreed(world)
    first = await objects(world, "nurse1", ballot)
    await take(world, "moderator", first, DISQUALIFY)
    second = await objects(world, "pharmacist1", ballot, safety=True)
    await close(world, ballot)

    async with world.database.session() as session:
        outcome = (await session.get_one(Ballot, ballot)).outcome
    assert outcome is not None
    assert outcome["status"] == "NO_CONSENSUS"
    assert outcome["reasons"] == ["One safety objection is open."]
    assert outcome["objections"] == [
        {"objection_id": str(first), "state": "NOT_QUALIFIED", "safety": False},
        {"objection_id": str(second), "state": "RAISED", "safety": True},
    ]
    assert (await standing(world, ballot)).open_objections == OpenObjections(raised=1, safety=1)
    with pytest.raises(Conflict, match="The ballot is not open"):
        await take(world, "pharmacist1", second, WITHDRAW)
    with pytest.raises(Conflict, match="it is CLOSED"):
        await objects(world, "nurse1", ballot)


@pytest.mark.parametrize(
    ("name", "transition", "refused", "sentence"),
    [
        ("nurse2", WITHDRAW, NotAllowed, "Only who raised an objection"),
        ("moderator", WITHDRAW, NotAllowed, "Only who raised an objection"),
        ("nurse1", QUALIFY, NotAllowed, "MODERATE"),
        ("moderator", INTEGRATE, Conflict, "this objection is RAISED. Possible now: QUALIFY"),
        ("moderator", OVERRULE, Conflict, "this objection is RAISED"),
        ("stranger", QUALIFY, NotFound, "no objection with this id"),
    ],
)
async def test_a_step_that_is_not_possible_is_refused_and_changes_nothing(
    world: World,
    name: str,
    transition: ObjectionTransition,
    refused: type[DomainError],
    sentence: str,
) -> None:
    ballot = await opened(world, CONSENT)
    id = await objects(world, "nurse1", ballot)
    before = await world.events(world.engagement)

    with pytest.raises(refused, match=sentence):
        await take(world, name, id, transition)
    assert await world.events(world.engagement) == before
    assert [each.state for each in await kept(world, ballot)] == [ObjectionState.RAISED]


async def test_a_judgement_needs_a_reason_and_the_present_revision(world: World) -> None:
    ballot = await opened(world, CONSENT)
    id = await objects(world, "nurse1", ballot)

    with pytest.raises(Invalid, match="reason is empty"):
        await take(world, "moderator", id, QUALIFY, reason=" ")
    with pytest.raises(Conflict, match="it has revision 1"):
        await take(world, "moderator", id, QUALIFY, expected=2)
    with pytest.raises(NotFound):
        await take(world, "moderator", new_id(), QUALIFY)


@pytest.mark.parametrize(
    ("name", "body", "refused"),
    [
        ("moderator", "Why.", NotAllowed),
        ("stranger", "Why.", NotAllowed),
        ("nurse1", " ", Invalid),
        ("nurse1", "x" * 4_001, Invalid),
    ],
)
async def test_an_objection_is_an_electors_and_says_why(
    world: World, name: str, body: str, refused: type[DomainError]
) -> None:
    ballot = await opened(world, CONSENT)
    with pytest.raises(refused):
        await objects(world, name, ballot, body)
    assert await kept(world, ballot) == []


async def test_nobody_objects_to_a_draft(world: World) -> None:
    with pytest.raises(NotFound):
        await objects(world, "nurse1", await draft(world, CONSENT))


async def test_in_a_blind_ballot_nothing_is_told_of_an_objection_but_that_one_came(
    world: World,
) -> None:
    ballot = await agreed(world, visibility=BallotVisibility.AFTER_CLOSE)
    await vote(world, "nurse1", ballot, "OBJECT", "A canary.")
    by_vote = (await kept(world, ballot))[0].id
    assert await told(world) == []

    raised = await objects(world, "nurse2", ballot, "Another canary.", safety=True)
    came = (Audience.MODERATORS, "OBJECTION_RECEIVED", {"ballot_id": str(ballot)})
    assert await told(world) == [came]
    with pytest.raises(NotFound):
        await take(world, "moderator", raised, QUALIFY)
    with pytest.raises(Conflict, match="change the vote"):
        await take(world, "nurse1", by_vote, WITHDRAW)
    blind = await standing(world, ballot, "moderator")
    assert (blind.status, blind.open_objections) == (Status.WITHHELD, NO_OBJECTIONS)

    await take(world, "nurse2", raised, WITHDRAW)
    assert await told(world) == [came, came]
    await close(world, ballot)
    closed = await standing(world, ballot)
    assert closed.reasons == ("One objection is open.",)


async def replayed(world: World, ballot: UUID) -> dict[str, tuple[str, bool]]:
    """Return the state of each objection and whether it is about safety, as events tell it."""
    found: dict[str, tuple[str, bool]] = {}
    for audience, kind, data in await told(world):
        if audience is not Audience.MEMBERS or data["ballot_id"] != str(ballot):
            continue
        id = data["objection_id"]
        if kind == "OBJECTION_RAISED":
            found[id] = ("RAISED", data["safety"])
        else:
            found[id] = (data["state"], found[id][1])
    return found


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_at_once_events_counts_and_tables_agree(
    world: World, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - no secret
    ballot = await opened(world, CONSENT)

    async def something(name: str) -> None:
        open_ = [
            each for each in await kept(world, ballot) if each.state in ("RAISED", "QUALIFIED")
        ]
        try:
            match chance.randrange(4):
                case 0:
                    await objects(world, name, ballot, safety=chance.random() < 0.5)
                case 1 if open_:
                    step = chance.choice(list(ObjectionTransition))
                    await take(world, "moderator", chance.choice(open_).id, step)
                case 2 if open_:
                    await take(world, name, chance.choice(open_).id, WITHDRAW)
                case _:
                    choice = chance.choice(("CONSENT", "OBJECT", "OBJECT"))
                    words, safety = chance.choice("ab"), chance.random() < 0.5
                    await vote(
                        world, name, ballot, choice, words, safety=safety and choice == "OBJECT"
                    )
        except (Conflict, NotAllowed):
            return

    for _ in range(5):
        await asyncio.gather(*(something(name) for name in VOTERS))

    objections = await kept(world, ballot)
    assert await replayed(world, ballot) == {
        str(each.id): (each.state.value, each.safety) for each in objections
    }
    open_ = [each for each in objections if each.state in ("RAISED", "QUALIFIED")]
    assert await counted(world, ballot) == OpenObjections(
        raised=sum(each.state is ObjectionState.RAISED for each in open_),
        qualified=sum(each.state is ObjectionState.QUALIFIED for each in open_),
        safety=sum(each.safety for each in open_),
    )


async def test_nobody_objects_after_the_deadline(world: World) -> None:
    ballot = await opened(world, closes_at=datetime.now(UTC) + timedelta(days=1))
    await set_back(world, ballot, "closes_at")

    with pytest.raises(Conflict, match=r"^Objecting was possible until the deadline"):
        await objects(world, "nurse1", ballot)
    assert await counted(world, ballot) == NO_OBJECTIONS
