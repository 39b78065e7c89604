"""Priority cycles of the furnished world: proposals and resource selections in every state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from domain.ids import new_id
from domain.models.criteria import Criterion, CriterionKind
from domain.models.people import Membership, Person, Profession, ScopeKind
from domain.models.proposals import Proposal
from domain.models.resource_selections import ResourceSelection
from domain.models.topics import Topic, TopicKind
from domain.permissions import Role
from schema.nodes import parse
from tests.world import NOW

if TYPE_CHECKING:
    from tests.api.furnished import Furnished

NEED = "canary need of a draft"
BLIND_REASON = "canary reason of a judgement that is blind"
JUDGES = (Role.REVIEWER.value, "second reviewer")
STEP = {"reason": "It is time.", "expectedRevision": None}


async def prioritise(made: Furnished) -> None:
    """Hold a cycle that takes proposals, and one whose proposals are judged or decided."""
    ids, change = made.ids, made.change
    await _employ(made)
    async with made.world.database.session() as session:
        criteria = await session.scalars(
            select(Criterion.id)
            .where(Criterion.kind == CriterionKind.GATEWAY)
            .order_by(Criterion.number)
        )
        gateway = [made.world.id("Criterion", key) for key in criteria]
    ids["criterion"] = gateway[0]
    for name in ("cycle", "scoring"):
        ids[name] = await change(
            "secretary", "planCycle", title=name, opensOn="2026-03-01", closesOn="2026-05-31"
        )
        await change("secretary", "advanceCycle", cycleId=ids[name], transition="OPEN", **STEP)
    ids["draft proposal"] = await _draft(made, "cycle", NEED)

    names = (
        "judged proposal",
        "proposal",
        "assessed proposal",
        "selected proposal",
        "agreed proposal",
    )
    for name in names:
        ids[name] = await _draft(made, "scoring", f"The {name}")
        await _answer(made, ids[name], gateway)
        await _advance(made, "nurse1", ids[name], "SUBMIT")
    await change("secretary", "advanceCycle", cycleId=ids["scoring"], transition="SCORE", **STEP)
    for name in names:
        await _advance(made, "secretary", ids[name], "REVIEW")
    ids["judgement"] = await _judge(made, JUDGES[0], "judged proposal", gateway[0])
    for name in names[1:]:
        for criterion in gateway:
            for judge in JUDGES:
                await _judge(made, judge, name, criterion)
        await _advance(made, "secretary", ids[name], "PRIORITISE")
    await _select(made)


async def _employ(made: Furnished) -> None:
    """Add a second reviewer."""
    id = made.world.people[JUDGES[1]] = new_id()
    await made.world.add(
        Topic(id=id, kind=TopicKind.PERSON, scopes=[id]),
        Person(id=id, name="Second reviewer", email="second@example.org", created_at=NOW),
        Membership(person_id=id, role=Role.REVIEWER, scope_kind=ScopeKind.BODY, created_at=NOW),
    )


async def _draft(made: Furnished, cycle: str, title: str) -> str:
    async with made.world.database.session() as session:
        profession = (await session.scalars(select(Profession.id).limit(1))).one()
    return await made.change(
        "nurse1",
        "draftProposal",
        cycleId=made.ids[cycle],
        title=title,
        area="Elsewhere",
        summary=title,
        professions=[made.world.id("Profession", profession)],
        nations=["SCOTLAND"],
    )


async def _answer(made: Furnished, proposal: str, gateway: list[str]) -> None:
    for criterion in gateway:
        await made.change(
            "nurse1",
            "answerGatewayCriterion",
            proposalId=proposal,
            criterionId=criterion,
            body="So it is met.",
            expectedRevision=None,
        )


async def _advance(made: Furnished, name: str, proposal: str, transition: str) -> None:
    await made.change(name, "advanceProposal", proposalId=proposal, transition=transition, **STEP)


async def _judge(made: Furnished, judge: str, proposal: str, criterion: str) -> str:
    return await made.change(
        judge,
        "judgeProposal",
        proposalId=made.ids[proposal],
        criterionId=criterion,
        finding="MET",
        reason=BLIND_REASON if proposal == "judged proposal" else "It is so.",
        expectedRevision=None,
    )


async def _select(made: Furnished) -> None:
    """Bring one resource selection to options, one to their scores and one to a decision."""
    ids, change = made.ids, made.change
    async with made.world.database.session() as session:
        rows = (
            await session.execute(
                select(Proposal.id, ResourceSelection.id).join(
                    ResourceSelection, ResourceSelection.proposal_id == Proposal.id
                )
            )
        ).all()
    of = {proposal: made.world.id("ResourceSelection", key) for proposal, key in rows}
    for name, proposal in (
        ("selection", "proposal"),
        ("assessed", "assessed proposal"),
        ("selected", "selected proposal"),
        ("agreed", "agreed proposal"),
    ):
        ids[name] = of[parse(ids[proposal], "id")[1]]
        place = {"resourceSelectionId": ids[name]}
        ids[f"{name} option"] = option = await change(
            "secretary",
            "addResourceOption",
            **place,
            kind="ADAPT_EXISTING",
            title="Adapt ours",
            description="With more hours.",
            credentialId=ids["other credential"],
            expectedRevision=None,
        )
        for judge in JUDGES:
            await change(
                judge,
                "assessResourceOption",
                resourceOptionId=option,
                scores=[
                    {"question": question, "score": 3, "reason": "So it seems."}
                    for question in ("FIT", "COST", "TIME", "QUALITY")
                ],
            )
        await change("secretary", "explainSoleOption", **place, **STEP)
        if name != "selection":
            step = {"transition": "ASSESS", **STEP}
            await change("secretary", "advanceResourceSelection", **place, **step)
        if name in ("selected", "agreed"):
            await change("BOARD", "selectResourceOption", **place, resourceOptionId=option, **STEP)
    await change(
        "secretary",
        "agreeDevelopment",
        resourceSelectionId=ids["agreed"],
        leadId=made.world.id("Person", made.world.people[JUDGES[1]]),
        support="A day a week.",
        startsOn="2026-06-01",
        endsOn="2027-05-31",
        title="Another one",
        public=True,
        **STEP,
    )
    await change(
        JUDGES[1],
        "declareInterest",
        topicId=ids["assessed proposal"],
        body="A friend wrote it.",
        mitigation="RECUSE",
    )
