"""Imports a conversation as an exercise: every vote through the command that everybody uses."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from time import perf_counter
from uuid import UUID

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from api.exercises import Exercise, once, set_up
from api.polis import MOST_PROBLEMS, CastVote, Conversation, Holding, differences
from domain.commands.ballots import advance_ballot
from domain.commands.votes import Casting, cast_votes
from domain.consensus.choices import BallotKind, choices
from domain.database import Database
from domain.errors import Conflict, Invalid, NotFound
from domain.lifecycle import BallotTransition
from domain.models.votes import Vote
from domain.permissions import Role, Viewer
from domain.queries import consensus, people, votes
from domain.queries.pages import Page
from domain.unit_of_work import UnitOfWork, fingerprint_of

# How many votes are one transaction: a commit takes longer than a vote.
TOGETHER = 100
MODERATED_OUT = "Moderated out in the original conversation."

SENSE_CHECKS = choices(BallotKind.SENSE_CHECK)
# Who runs commands on this machine may look up its administrators; the role changes nothing.
OPERATOR = Viewer(None, {None: frozenset({Role.ADMIN})})

Sleep = Callable[[float], Awaitable[object]]


async def run(
    database: Database,
    conversation: Conversation,
    *,
    pace: float | None = None,
    sleep: Sleep = asyncio.sleep,
    console: Console | None = None,
) -> int:
    """Import what is not imported yet; return how many votes were cast.

    Votes are cast in the order of their times: at once, or `pace` times as fast as they were.
    Raises Invalid for an impossible pace, NotFound without an administrator, Conflict where what is
    here afterwards is not what was exported, or something else was imported under this name.
    """
    if pace is not None and not pace > 0:
        raise Invalid(f"A pace is a number above 0, not {pace}.")
    console = console or Console()
    exercise = await set_up(database, await _administrator(database), conversation)
    try:
        count = await _cast(exercise, pace, sleep, console)
    except asyncio.CancelledError:
        console.print("Interrupted. Run the same command again, and it goes on from here.")
        raise
    await _close(exercise)
    await _verify(exercise, console)
    return count


async def _administrator(database: Database) -> Viewer:
    page = Page(100)
    while True:
        async with database.read() as session:
            found = await people.listed(session, OPERATOR, page)
            held = await people.roles(session, OPERATOR, [person.id for person in found.items])
        for person, roles in zip(found.items, held, strict=True):
            if any(membership.role is Role.ADMIN for membership in roles):
                return await _viewer(database, person.id)
        if not found.has_next:
            raise NotFound(
                "There is no administrator to import for. Please run "
                "`python -m api init --name NAME --email EMAIL` first."
            )
        page = Page(100, after=found.items[-1].id)


async def _viewer(database: Database, person_id: UUID) -> Viewer:
    async with database.read() as session:
        found = await people.viewer(session, person_id)
    if found is None:
        raise NotFound("A person of this import was removed meanwhile.")
    return found


async def _cast(exercise: Exercise, pace: float | None, sleep: Sleep, console: Console) -> int:
    """Cast the votes that are still to be cast, in their order; return how many."""
    conversation = exercise.conversation
    waiting = await _waiting(exercise)
    voters: dict[UUID, Viewer] = {}
    began = perf_counter()
    with _progress(console) as progress:
        total = len(conversation.votes)
        task = progress.add_task(conversation.slug, total=total, completed=total - len(waiting))
        at = waiting[0].at if waiting else 0
        for together in _together(waiting, pace):
            if pace is not None and together[0].at > at:
                await sleep((together[0].at - at) / 1000 / pace)
            at = together[0].at
            for person_id in {exercise.people[vote.participant] for vote in together}:
                if person_id not in voters:
                    voters[person_id] = await _viewer(exercise.database, person_id)
            await cast_votes(
                exercise.database, [_casting(exercise, vote, voters) for vote in together]
            )
            progress.advance(task, len(together))
    rate = len(waiting) / (perf_counter() - began)
    console.print(
        f"{len(waiting):,} votes were cast, {rate:,.0f} a second."
        if waiting
        else "Every vote had been imported before."
    )
    return len(waiting)


def _together(waiting: Sequence[CastVote], pace: float | None) -> Iterator[Sequence[CastVote]]:
    """Divide votes into those of one transaction: where they are paced, those of one moment."""
    if pace is None:
        for start in range(0, len(waiting), TOGETHER):
            yield waiting[start : start + TOGETHER]
    else:
        for _, votes_of_moment in groupby(waiting, key=attrgetter("at")):
            yield list(votes_of_moment)


def _casting(exercise: Exercise, vote: CastVote, voters: Mapping[UUID, Viewer]) -> Casting:
    ballot_id = exercise.ballots[vote.statement]
    return Casting(
        viewer=voters[exercise.people[vote.participant]],
        ballot_id=ballot_id,
        choice=vote.choice,
        idempotency_key=f"polis:{exercise.conversation.slug}:vote:{vote.line}",
        fingerprint=fingerprint_of([ballot_id, vote.choice]),
    )


async def _waiting(exercise: Exercise) -> list[CastVote]:
    """Return the votes that are not here yet.

    A person's votes on one statement come in order, so how many there are says which are lacking.
    """
    here = await _votes(exercise)
    done = {(vote.ballot_id, vote.person_id): vote.revision for vote in here}
    waiting = []
    for vote in exercise.conversation.votes:
        place = (exercise.ballots[vote.statement], exercise.people[vote.participant])
        if done.get(place):
            done[place] -= 1
        else:
            waiting.append(vote)
    return waiting


async def _votes(exercise: Exercise) -> list[Vote]:
    """Return every vote as it stands; nobody else can be an elector of these ballots."""
    page = Page(len(exercise.people) + 1)
    keys = [*exercise.ballots.values()]
    async with exercise.database.read() as session:
        slices = await votes.of_ballots(session, exercise.admin, keys, page)
    return [vote for each in slices for vote in each.items]


async def _close(exercise: Exercise) -> None:
    """Close the ballots on statements that were moderated out: nobody is asked them any more."""
    for statement in exercise.conversation.statements:
        if statement.moderated_out:
            async with UnitOfWork(exercise.database, exercise.admin) as uow:
                await once(
                    uow,
                    exercise.conversation,
                    f"close:{statement.id}",
                    advance_ballot,
                    ballot_id=exercise.ballots[statement.id],
                    transition=BallotTransition.CLOSE,
                    reason=MODERATED_OUT,
                    expected_revision=None,
                )


async def _verify(exercise: Exercise, console: Console) -> None:
    """Print what is here beside what was exported; raise Conflict where they are not the same."""
    conversation = exercise.conversation
    held = await _holding(exercise)
    cast = Counter(choice for (_, choice), times in held.castings.items() for _ in range(times))
    table = Table("", "imported", "exported", title=conversation.topic)
    for label, imported, exported in (
        ("statements", len(held.tallies), len(conversation.statements)),
        ("votes cast", cast.total(), len(conversation.votes)),
        ("AGREE", cast["AGREE"], sum(each.agrees for each in conversation.statements)),
        ("DISAGREE", cast["DISAGREE"], sum(each.disagrees for each in conversation.statements)),
        (
            "votes that count",
            len(held.latest),
            sum(each.votes or 0 for each in conversation.participants),
        ),
    ):
        table.add_row(label, f"{imported:,}", f"{exported:,}")
    console.print(table)
    if found := differences(conversation, held):
        heading = f"The import is not what was exported, in {len(found):,} places:"
        raise Conflict("\n".join([heading, *found[:MOST_PROBLEMS]]))


def _answer(choice: int | None) -> str:
    return "" if choice is None else SENSE_CHECKS[choice]


async def _holding(exercise: Exercise) -> Holding:
    statements = {ballot_id: statement for statement, ballot_id in exercise.ballots.items()}
    participants = {person_id: id for id, person_id in exercise.people.items()}
    present = await _votes(exercise)
    async with exercise.database.read() as session:
        earlier = await votes.history(session, exercise.admin, [vote.id for vote in present])
        standings = await consensus.of_ballots(session, exercise.admin, [*statements])
    castings: Counter[tuple[int, str]] = Counter()
    for vote, before in zip(present, earlier, strict=True):
        for choice in (*(each.choice for each in before), vote.choice):
            castings[statements[vote.ballot_id], _answer(choice)] += 1
    return Holding(
        castings=castings,
        latest={
            (statements[vote.ballot_id], participants[vote.person_id]): _answer(vote.choice)
            for vote in present
        },
        tallies={
            statement: standing.consensus.overall.counts
            for statement, standing in zip(statements.values(), standings, strict=True)
            if standing and standing.consensus.overall
        },
    )


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=console,
    )


class _Rate(ProgressColumn):
    """How many votes a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f} votes/s")
