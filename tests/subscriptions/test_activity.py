"""The promise to subscribers: a snapshot, then every event once and in order, or a reset."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from domain.commands import comments, facilitators, memberships
from domain.database import Database, create_engine
from domain.models.comments import SubjectKind
from domain.models.people import ScopeKind
from domain.models.topics import Topic
from domain.permissions import ANYONE, Audience, Role, Viewer
from domain.retention import forget
from domain.unit_of_work import UnitOfWork
from subscriptions.feed import parse_cursor
from subscriptions.rights import Follower
from tests.conftest import Server
from tests.subscriptions.live import Live, process
from tests.world import World

ACTIVITY = """
subscription ($topic: ID!, $after: String, $kinds: [EventKind!]) {
  activity(topicId: $topic, after: $after, kinds: $kinds) {
    __typename
    ... on ActivitySnapshot {
      cursor sequence
      topic { ... on Engagement { title threads { totalCount nodes { comments { totalCount } } } } }
    }
    ... on ActivityEvent {
      cursor sequence kind actor { name }
      subject { __typename ... on Comment { body } }
    }
    ... on Reset { message }
  }
}
"""


async def comment(world: World, viewer: Viewer, body: str) -> None:
    async with UnitOfWork(world.database, viewer) as uow:
        await comments.open_thread(
            uow,
            topic_id=world.engagement,
            subject_kind=SubjectKind.SECTION,
            subject_id=world.sections[0],
            body=body,
        )


def topic(world: World) -> str:
    return world.id("Engagement", world.engagement)


async def test_a_snapshot_and_then_each_event_as_it_happens(live: Live, world: World) -> None:
    nurse = await world.viewer("nurse1")
    await comment(world, nurse, "Before.")

    async with live.subscribe(nurse, ACTIVITY, topic=topic(world)) as messages:
        snapshot = await messages.next()
        await comment(world, await world.viewer("pharmacist1"), "After.")
        opened, added = await messages.take(2)

    assert snapshot["__typename"] == "ActivitySnapshot"
    assert snapshot["sequence"] == 2
    assert snapshot["topic"]["threads"]["totalCount"] == 1
    assert [opened["sequence"], added["sequence"]] == [3, 4]
    assert [opened["kind"], added["kind"]] == ["THREAD_OPENED", "COMMENT_ADDED"]
    assert added["subject"] == {"__typename": "Comment", "body": "After."}
    assert added["actor"] == {"name": "Pharmacist1"}


async def test_a_cursor_resumes_after_exactly_what_was_seen(live: Live, world: World) -> None:
    nurse = await world.viewer("nurse1")
    async with live.subscribe(nurse, ACTIVITY, topic=topic(world)) as messages:
        await messages.next()
        await comment(world, nurse, "Seen.")
        _, seen = await messages.take(2)
    await comment(world, nurse, "Missed.")

    async with live.subscribe(
        nurse, ACTIVITY, topic=topic(world), after=seen["cursor"]
    ) as messages:
        _, missed = await messages.take(2)

    assert missed["sequence"] == seen["sequence"] + 2
    assert missed["subject"]["body"] == "Missed."


async def test_rights_that_are_renewed_while_somebody_resumes_leave_them_their_cursor(
    live: Live, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nurse = await world.viewer("nurse1")
    async with live.subscribe(nurse, ACTIVITY, topic=topic(world)) as messages:
        seen = await messages.next()
    await comment(world, nurse, "Missed.")
    rights = live.hub.feed.rights
    enter = rights.enter

    async def renewed(person_id: UUID, follower: Follower) -> Viewer | None:
        entering = asyncio.create_task(enter(person_id, follower))
        await asyncio.sleep(0)
        assert rights.viewer(person_id) is None
        await rights.renew_some()
        assert rights.viewer(person_id) == nurse
        return await entering

    monkeypatch.setattr(rights, "enter", renewed)
    async with live.subscribe(
        nurse, ACTIVITY, topic=topic(world), after=seen["cursor"]
    ) as messages:
        missed = await messages.take(2)

    assert [each["sequence"] for each in missed] == [seen["sequence"] + 1, seen["sequence"] + 2]


async def test_only_the_kinds_that_were_asked_for_are_delivered(live: Live, world: World) -> None:
    nurse = await world.viewer("nurse1")
    async with live.subscribe(
        nurse, ACTIVITY, topic=topic(world), kinds=["COMMENT_ADDED"]
    ) as messages:
        await messages.next()
        await comment(world, nurse, "One.")
        await comment(world, nurse, "Two.")
        first, second = await messages.take(2)

    assert [first["kind"], second["kind"]] == ["COMMENT_ADDED", "COMMENT_ADDED"]
    assert [first["sequence"], second["sequence"]] == [2, 4]


async def test_a_snapshot_holds_exactly_what_its_sequence_says(live: Live, world: World) -> None:
    nurse = await world.viewer("nurse1")
    stop = asyncio.Event()

    async def write() -> None:
        while not stop.is_set():
            await comment(world, nurse, "More.")

    writing = asyncio.create_task(write())
    for _ in range(10):
        async with live.subscribe(nurse, ACTIVITY, topic=topic(world)) as messages:
            snapshot = await messages.next()
        # Every thread here comes with one comment, so two events.
        assert snapshot["topic"]["threads"]["totalCount"] * 2 == snapshot["sequence"]
    stop.set()
    await writing


async def test_a_storm_of_writers_leaves_no_gap(live: Live, world: World) -> None:
    viewers = [await world.viewer(name) for name in ("nurse1", "nurse2", "pharmacist1")]
    async with live.subscribe(viewers[0], ACTIVITY, topic=topic(world)) as messages:
        start = (await messages.next())["sequence"]
        await asyncio.gather(
            *(comment(world, viewer, f"{i}") for viewer in viewers for i in range(20))
        )
        events = await messages.take(120)

    assert [event["sequence"] for event in events] == list(range(start + 1, start + 121))


async def test_two_workers_see_the_same_gapless_order(
    server: Server, database_name: str, world: World
) -> None:
    url = server.server.url("concordat_app", database_name)
    nurse = await world.viewer("nurse1")

    async def worker() -> list[tuple[int, str]]:
        database = Database(create_engine(url))
        try:
            async with (
                process(database, url) as live,
                live.subscribe(nurse, ACTIVITY, topic=topic(world)) as messages,
            ):
                await messages.next()
                ready.release()
                return [
                    (event["sequence"], (event["subject"] or {}).get("body", ""))
                    for event in await messages.take(40)
                ]
        finally:
            await database.close()

    ready = asyncio.Semaphore(0)
    workers = [asyncio.create_task(worker()) for _ in range(2)]
    for _ in workers:
        await ready.acquire()
    await asyncio.gather(*(comment(world, nurse, f"{number}") for number in range(20)))
    first, second = await asyncio.gather(*workers)

    assert first == second
    assert [sequence for sequence, _ in first] == list(range(1, 41))


async def test_a_database_that_goes_away_costs_time_and_no_event(
    live: Live, world: World, server: Server, database_name: str
) -> None:
    nurse = await world.viewer("nurse1")
    async with live.subscribe(nurse, ACTIVITY, topic=topic(world)) as messages:
        snapshot = await messages.next()
        for number in range(3):
            await server.statement(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE datname = '{database_name}'"
            )
            # Whoever writes is told to try again, and does.
            document = (
                "mutation ($input: OpenThreadInput!) { openThread(input: $input) { __typename } }"
            )
            input = {
                "topicId": topic(world),
                "subjectId": world.id("Section", world.sections[0]),
                "body": f"{number}",
                "idempotencyKey": f"{number}",
            }
            result = await live.execute(nurse, document, input=input)
            while "errors" in result:
                assert result["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
                result = await live.execute(nurse, document, input=input)
        events = await messages.take(6)

    assert [event["sequence"] for event in events] == [
        snapshot["sequence"] + number for number in range(1, 7)
    ]
    assert [event["subject"]["body"] for event in events[1::2]] == ["0", "1", "2"]


async def reset(live: Live, world: World, viewer: Viewer, cursor: str) -> list[dict[str, Any]]:
    async with live.subscribe(viewer, ACTIVITY, topic=topic(world), after=cursor) as messages:
        return await messages.take(2)


async def test_another_audience_resets_with_a_new_snapshot(live: Live, world: World) -> None:
    async with live.subscribe(ANYONE, ACTIVITY, topic=topic(world)) as messages:
        snapshot = await messages.next()

    lost, again = await reset(live, world, await world.viewer("nurse1"), snapshot["cursor"])

    assert lost == {
        "__typename": "Reset",
        "message": "What you may read here has changed since this cursor.",
    }
    assert again["__typename"] == "ActivitySnapshot"


async def test_a_history_that_is_not_kept_any_more_resets(
    live: Live, world: World, server: Server, database_name: str
) -> None:
    nurse = await world.viewer("nurse1")
    async with live.subscribe(nurse, ACTIVITY, topic=topic(world)) as messages:
        snapshot = await messages.next()
    await comment(world, nurse, "One.")
    await comment(world, nurse, "Two.")
    removed = await forget(server.server.url("postgres", database_name), datetime.now(UTC))
    await comment(world, nurse, "Three.")

    lost, again = await reset(live, world, nurse, snapshot["cursor"])

    # Four events of each of three audiences.
    assert removed == 12
    assert lost["message"] == "The events after this cursor are not kept any more."
    assert again["sequence"] == 6


async def test_a_restored_history_resets_those_who_follow(live: Live, world: World) -> None:
    nurse = await world.viewer("nurse1")
    async with live.subscribe(nurse, ACTIVITY, topic=topic(world)) as messages:
        snapshot = await messages.next()
        async with world.database.session() as session:
            found = await session.get_one(Topic, world.engagement)
            found.epoch += 1
            await session.commit()
        lost, again = await messages.take(2)
    resumed = await reset(live, world, nurse, snapshot["cursor"])

    assert [lost["__typename"], again["__typename"]] == ["Reset", "ActivitySnapshot"]
    assert "backup" in resumed[0]["message"]


async def test_a_persons_own_topic_is_followed_by_nobody_else(live: Live, world: World) -> None:
    own = world.id("Person", world.people["nurse1"])
    for name in ("admin", "secretary", "moderator", "nurse2"):
        async with live.subscribe(await world.viewer(name), ACTIVITY, topic=own) as messages:
            [error] = (await messages.result())["errors"]
        assert error["extensions"]["code"] == "NOT_FOUND"
    async with live.subscribe(await world.viewer("nurse1"), ACTIVITY, topic=own) as messages:
        assert (await messages.next())["__typename"] == "ActivitySnapshot"


async def test_who_loses_a_role_is_reset_to_what_they_may_still_read(
    live: Live, world: World
) -> None:
    async with live.subscribe(
        await world.viewer("moderator"), ACTIVITY, topic=topic(world)
    ) as messages:
        await messages.next()
        async with UnitOfWork(world.database, await world.viewer("admin")) as uow:
            await memberships.withdraw_role(
                uow,
                person_id=world.people["moderator"],
                role=Role.MODERATOR,
                scope_kind=ScopeKind.ENGAGEMENT,
                scope_id=world.engagement,
            )
        lost, again = await messages.take(2)

    assert lost["message"] == "What you may read here has changed."
    assert again["__typename"] == "ActivitySnapshot"


async def test_who_facilitates_is_told_what_moderators_are_told_until_they_hand_over(
    live: Live, world: World
) -> None:
    moderator, nurse = await world.viewer("moderator"), await world.viewer("nurse1")
    people = [world.people["nurse1"], world.people["nurse2"]]
    turn: dict[str, Any] = {"topic_id": world.engagement, "expected_revision": None}
    async with UnitOfWork(world.database, moderator) as uow:
        await facilitators.set_facilitators(uow, person_ids=people, **turn)
    async with live.subscribe(nurse, ACTIVITY, topic=topic(world)) as messages:
        told = [await messages.next()]
        for _ in people:
            async with UnitOfWork(world.database, moderator) as uow:
                await facilitators.hand_over_facilitation(uow, **turn)
            told += await messages.take(2)
        await comment(world, nurse, "Something.")
        told.append(await messages.next())

    streams = [parse_cursor(each["cursor"]) for each in told if "cursor" in each]
    assert [each and each.audience for each in streams] == [
        Audience.MEMBERS,
        Audience.MODERATORS,
        Audience.MEMBERS,
        Audience.MEMBERS,
    ]
    assert [each["__typename"] for each in told] == [
        "ActivitySnapshot",
        *["Reset", "ActivitySnapshot"] * 2,
        "ActivityEvent",
    ]


async def test_who_gains_and_loses_a_role_all_the_time_never_has_half_of_a_stream(
    live: Live, world: World
) -> None:
    nurse, admin = await world.viewer("nurse1"), await world.viewer("admin")
    moderating: dict[str, Any] = {
        "person_id": world.people["nurse1"],
        "role": Role.MODERATOR,
        "scope_kind": ScopeKind.ENGAGEMENT,
        "scope_id": world.engagement,
    }
    async with live.subscribe(nurse, ACTIVITY, topic=topic(world)) as messages:
        for change in [memberships.grant_role, memberships.withdraw_role] * 10:
            async with UnitOfWork(world.database, admin) as uow:
                await change(uow, **moderating)
            await comment(world, nurse, "Something.")
        told = [await messages.next()]
        while told[-1].get("sequence") != 2 * 20:  # a thread and a comment each time
            told.append(await messages.next())

    assert told[0]["__typename"] == "ActivitySnapshot"
    for before, message in pairwise(told):
        if message["__typename"] != "Reset":
            after_reset = before["__typename"] == "Reset"
            assert (message["__typename"] == "ActivitySnapshot") == after_reset
        if message["__typename"] == "ActivityEvent":
            assert message["sequence"] == before["sequence"] + 1


async def test_who_may_not_know_of_a_topic_any_more_gets_nothing_of_it(
    live: Live, world: World
) -> None:
    nurse = await world.viewer("nurse1")
    async with live.subscribe(ANYONE, ACTIVITY, topic=topic(world)) as messages:
        await messages.next()
        async with world.database.session() as session:
            found = await session.get_one(Topic, world.engagement)
            found.public = False
            await session.commit()
        await comment(world, nurse, "Only for members.")
        result = await messages.result()

    assert result["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert "Only for members" not in str(result)


@pytest.mark.parametrize("cursor", ["", "x", "cG9zaXRpb246YQ==", "💥", "cG9zaXRpb246YTpiOmM6ZA=="])
async def test_a_cursor_of_no_sort_is_refused(live: Live, world: World, cursor: str) -> None:
    error = await live.refused(
        await world.viewer("nurse1"), ACTIVITY, topic=topic(world), after=cursor
    )

    assert error["extensions"]["code"] == "INVALID"


async def test_a_cursor_of_another_topic_is_refused(live: Live, world: World) -> None:
    nurse = await world.viewer("nurse1")
    specification = world.id("Specification", world.specification)
    async with live.subscribe(nurse, ACTIVITY, topic=specification) as messages:
        snapshot = await messages.next()

    async with live.subscribe(
        nurse, ACTIVITY, topic=topic(world), after=snapshot["cursor"]
    ) as messages:
        result = await messages.result()

    assert result["errors"][0]["message"] == "This cursor is of another topic."
