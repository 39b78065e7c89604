"""The steps of a ballot beside opening and closing: their reasons, events and refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.errors import Conflict, Invalid
from domain.lifecycle import BallotState, BallotTransition, EngagementState
from domain.models.ballots import Ballot, BallotVisibility
from domain.models.engagements import Engagement
from domain.models.topics import StoredEvent
from domain.permissions import Audience
from tests.ballots import advance, close, draft, opened, set_back, vote
from tests.world import World

SOON = datetime.now(UTC) + timedelta(days=1)
LATER = SOON + timedelta(days=1)
T = BallotTransition


async def read(world: World, ballot: UUID) -> Ballot:
    async with world.database.session() as session:
        return await session.get_one(Ballot, ballot)


async def last_event(world: World, kind: str) -> dict[Audience, dict[str, Any]]:
    async with world.database.read() as session:
        rows = await session.scalars(select(StoredEvent).where(StoredEvent.kind == kind))
        return {row.audience: row.data for row in rows}


async def test_a_scheduled_ballot_is_announced_and_opened_by_hand_before_its_time(
    world: World,
) -> None:
    ballot = await draft(world, opens_at=SOON, closes_at=LATER)
    await advance(world, ballot, T.SCHEDULE, "For next week.")

    found = await read(world, ballot)
    assert (found.state, found.opens_at, found.closes_at) == (BallotState.SCHEDULED, SOON, LATER)
    assert found.state_reason == "For next week."
    assert set(await last_event(world, "BALLOT_SCHEDULED")) == set(Audience)
    with pytest.raises(Conflict, match="it is SCHEDULED"):
        await vote(world, "nurse1", await draft_scheduled(world), "AGREE")

    await advance(world, ballot, T.OPEN)
    await vote(world, "nurse1", ballot, "AGREE")


async def draft_scheduled(world: World) -> UUID:
    """Schedule a ballot, with an electorate that its opening would enter."""
    ballot = await draft(world, opens_at=SOON)
    await advance(world, ballot, T.SCHEDULE)
    return ballot


async def test_only_what_has_a_time_of_opening_is_scheduled(world: World) -> None:
    with pytest.raises(Conflict, match="no time of opening"):
        await advance(world, await draft(world), T.SCHEDULE)


@pytest.mark.parametrize(
    ("times", "path"),
    [
        ({"opens_at": LATER, "closes_at": SOON}, ("closes_at",)),
        ({"opens_at": SOON, "closes_at": SOON}, ("closes_at",)),
        ({"closes_at": datetime(2026, 1, 1)}, ("closes_at",)),  # noqa: DTZ001 - that is the point
        ({"opens_at": datetime(2026, 1, 1)}, ("opens_at",)),  # noqa: DTZ001 - as above
    ],
)
async def test_times_that_cannot_be_are_refused(
    world: World, times: dict[str, Any], path: tuple[str, ...]
) -> None:
    with pytest.raises(Invalid) as refusal:
        await draft(world, **times)

    assert refusal.value.path == path


async def test_nothing_opens_after_its_deadline(world: World) -> None:
    ballot = await draft(world, closes_at=SOON)
    await set_back(world, ballot, "closes_at")

    with pytest.raises(Conflict, match="deadline has passed"):
        await advance(world, ballot, T.OPEN)


async def test_no_vote_is_taken_from_the_deadline_on_though_nothing_has_closed(
    world: World,
) -> None:
    ballot = await opened(world, closes_at=SOON)
    first = await vote(world, "nurse1", ballot, "AGREE", key="k")
    await set_back(world, ballot, "closes_at")

    with pytest.raises(Conflict, match="until the deadline"):
        await vote(world, "nurse1", ballot, "DISAGREE")
    with pytest.raises(Conflict, match="until the deadline"):
        await vote(world, "nurse2", ballot, "AGREE", key="other")
    assert await vote(world, "nurse1", ballot, "AGREE", key="k") == first
    assert (await read(world, ballot)).state is BallotState.OPEN


async def test_an_extension_is_a_later_deadline_with_a_reason(world: World) -> None:
    ballot = await opened(world, closes_at=SOON)
    await advance(world, ballot, T.EXTEND, "Half are on leave.", closes_at=LATER)

    found = await read(world, ballot)
    assert (found.state, found.closes_at, found.state_reason) == (
        BallotState.OPEN,
        LATER,
        "Half are on leave.",
    )
    events = await last_event(world, "BALLOT_EXTENDED")
    assert set(events) == set(Audience)
    assert events[Audience.PUBLIC]["closes_at"] == LATER.isoformat()


@pytest.mark.parametrize(
    "closes_at", [None, SOON, SOON - timedelta(hours=1), datetime(2026, 1, 1, tzinfo=UTC)]
)
async def test_an_extension_is_later_than_the_deadline_and_than_now(
    world: World, closes_at: datetime | None
) -> None:
    ballot = await opened(world, closes_at=SOON)

    with pytest.raises(Invalid) as refusal:
        await advance(world, ballot, T.EXTEND, "Why not.", closes_at=closes_at)

    assert refusal.value.path == ("closes_at",)
    assert (await read(world, ballot)).closes_at == SOON


async def test_what_has_no_deadline_or_has_passed_it_is_not_extended(world: World) -> None:
    endless = await opened(world)
    with pytest.raises(Conflict, match="no deadline"):
        await advance(world, endless, T.EXTEND, "x", closes_at=LATER)

    over = await opened(world, closes_at=SOON)
    await set_back(world, over, "closes_at")
    with pytest.raises(Conflict, match="deadline has passed"):
        await advance(world, over, T.EXTEND, "x", closes_at=LATER)


async def test_a_ballot_is_deferred_once_and_what_was_cast_stands(world: World) -> None:
    ballot = await opened(world, closes_at=SOON)
    await vote(world, "nurse1", ballot, "AGREE")
    await advance(world, ballot, T.DEFER, "The text is being checked.")

    with pytest.raises(Conflict, match="it is DEFERRED"):
        await vote(world, "nurse2", ballot, "AGREE")
    await set_back(world, ballot, "closes_at")
    with pytest.raises(Conflict, match="please set a later one"):
        await advance(world, ballot, T.RESUME)
    await advance(world, ballot, T.EXTEND, "It took long.", closes_at=LATER)
    await advance(world, ballot, T.RESUME)
    await vote(world, "nurse2", ballot, "AGREE")

    with pytest.raises(Conflict, match="possible once"):
        await advance(world, ballot, T.DEFER, "Again.")
    await close(world, ballot)
    outcome = (await read(world, ballot)).outcome
    assert outcome is not None
    assert outcome["turnout"]["voted"] == 2


async def test_nothing_resumes_where_its_exercise_is_closed(world: World) -> None:
    ballot = await opened(world)
    await advance(world, ballot, T.DEFER, "Wait.")
    async with world.database.session() as session:
        (await session.get_one(Engagement, world.engagement)).state = EngagementState.CLOSED
        await session.commit()

    with pytest.raises(Conflict, match="not open"):
        await advance(world, ballot, T.RESUME)


@pytest.mark.parametrize("visibility", BallotVisibility)
async def test_a_cancelled_ballot_has_a_reason_and_no_outcome(
    world: World, visibility: BallotVisibility
) -> None:
    ballot = await opened(world, visibility=visibility)
    await vote(world, "nurse1", ballot, "AGREE")
    await advance(world, ballot, T.CANCEL, "The question was wrong.")

    found = await read(world, ballot)
    assert (found.state, found.outcome) == (BallotState.CANCELLED, None)
    assert found.state_reason == "The question was wrong."
    assert (await last_event(world, "BALLOT_ADVANCED"))[Audience.PUBLIC] == {
        "ballot_id": str(ballot),
        "transition": "CANCEL",
        "state": "CANCELLED",
        "reason": "The question was wrong.",
    }
    with pytest.raises(Conflict, match="it is CANCELLED"):
        await vote(world, "nurse2", ballot, "AGREE")
    with pytest.raises(Conflict, match="Nothing follows that"):
        await close(world, ballot)


async def test_a_decision_is_stated_beside_the_outcome_which_stays(world: World) -> None:
    ballot = await opened(world)
    with pytest.raises(Conflict, match="DECIDE is not possible: this ballot is OPEN"):
        await advance(world, ballot, T.DECIDE, "x", decision="Adopted.")
    await close(world, ballot)
    before = (await read(world, ballot)).outcome
    for decision in (None, " "):
        with pytest.raises(Invalid) as refusal:
            await advance(world, ballot, T.DECIDE, "The board agreed.", decision=decision)
        assert refusal.value.path == ("decision",)
    await advance(world, ballot, T.DECIDE, "The board agreed.", decision="Adopted.")

    found = await read(world, ballot)
    assert (found.state, found.decision) == (BallotState.DECIDED, "Adopted.")
    assert found.outcome == before
    assert (await last_event(world, "BALLOT_DECIDED"))[Audience.MEMBERS]["decision"] == "Adopted."


@pytest.mark.parametrize("step", [T.DEFER, T.CANCEL, T.EXTEND])
async def test_steps_that_people_ask_about_need_a_reason(
    world: World, step: BallotTransition
) -> None:
    ballot = await opened(world, closes_at=SOON)

    with pytest.raises(Invalid) as refusal:
        await advance(world, ballot, step, " ")

    assert refusal.value.path == ("reason",)


@pytest.mark.parametrize(
    ("step", "name", "value"),
    [
        (T.CLOSE, "question", "Or so?"),
        (T.CLOSE, "closes_at", LATER),
        (T.CLOSE, "decision", "Adopted."),
        (T.EXTEND, "decision", "Adopted."),
        (T.DEFER, "closes_at", LATER),
    ],
)
async def test_what_a_step_does_not_take_is_refused(
    world: World, step: BallotTransition, name: str, value: Any
) -> None:
    ballot = await opened(world, closes_at=SOON)

    with pytest.raises(Invalid, match=f"{step} takes no") as refusal:
        await advance(world, ballot, step, "x", **{name: value})

    assert refusal.value.path == (name,)
    assert (await read(world, ballot)).revision == 2
