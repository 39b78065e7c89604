"""What goes with no secret ballot is refused, and what happens around one leaves it alone."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.commands.ballots import edit_ballot
from domain.commands.objections import raise_objection
from domain.commands.papers import cast_paper, take_paper
from domain.commands.proxies import name_proxy
from domain.commands.votes import Casting, cast_vote
from domain.consensus.choices import LISTED, BallotKind
from domain.consensus.results import Status
from domain.consensus.rounds import RoundPlan
from domain.errors import Conflict, Invalid, NotAllowed
from domain.lifecycle import BallotTransition
from domain.models.ballots import Ballot, BallotSecrecy, BallotVisibility
from domain.models.comments import SubjectKind
from domain.models.papers import Paper, PaperVote
from domain.models.topics import StoredEvent
from domain.permissions import ANYONE, Audience
from domain.queries import agreement, past_consensus, reminders
from domain.unit_of_work import UnitOfWork
from tests.ballots import VOTERS, advance, close, counts, draft, opened, vote
from tests.commands.test_interests import declares
from tests.commands.test_papers import cast, stored, taken
from tests.commands.test_releases import told
from tests.commands.test_stale_votes import heading, perform
from tests.schema.test_reminders import remind
from tests.world import World

SECRET = [BallotSecrecy.CONFIDENTIAL, BallotSecrecy.UNLINKABLE]


@pytest.mark.parametrize("secrecy", SECRET)
@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"kind": BallotKind.CONSENT}, "secrecy"),
        ({"kind": BallotKind.RANKING}, "secrecy"),
        ({"kind": BallotKind.MULTIPLE_CHOICE}, "secrecy"),
        ({"round_plan": RoundPlan(most_rounds=2)}, "round_plan"),
        ({"visibility": BallotVisibility.AFTER_OWN_VOTE}, "visibility"),
    ],
)
async def test_what_does_not_go_with_secrecy_is_neither_drafted_nor_edited_in(
    world: World, secrecy: BallotSecrecy, wrong: dict[str, Any], path: str
) -> None:
    with pytest.raises(Invalid, match=f"A ballot that is {secrecy}") as refused:
        await draft(world, **{"secrecy": secrecy, **wrong})
    assert refused.value.path == (path,)
    assert await stored(world, Ballot) == []

    named = await draft(world, **wrong)
    with pytest.raises(Invalid, match=f"A ballot that is {secrecy}"):
        async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
            await edit_ballot(uow, ballot_id=named, expected_revision=None, secrecy=secrecy)
    [kept] = await stored(world, Ballot)
    assert (kept.secrecy, kept.revision) == (BallotSecrecy.NAMED, 1)


@pytest.mark.parametrize("secrecy", SECRET)
async def test_nobody_objects_or_votes_by_proxy_in_a_secret_ballot(
    world: World, secrecy: BallotSecrecy
) -> None:
    ballot = await opened(world, secrecy=secrecy)
    nurse = await world.viewer("nurse1")
    with pytest.raises(Conflict, match="Objecting is possible in ballots that are NAMED"):
        async with UnitOfWork(world.database, nurse) as uow:
            await raise_objection(uow, ballot_id=ballot, body="Harm.", safety=True)
    with pytest.raises(Conflict, match="Voting by proxy is possible in ballots that are NAMED"):
        async with UnitOfWork(world.database, nurse) as uow:
            await name_proxy(uow, ballot_id=ballot, proxy_id=world.people["nurse2"])


@pytest.mark.parametrize("secrecy", SECRET)
async def test_not_even_a_moderator_casts_the_vote_of_somebody_else(
    world: World, secrecy: BallotSecrecy
) -> None:
    ballot = await opened(world, secrecy=secrecy)
    casting = Casting(
        viewer=await world.viewer("moderator"),
        ballot_id=ballot,
        choice="AGREE",
        on_behalf_of_id=world.people["nurse1"],
    )
    with pytest.raises(Conflict, match=f"This ballot is {secrecy}"):
        await cast_vote(world.database, casting)
    assert not any(map(sum, (await counts(world, ballot)).values()))


@pytest.mark.parametrize("secrecy", SECRET)
async def test_an_interest_takes_nobody_out_of_a_secret_ballot_that_is_open(
    world: World, secrecy: BallotSecrecy
) -> None:
    await declares(world, "nurse2")
    ballot = await opened(world, secrecy=secrecy)
    if secrecy is BallotSecrecy.UNLINKABLE:
        with pytest.raises(NotAllowed, match="You are recused"):
            await take_paper(world.database, await world.viewer("nurse2"), ballot_id=ballot)
        await cast(world, await taken(world, "nurse1", ballot), "AGREE")
    else:
        await vote(world, "nurse1", ballot, "AGREE")
    before = await counts(world, ballot)

    await declares(world, "nurse1")

    assert await counts(world, ballot) == before
    assert not [row for row in await stored(world, StoredEvent) if row.kind == "ELECTOR_RECUSED"]


@pytest.mark.parametrize("secrecy", SECRET)
async def test_a_material_edit_waits_for_a_secret_ballot_about_what_is_edited(
    world: World, secrecy: BallotSecrecy
) -> None:
    ballot = await opened(world, secrecy=secrecy, subject=(SubjectKind.SECTION, world.sections[0]))
    with pytest.raises(Conflict, match="A secret ballot about this is being held") as refused:
        await perform(world, heading)
    assert refused.value.path == ("material",)

    await perform(world, heading, material=False)
    await close(world, ballot)
    await perform(world, heading)


async def test_no_paper_is_taken_or_cast_after_the_deadline(world: World) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    ballot = await opened(world, secrecy=BallotSecrecy.UNLINKABLE, closes_at=later)
    secret = await taken(world, "nurse1", ballot)
    async with world.database.session() as session:
        await session.execute(update(Ballot).values(closes_at=later - timedelta(hours=2)))
        await session.commit()

    with pytest.raises(Conflict, match="Taking a paper was possible until the deadline"):
        await taken(world, "nurse2", ballot)
    with pytest.raises(Conflict, match="Voting was possible until the deadline"):
        await cast_paper(world.database, ANYONE, secret=secret, choice="AGREE", rationale="")


async def test_the_papers_of_a_cancelled_ballot_are_shuffled_too(world: World) -> None:
    ballot = await opened(world, secrecy=BallotSecrecy.UNLINKABLE)
    await cast(world, await taken(world, "nurse1", ballot), "AGREE")
    await taken(world, "nurse2", ballot)

    await advance(world, ballot, BallotTransition.CANCEL, "It was wrong.")

    assert await stored(world, Paper) == []
    assert [each.choice for each in await stored(world, PaperVote)] == [0]


async def test_who_took_their_paper_is_not_reminded(world: World) -> None:
    ballot = await opened(world, secrecy=BallotSecrecy.UNLINKABLE)
    await taken(world, "nurse1", ballot)
    await remind(world, ballot)

    async with world.database.read() as session:
        for name, expected in (("nurse1", []), ("nurse2", [ballot])):
            viewer = await world.viewer(name)
            [found] = await reminders.of_people(session, viewer, [world.people[name]])
            assert [each.id for each in found or []] == expected


async def test_of_secret_ballots_no_figure_over_several_and_no_past_is_told(world: World) -> None:
    ballot = await opened(world, secrecy=BallotSecrecy.CONFIDENTIAL, smallest_count=2)
    for name in VOTERS:
        await vote(world, name, ballot, "AGREE")
    await close(world, ballot)

    for name in ("nurse1", "moderator"):
        viewer = await world.viewer(name)
        async with world.database.read() as session:
            [agreed] = await agreement.of_sense_checks(session, viewer, [world.engagement])
            past = await past_consensus.of_ballots(session, viewer, [ballot], 1)
        assert agreed.items == 0
        assert past == [None]


@pytest.mark.parametrize("kind", sorted(LISTED))
async def test_of_listed_options_the_public_is_told_which_win_and_no_count(
    world: World, kind: BallotKind
) -> None:
    ballot = await opened(world, kind, smallest_count=2)
    for name in VOTERS:
        await vote(world, name, ballot, options=(1,))
    await close(world, ballot)

    members, public = await told(world, "nurse1", ballot), await told(world, None, ballot)
    assert members is not None
    assert members.overall is not None
    assert public is not None
    assert public.overall is not None
    assert (public.status, public.by_constituency) == (members.status, ())
    assert public.overall.winners == members.overall.winners == (1,)
    assert set(public.overall.counts) == {None}
    assert (public.overall.voted, public.overall.in_favour) == (None, None)


async def test_how_many_object_is_not_told_to_the_public(world: World) -> None:
    ballot = await opened(world, BallotKind.CONSENT, smallest_count=2)
    for name in VOTERS:
        await vote(world, name, ballot, "CONSENT")
    async with UnitOfWork(world.database, await world.viewer("nurse1")) as uow:
        await raise_objection(uow, ballot_id=ballot, body="Harm.", safety=True)
    await close(world, ballot)

    members, public = await told(world, "nurse1", ballot), await told(world, None, ballot)
    assert members is not None
    assert members.open_objections.number == 1
    assert public is not None
    assert public.status is members.status is not Status.CONSENSUS
    assert public.open_objections.number == 0
    assert public.reasons == (
        "Counts of fewer than 2 people are withheld, and what would tell them.",
    )
    async with world.database.read() as session:
        [data] = await session.scalars(
            select(StoredEvent.data).where(
                StoredEvent.kind == "BALLOT_CLOSED", StoredEvent.audience == Audience.PUBLIC
            )
        )
    assert data["outcome"]["objections"] == []
    assert data["outcome"]["open_objections"] == asdict(public.open_objections)


async def test_a_next_round_or_a_material_edit_closes_the_eyes_that_an_own_vote_opened(
    world: World,
) -> None:
    ballot = await opened(
        world,
        visibility=BallotVisibility.AFTER_OWN_VOTE,
        subject=(SubjectKind.SECTION, world.sections[0]),
        round_plan=RoundPlan(most_rounds=2),
    )
    for step in (None, "edit", "round"):
        if step == "edit":
            await perform(world, heading)
        elif step == "round":
            await advance(world, ballot, BallotTransition.CLOSE_ROUND)
            await advance(world, ballot, BallotTransition.NEXT_ROUND, "Once more.")
        assert await told(world, "nurse1", ballot) is None
        await vote(world, "nurse1", ballot, "AGREE")
        assert await told(world, "nurse1", ballot) is not None

    changes = [row for row in await stored(world, StoredEvent) if row.kind == "RIGHTS_CHANGED"]
    own = [row for row in changes if row.data["person_id"] == str(world.people["nurse1"])]
    # Seeing is three rights that came, and two that went.
    assert len(own[-5:]) == len({row.sequence for row in own[-5:]}) == 5
