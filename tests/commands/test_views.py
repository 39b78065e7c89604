"""Views: given by members of organisations that vote, for whoever casts the position."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.commands.interests import declare_interest, withdraw_interest
from domain.commands.sections import edit_section
from domain.commands.views import withdraw_view
from domain.consensus.choices import BallotKind, ReasonPolicy
from domain.consensus.rounds import RoundPlan
from domain.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.lifecycle import BallotTransition
from domain.models.ballots import BallotVisibility, VotesBy
from domain.models.comments import SubjectKind
from domain.models.interests import Mitigation
from domain.models.topics import StoredEvent
from domain.models.views import View, ViewRevision, ViewState
from domain.permissions import ANYONE, Audience
from domain.queries import views
from domain.queries.pages import Page
from domain.queries.views import ViewTally
from domain.unit_of_work import UnitOfWork
from tests.ballots import advance, close, counts, draft, next_round, opened, set_back, vote
from tests.organisations import Organisations, asked, discussed, give, organised
from tests.world import World

EVERYBODY = (
    "admin",
    "secretary",
    "moderator",
    "developer",
    "stranger",
    "nurse1",
    "nurse2",
    "nurse3",
    "pharmacist1",
    "pharmacist2",
    "physiotherapist1",
)
LISTED = Page(size=100)


@pytest.fixture
async def organisations(world: World) -> Organisations:
    return await organised(world)


pytestmark = pytest.mark.usefixtures("organisations")


async def withdraw(world: World, name: str, ballot: UUID) -> UUID:
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        return await withdraw_view(uow, ballot_id=ballot)


async def declare(world: World, name: str, topic_id: UUID) -> UUID:
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        return await declare_interest(
            uow, topic_id=topic_id, body="I own it.", mitigation=Mitigation.RECUSE
        )


async def edit(world: World) -> None:
    """Change what ballots about the first section are about."""
    async with UnitOfWork(world.database, await world.viewer("developer")) as uow:
        await edit_section(
            uow,
            section_id=world.sections[0],
            heading="Other words",
            expected_revision=None,
            material=True,
        )


async def shown(world: World, view: UUID) -> set[str]:
    """Return who is shown a view by its id."""
    async with world.database.read() as session:
        assert await views.by_ids(session, ANYONE, [view]) == [None]
        return {
            name
            for name in EVERYBODY
            if await views.by_ids(session, await world.viewer(name), [view]) != [None]
        }


async def tally(world: World, name: str, ballot: UUID) -> ViewTally | None:
    """Return what the views come to that somebody is to consolidate; as many are listed."""
    async with world.database.read() as session:
        viewer = await world.viewer(name)
        [found] = await views.tallies_of_ballots(session, viewer, [ballot])
        [listed] = await views.of_ballots(session, viewer, [ballot], LISTED)
        [count] = await views.count_of_ballots(session, viewer, [ballot])
    assert count == len(listed.items) == (found.given if found else 0)
    return found


async def consolidated(world: World, name: str, vote: UUID) -> list[tuple[int, Any]] | None:
    """Return what each casting of a vote consolidated, as somebody is told it."""
    async with world.database.read() as session:
        [found] = await views.consolidated(session, await world.viewer(name), [vote])
    if found is None:
        return None
    return [(each.given, each.counts) for _, each in sorted(found.items())]


async def kept(world: World, id: UUID) -> tuple[View, list[ViewRevision]]:
    """Return a view, and everything that it was."""
    async with world.database.session() as session:
        revisions = await session.scalars(
            select(ViewRevision).where(ViewRevision.view_id == id).order_by(ViewRevision.revision)
        )
        return await session.get_one(View, id), list(revisions)


async def told(world: World, topic_id: UUID) -> list[StoredEvent]:
    """Return the events about views in one topic."""
    async with world.database.session() as session:
        found = await session.scalars(
            select(StoredEvent)
            .where(StoredEvent.topic_id == topic_id, StoredEvent.kind.startswith("VIEW"))
            .order_by(StoredEvent.sequence)
        )
        return list(found)


async def test_a_view_is_for_its_member_and_for_who_casts_the_position(world: World) -> None:
    ballot = await asked(world)
    view = await give(world, "nurse2", ballot, "DISAGREE", "It is too much.")
    await give(world, "pharmacist2", ballot)

    assert await shown(world, view) == {"nurse1", "nurse2"}
    assert await tally(world, "nurse1", ballot) == ViewTally(BallotKind.SENSE_CHECK, 1, (0, 1, 0))
    for name in ("nurse2", "moderator", "admin", "stranger"):
        assert await tally(world, name, ballot) is None


async def test_a_view_is_never_counted(world: World) -> None:
    ballot = await asked(world)
    await give(world, "nurse2", ballot)
    assert set(map(sum, (await counts(world, ballot)).values())) == {0}


async def test_a_position_consolidates_the_views_that_stood_when_it_was_cast(world: World) -> None:
    ballot = await asked(world)
    position = await vote(world, "nurse1", ballot, "AGREE")
    await give(world, "nurse2", ballot, "AGREE")
    await give(world, "nurse3", ballot, "DISAGREE")
    await vote(world, "nurse1", ballot, "DISAGREE")
    await withdraw(world, "nurse2", ballot)
    await give(world, "nurse3", ballot, "PASS")
    await vote(world, "nurse1", ballot, "PASS")
    await give(world, "nurse2", ballot, "AGREE")

    assert await consolidated(world, "nurse1", position) == [
        (0, (0, 0, 0)),
        (2, (1, 1, 0)),
        (1, (0, 0, 1)),
    ]
    for name in ("nurse2", "moderator", "pharmacist1"):
        assert await consolidated(world, name, position) == [(0, None), (2, None), (1, None)]


async def test_where_people_vote_nothing_is_consolidated(world: World) -> None:
    ballot = await opened(world)
    position = await vote(world, "nurse1", ballot, "AGREE")
    async with world.database.read() as session:
        viewer = await world.viewer("nurse1")
        assert await views.organisations_of(session, viewer, [position]) == [None]
    assert await consolidated(world, "nurse1", position) is None
    assert await tally(world, "nurse1", ballot) is None


async def test_a_position_says_whose_it_is(world: World, organisations: Organisations) -> None:
    position = await vote(world, "nurse1", await asked(world), "AGREE")
    async with world.database.read() as session:
        [found] = await views.organisations_of(session, await world.viewer("moderator"), [position])
    assert found is not None
    assert found.id == organisations.college


async def test_a_view_is_changed_and_withdrawn_and_everything_that_it_was_is_kept(
    world: World,
) -> None:
    ballot = await asked(world)
    first = await give(world, "nurse2", ballot, "AGREE", "At first.")
    second = await give(world, "nurse2", ballot, "PASS")
    third = await withdraw(world, "nurse2", ballot)
    fourth = await give(world, "nurse2", ballot, "DISAGREE", "After all.")

    assert first == second == third == fourth
    view, revisions = await kept(world, first)
    assert (view.choice, view.rationale, view.revision) == (1, "After all.", 4)
    assert [(each.state, each.choice, each.rationale) for each in revisions] == [
        (ViewState.GIVEN, 0, "At first."),
        (ViewState.GIVEN, 2, ""),
        (ViewState.WITHDRAWN, 2, ""),
        (ViewState.GIVEN, 1, "After all."),
    ]


async def test_events_tell_the_member_and_the_representative_and_nobody_else(
    world: World, organisations: Organisations
) -> None:
    ballot = await asked(world)
    before = await world.events(world.engagement)
    view = await give(world, "nurse2", ballot, "DISAGREE", "It is too much.")
    await withdraw(world, "nurse2", ballot)

    common = {
        "view_id": str(view),
        "ballot_id": str(ballot),
        "organisation_id": str(organisations.college),
        "round": 1,
    }
    given = {**common, "choice": 1, "rationale": "It is too much.", "revision": 1}
    expected = [("VIEW_GIVEN", given), ("VIEW_WITHDRAWN", {**common, "revision": 2})]
    streams = {Audience.MEMBERS, Audience.MODERATORS}
    for name in ("nurse1", "nurse2"):
        events = await told(world, world.people[name])
        for stream in streams:
            found = [(each.kind, each.data) for each in events if each.audience is stream]
            assert found == expected
        assert {each.actor_id for each in events} == {world.people["nurse2"]}
    assert await world.events(world.engagement) == before


@pytest.mark.parametrize(
    ("kind", "choice", "options", "expected"),
    [
        (BallotKind.POSITIONS, "NO_OBJECTION", (), (1, None)),
        (BallotKind.RATING, "UNABLE_TO_SCORE", (), (9, None)),
        (BallotKind.CONSENT, "CONSENT", (), (0, None)),
        (BallotKind.MULTIPLE_CHOICE, None, (3, 1), (None, [1, 3])),
        (BallotKind.MULTIPLE_CHOICE, None, (), (None, [])),
        (BallotKind.RANKING, None, (3, 1), (None, [3, 1])),
    ],
)
async def test_a_view_is_said_as_a_vote_is(
    world: World, kind: BallotKind, choice: str | None, options: tuple[int, ...], expected: Any
) -> None:
    ballot = await asked(world, kind)
    view, _ = await kept(world, await give(world, "nurse2", ballot, choice, options=options))
    assert (view.choice, view.options) == expected


async def test_views_on_options_are_added_up_as_votes_are(world: World) -> None:
    ballot = await asked(world, BallotKind.MULTIPLE_CHOICE)
    await give(world, "nurse2", ballot, None, options=(1, 3))
    await give(world, "nurse3", ballot, None, options=(3,))
    position = await vote(world, "nurse1", ballot, options=(3,))

    found = await tally(world, "nurse1", ballot)
    assert found == ViewTally(BallotKind.MULTIPLE_CHOICE, 2, (1, 0, 2))
    assert await consolidated(world, "nurse1", position) == [(2, (1, 0, 2))]


@pytest.mark.parametrize(
    ("kind", "choice", "options", "sentence", "path"),
    [
        (BallotKind.SENSE_CHECK, "DISAGREE", (), "DISAGREE needs a reason", "rationale"),
        (BallotKind.POSITIONS, "AGREE", (), "one of YES", "choice"),
        (BallotKind.RATING, "10", (), "from 1 to 9", "choice"),
        (BallotKind.SENSE_CHECK, None, (1,), "lists no options", "options"),
        (BallotKind.RANKING, None, (), "rank one option", "options"),
        (BallotKind.RANKING, None, (1, 1), "named twice", "options"),
        (BallotKind.MULTIPLE_CHOICE, None, (4,), "not among them", "options"),
        (BallotKind.MULTIPLE_CHOICE, "AGREE", (), "lists options to choose from", "choice"),
    ],
)
async def test_what_no_vote_could_say_is_refused(
    world: World,
    kind: BallotKind,
    choice: str | None,
    options: tuple[int, ...],
    sentence: str,
    path: str,
) -> None:
    ballot = await asked(world, kind, reason_policy=ReasonPolicy.REQUIRED_FOR_DISSENT)
    with pytest.raises(Invalid, match=sentence) as refused:
        await give(world, "nurse2", ballot, choice, options=options)
    assert refused.value.path == (path,)


async def test_a_reason_is_asked_for_where_votes_need_one(world: World) -> None:
    ballot = await asked(world, BallotKind.RANKING, reason_policy=ReasonPolicy.REQUIRED)
    with pytest.raises(Invalid, match="A view needs a reason"):
        await give(world, "nurse2", ballot, None, options=(1,))
    await give(world, "nurse2", ballot, None, "It is cheap.", options=(1,))


@pytest.mark.parametrize(
    ("name", "error", "sentence"),
    [
        ("nurse1", NotAllowed, "You cast the position"),
        ("physiotherapist1", NotAllowed, "who take part for an organisation"),
        ("moderator", NotAllowed, "permission VOTE"),
        ("stranger", NotAllowed, "permission VOTE"),
    ],
)
async def test_who_is_no_member_of_an_organisation_that_votes_gives_no_view(
    world: World, name: str, error: type[DomainError], sentence: str
) -> None:
    ballot = await asked(world)
    with pytest.raises(error, match=sentence):
        await give(world, name, ballot)
    async with world.database.read() as session:
        viewer = await world.viewer(name)
        assert await views.open_to_viewer(session, viewer, [ballot]) == [False]


async def test_views_are_given_in_ballots_of_organisations_that_are_open(world: World) -> None:
    with pytest.raises(NotFound):
        await give(world, "nurse2", await draft(world, votes_by=VotesBy.ORGANISATIONS))
    with pytest.raises(Conflict, match="Please cast your vote"):
        await give(world, "nurse2", await opened(world))
    ballot = await asked(world)
    await give(world, "nurse2", ballot)
    async with world.database.read() as session:
        viewer = await world.viewer("nurse2")
        assert await views.open_to_viewer(session, viewer, [ballot]) == [True]
    await set_back(world, ballot, "closes_at")
    for attempt in (give, withdraw):
        with pytest.raises(Conflict, match="until the deadline"):
            await attempt(world, "nurse2", ballot)
    await close(world, ballot)
    for attempt in (give, withdraw):
        with pytest.raises(Conflict, match="it is CLOSED"):
            await attempt(world, "nurse2", ballot)
    async with world.database.read() as session:
        viewer = await world.viewer("nurse2")
        assert await views.open_to_viewer(session, viewer, [ballot]) == [False]


async def test_who_gave_no_view_has_none_to_withdraw(world: World) -> None:
    ballot = await asked(world)
    with pytest.raises(Conflict, match="given no view"):
        await withdraw(world, "nurse2", ballot)
    await give(world, "nurse2", ballot)
    await withdraw(world, "nurse2", ballot)
    with pytest.raises(Conflict, match="given no view"):
        await withdraw(world, "nurse2", ballot)


async def test_in_a_roundtable_the_invited_members_of_those_invited_are_asked(world: World) -> None:
    roundtable = await discussed(world, "nurse1", "nurse2", "pharmacist2")
    ballot = await asked(world, topic_id=roundtable)

    await give(world, "nurse2", ballot)
    with pytest.raises(NotFound):
        await give(world, "nurse3", ballot)
    with pytest.raises(NotAllowed, match="whose representative votes"):
        await give(world, "pharmacist2", ballot)


async def test_each_round_asks_for_views_anew(world: World) -> None:
    ballot = await asked(world, round_plan=RoundPlan(most_rounds=2))
    first = await give(world, "nurse2", ballot)
    await next_round(world, ballot)
    assert await tally(world, "nurse1", ballot) == ViewTally(BallotKind.SENSE_CHECK, 0, (0, 0, 0))

    assert await give(world, "nurse2", ballot, "PASS") != first
    position = await vote(world, "nurse1", ballot, "AGREE")
    assert await consolidated(world, "nurse1", position) == [(1, (0, 0, 1))]


async def test_a_material_edit_lets_no_view_stand_until_it_is_given_again(world: World) -> None:
    ballot = await asked(world, subject=(SubjectKind.SECTION, world.sections[0]))
    view = await give(world, "nurse2", ballot)
    await give(world, "nurse3", ballot)
    position = await vote(world, "nurse1", ballot, "AGREE")
    await edit(world)
    assert (await kept(world, view))[0].state is ViewState.STALE
    await give(world, "nurse2", ballot, "PASS")
    await vote(world, "nurse1", ballot, "AGREE")

    assert await consolidated(world, "nurse1", position) == [(2, (2, 0, 0)), (1, (0, 0, 1))]
    _, revisions = await kept(world, view)
    assert [each.state for each in revisions] == [
        ViewState.GIVEN,
        ViewState.STALE,
        ViewState.GIVEN,
    ]


async def test_a_stale_view_can_be_withdrawn(world: World) -> None:
    ballot = await asked(world, subject=(SubjectKind.SECTION, world.sections[0]))
    view = await give(world, "nurse2", ballot)
    await edit(world)
    await withdraw(world, "nurse2", ballot)
    assert (await kept(world, view))[0].state is ViewState.WITHDRAWN


async def test_a_recused_member_has_no_view_in_what_their_interest_covers(world: World) -> None:
    ballot = await asked(world)
    view = await give(world, "nurse2", ballot)
    await give(world, "nurse3", ballot)
    interest = await declare(world, "nurse2", world.engagement)

    assert (await kept(world, view))[0].state is ViewState.WITHDRAWN
    assert [each.kind for each in await told(world, world.people["nurse1"])] == [
        event for event in ("VIEW_GIVEN", "VIEW_GIVEN", "VIEW_WITHDRAWN") for _ in range(2)
    ]
    assert await tally(world, "nurse1", ballot) == ViewTally(BallotKind.SENSE_CHECK, 1, (1, 0, 0))
    with pytest.raises(NotAllowed, match="You are recused"):
        await give(world, "nurse2", ballot)
    async with world.database.read() as session:
        viewer = await world.viewer("nurse2")
        assert await views.open_to_viewer(session, viewer, [ballot]) == [False]

    async with UnitOfWork(world.database, await world.viewer("nurse2")) as uow:
        await withdraw_interest(uow, interest_id=interest)
    assert await give(world, "nurse2", ballot) == view


async def test_a_recused_representative_reads_no_views(world: World) -> None:
    ballot = await asked(world)
    view = await give(world, "nurse2", ballot)
    await declare(world, "nurse1", world.engagement)

    assert await shown(world, view) == {"nurse2"}
    assert await tally(world, "nurse1", ballot) is None
    before = await told(world, world.people["nurse1"])
    await give(world, "nurse3", ballot)
    assert len(await told(world, world.people["nurse1"])) == len(before)


@pytest.mark.parametrize("visibility", list(BallotVisibility))
async def test_no_step_of_a_ballot_discloses_views_to_anybody_else(
    world: World, visibility: BallotVisibility
) -> None:
    ballot = await asked(world, visibility=visibility)
    view = await give(world, "nurse2", ballot)
    await vote(world, "pharmacist1", ballot, "AGREE")
    assert await shown(world, view) == {"nurse1", "nurse2"}
    await close(world, ballot)
    await advance(world, ballot, BallotTransition.DECIDE, "As said.", decision="So be it.")
    assert await shown(world, view) == {"nurse1", "nurse2"}


async def test_the_events_of_members_fold_to_their_views(world: World) -> None:
    ballot = await asked(world, subject=(SubjectKind.SECTION, world.sections[0]))
    for name, choice in (("nurse2", "AGREE"), ("nurse3", "PASS"), ("nurse2", "DISAGREE")):
        await give(world, name, ballot, choice)
    await edit(world)
    await give(world, "nurse3", ballot, "AGREE", "It is better now.")
    await withdraw(world, "nurse3", ballot)
    await give(world, "nurse3", ballot, "PASS")

    async with world.database.session() as session:
        events = await session.scalars(
            select(StoredEvent)
            .where(
                StoredEvent.audience == Audience.MEMBERS,
                StoredEvent.topic_id.in_((world.people["nurse1"], world.engagement)),
                StoredEvent.data["ballot_id"].astext == str(ballot),
            )
            .order_by(StoredEvent.at)
        )
        folded: dict[str, tuple[Any, ...]] = {}
        for event in events:
            data = event.data
            match event.kind:
                case "VIEW_GIVEN":
                    folded[data["view_id"]] = (data["choice"], data["rationale"], ViewState.GIVEN)
                case "VIEW_WITHDRAWN":
                    choice, rationale, _ = folded[data["view_id"]]
                    folded[data["view_id"]] = (choice, rationale, ViewState.WITHDRAWN)
                case "VOTES_MADE_STALE":
                    for id, (choice, rationale, state) in folded.items():
                        if state is ViewState.GIVEN:
                            folded[id] = (choice, rationale, ViewState.STALE)
        rows = await session.scalars(select(View))
        assert folded == {str(row.id): (row.choice, row.rationale, row.state) for row in rows.all()}
