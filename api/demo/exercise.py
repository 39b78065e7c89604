"""The open exercise of the demo: stakeholders, webinars, roundtable, ballots, first words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from api.demo import cast, texts
from api.demo.cast import GUESTS, PANEL, PARTICIPANTS, Participant
from api.demo.opinions import QUESTIONS, TALKS, Question, Talk
from api.demo.programme import DEMO, Do, Programme, Seeder, grant
from domain.commands import (
    ballots,
    comments,
    engagements,
    roundtables,
    specifications,
    stakeholders,
)
from domain.lifecycle import BallotTransition, EngagementTransition, SpecificationTransition
from domain.models.people import ScopeKind
from domain.permissions import Role

BEGAN, ENDS = timedelta(days=23), timedelta(days=19)


async def open_exercise(seeder: Seeder, made: Programme) -> None:
    """Plan, fill and open the exercise about the specification that is written in full."""
    now = datetime.now(UTC)
    specification = made.subjects[""][1]
    async with seeder.acting(made.people[cast.SECRETARIAT[1]]) as do:
        made.engagement = await do(
            "exercise",
            engagements.create_engagement,
            specification_id=specification,
            title=texts.ENGAGEMENT,
            purpose=texts.PURPOSE,
            briefing=texts.BRIEFING,
            public=True,
            opens_at=now - BEGAN,
            closes_at=now + ENDS,
        )
        await do(
            "consult",
            specifications.advance_specification,
            specification_id=specification,
            transition=SpecificationTransition.CONSULT,
            reason=DEMO,
            expected_revision=None,
        )
    scope = (ScopeKind.ENGAGEMENT, made.engagement)
    of_specification = (ScopeKind.SPECIFICATION, specification)
    async with seeder.acting(made.people[cast.ADMIN[1]]) as do:
        await grant(do, made, cast.MODERATOR[1], Role.MODERATOR, *scope)
        await grant(do, made, cast.VISITOR[1], Role.OBSERVER, *scope)
        await grant(do, made, cast.DEVELOPER[1], Role.DEVELOPER_LEAD, *of_specification)
    async with seeder.acting(made.people[cast.MODERATOR[1]]) as do:
        parts = await _admit(do, made)
        await _announce(do, made, now)
        await _invite(do, made, now, parts)
    for question in QUESTIONS:
        await _ask(seeder, made, question, now)
    for talk in TALKS[:3]:
        await _talk(seeder, made, talk)


async def _admit(do: Do, made: Programme) -> dict[str, UUID]:
    """Declare the constituencies and add the stakeholders; return their parts by address."""
    ids = {
        name: await do(
            name,
            stakeholders.declare_constituency,
            engagement_id=made.engagement,
            name=name,
            kind=kind,
        )
        for name, kind in cast.CONSTITUENCIES.items()
    }
    return {
        who.email: await do(
            f"part {who.email}",
            stakeholders.add_stakeholder,
            person_id=made.people[who.email],
            constituency_id=ids[who.constituency],
            organisation_id=made.organisations[who.organisation],
        )
        for who in PARTICIPANTS
    }


async def _announce(do: Do, made: Programme, now: datetime) -> None:
    """Announce the webinars, and open the exercise."""
    for title, days, slides in texts.WEBINARS:
        await do(
            title,
            engagements.add_webinar,
            engagement_id=made.engagement,
            title=title,
            starts_at=now + timedelta(days=days),
            slides_url=slides,
        )
    await do(
        "open",
        engagements.advance_engagement,
        engagement_id=made.engagement,
        transition=EngagementTransition.OPEN,
        reason=DEMO,
        expected_revision=None,
    )


async def _invite(do: Do, made: Programme, now: datetime, parts: dict[str, UUID]) -> None:
    """Plan a roundtable, and invite one person of each constituency and a guest."""
    roundtable = await do(
        "roundtable",
        roundtables.create_roundtable,
        engagement_id=made.engagement,
        title=texts.ROUNDTABLE,
        agenda=texts.AGENDA,
        starts_at=now + timedelta(days=2),
    )
    first = {who.constituency: who for who in reversed(PANEL)}
    await do(
        "invite",
        roundtables.invite,
        roundtable_id=roundtable,
        stakeholder_ids=[parts[who.email] for who in (*first.values(), GUESTS[-1])],
    )


async def _ask(seeder: Seeder, made: Programme, question: Question, now: datetime) -> None:
    """Draft a ballot; open it, let some vote, and close it, as the script says.

    A draft has no deadline yet: its chair sets one on opening it, whenever that is.
    """
    moderator = made.people[cast.MODERATOR[1]]
    async with seeder.acting(moderator) as do:
        id = await do(
            question.words,
            ballots.draft_ballot,
            topic_id=made.engagement,
            kind=question.kind,
            question=question.words,
            visibility=question.visibility,
            subject=made.subjects[question.about],
            closes_at=None if question.begun is None else now + question.lasts,
        )
        if question.begun is None:
            return
        await _advance(do, id, BallotTransition.OPEN, question)
    voters = PARTICIPANTS if question.begun < 0 else spread(PANEL)[: question.begun]
    for who in voters:
        choice = question.mind(who.constituency, place(who))
        reason = (question.reasons.get(choice) or ("",))[0]
        await seeder.vote(made.people[who.email], question.words, id, choice, reason)
    if question.begun < 0:
        async with seeder.acting(moderator) as do:
            await _advance(do, id, BallotTransition.CLOSE, question)


async def _advance(do: Do, id: UUID, step: BallotTransition, question: Question) -> None:
    await do(
        f"{step} {question.words}",
        ballots.advance_ballot,
        ballot_id=id,
        transition=step,
        reason=DEMO,
        expected_revision=None,
    )


async def _talk(seeder: Seeder, made: Programme, talk: Talk) -> None:
    """Let a thread be opened and answered twice."""
    kind, subject = made.subjects[talk.about]
    async with seeder.acting(made.people[speaker(*talk.first).email]) as do:
        thread = await do(
            f"talk {talk.about}",
            comments.open_thread,
            topic_id=made.engagement,
            subject_kind=kind,
            subject_id=subject,
            body=talk.first[1],
        )
    for reply in talk.replies[:2]:
        async with seeder.acting(made.people[speaker(*reply).email]) as do:
            await do(reply[1], comments.add_comment, thread_id=thread, body=reply[1])


def place(who: Participant) -> int:
    """Return the person's place in the own constituency, from 0."""
    return [each for each in PARTICIPANTS if each.constituency == who.constituency].index(who)


def spread(people: tuple[Participant, ...]) -> list[Participant]:
    """Return people so that the constituencies take turns."""
    return sorted(people, key=place)


def speaker(constituency: str, words: str) -> Participant:
    """Return who says these words: always the same person of the constituency."""
    group = [who for who in PANEL if who.constituency == constituency]
    return group[sum(words.encode()) % len(group)]
