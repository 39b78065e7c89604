"""Priority cycles through the API, with people who propose, judge and decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.ids import new_id
from domain.models.criteria import Criterion, CriterionKind
from domain.models.people import Membership, Person, Profession, ScopeKind
from domain.models.topics import Topic, TopicKind
from domain.permissions import ANYONE, Role
from tests.api.inputs import MUTATIONS, SCHEMA, payload_type
from tests.conftest import Ask
from tests.mutations import change
from tests.world import NOW, World

TRANSITIONS = "availableTransitions { transition allowed reasons missing }"
STAFF = {
    "judge1": Role.REVIEWER,
    "judge2": Role.REVIEWER,
    "judge3": Role.REVIEWER,
    "board": Role.BOARD,
    "chair": Role.BOARD,
    "observer": Role.OBSERVER,
}
QUESTIONS = ("FIT", "COST", "TIME", "QUALITY")


@dataclass
class Priorities:
    """A cycle by its global id, its criteria, and the professions that proposals may be for."""

    ask: Ask
    world: World
    cycle: str = ""
    criteria: list[str] = field(default_factory=list)
    professions: list[str] = field(default_factory=list)

    async def do(
        self, name: str, mutation: str, selection: str = "", /, **input: Any
    ) -> dict[str, Any]:
        """Run a mutation, whatever the revision; return what it changed, or its refusal."""
        fields = MUTATIONS[mutation].args["input"].type.of_type.fields
        if "expectedRevision" in fields:
            input = {"expectedRevision": None, **input}
        payload: Any = SCHEMA.type_map[payload_type(mutation)]
        [node] = payload.fields
        viewer = await self.world.viewer(name)
        answer = await change(self.ask, viewer, mutation, f"{node} {{ id {selection} }}", **input)
        return answer if "code" in answer else dict(answer[node])

    async def show(self, id: str, type: str, selection: str, name: str | None) -> Any:
        """Return what somebody sees of a node, None where they may not know of it."""
        data = await self.ask(
            ANYONE if name is None else await self.world.viewer(name),
            f"query ($id: ID!) {{ node(id: $id) {{ ... on {type} {{ {selection} }} }} }}",
            id=id,
        )
        return data["node"]

    async def options(self, id: str, type: str, name: str) -> dict[str, dict[str, Any]]:
        """Return what can happen to something next, by the name of the step."""
        seen = await self.show(id, type, TRANSITIONS, name)
        return {each["transition"]: each for each in seen["availableTransitions"]}

    async def move_cycle(self, transition: str, name: str = "secretary") -> dict[str, Any]:
        """Take a step of the cycle."""
        return await self.do(
            name,
            "advanceCycle",
            "state",
            cycleId=self.cycle,
            transition=transition,
            reason="It is time.",
        )

    async def draft(
        self, name: str = "nurse1", selection: str = "", **input: Any
    ) -> dict[str, Any]:
        """Begin a proposal that lacks nothing but its answers."""
        usual = {
            "cycleId": self.cycle,
            "title": "Acute stroke",
            "area": "Stroke",
            "summary": "Too few see somebody in time.",
            "professions": self.professions,
            "nations": ["ENGLAND", "WALES"],
        }
        return await self.do(name, "draftProposal", selection, **(usual | input))

    async def answer(self, proposal: str, name: str = "nurse1") -> None:
        """Answer every criterion."""
        for number, criterion in enumerate(self.criteria, 1):
            answered = await self.do(
                name,
                "answerGatewayCriterion",
                proposalId=proposal,
                criterionId=criterion,
                body=f"How it meets criterion {number}.",
            )
            assert "code" not in answered, answered

    async def step(
        self, proposal: str, transition: str, name: str, selection: str = "state", **input: Any
    ) -> dict[str, Any]:
        """Take a step of a proposal."""
        usual = {"proposalId": proposal, "transition": transition, "reason": "As it stands."}
        return await self.do(name, "advanceProposal", selection, **(usual | input))

    async def submitted(self, name: str = "nurse1") -> str:
        """Submit a proposal; return its id."""
        proposal = str((await self.draft(name))["id"])
        await self.answer(proposal, name)
        assert (await self.step(proposal, "SUBMIT", name))["state"] == "SUBMITTED"
        return proposal

    async def reviewed(self, name: str = "nurse1") -> str:
        """Submit a proposal and begin its review, once the cycle is in SCORING; return its id."""
        proposal = await self.submitted(name)
        await self.move_cycle("SCORE")
        assert (await self.step(proposal, "REVIEW", "secretary"))["state"] == "GATEWAY_REVIEW"
        return proposal

    async def judge(
        self, proposal: str, number: int, name: str, finding: str = "MET", **input: Any
    ) -> dict[str, Any]:
        """Judge a criterion by its number, from 1."""
        return await self.do(
            name,
            "judgeProposal",
            "finding reason submission recused criterion { number } judge { name }",
            **{
                "proposalId": proposal,
                "criterionId": self.criteria[number - 1],
                "finding": finding,
                "reason": f"{name} on {number}.",
                **input,
            },
        )

    async def judge_all(self, proposal: str, *findings: str) -> None:
        """Let two judges judge every criterion: the second one finds what is given, else MET."""
        for number in range(1, len(self.criteria) + 1):
            await self.judge(proposal, number, "judge1")
            found = findings[number - 1] if number <= len(findings) else "MET"
            judged = await self.judge(proposal, number, "judge2", found)
            assert "code" not in judged, judged

    async def prioritised(self) -> tuple[str, str]:
        """Bring a proposal to its priority; return its id and that of its resource selection."""
        proposal = await self.reviewed()
        await self.judge_all(proposal)
        decided = await self.step(
            proposal, "PRIORITISE", "secretary", "state resourceSelection { id }"
        )
        assert decided["state"] == "PRIORITISED"
        return proposal, decided["resourceSelection"]["id"]

    async def add_option(
        self, selection: str, title: str = "Begin anew", name: str = "secretary", **input: Any
    ) -> dict[str, Any]:
        """Enter an option."""
        usual = {
            "resourceSelectionId": selection,
            "kind": "NEW",
            "title": title,
            "description": "How it would go.",
        }
        return await self.do(
            name, "addResourceOption", "title kind total { total assessors }", **(usual | input)
        )

    async def assess(self, option: str, name: str, *points: int, **input: Any) -> dict[str, Any]:
        """Score an option on each question, 3 where no points are given."""
        scores = [
            {
                "question": question,
                "score": points[index] if index < len(points) else 3,
                "reason": f"{name} on {question}.",
            }
            for index, question in enumerate(QUESTIONS)
        ]
        return await self.do(
            name,
            "assessResourceOption",
            "total { total assessors }",
            **{"resourceOptionId": option, "scores": scores, **input},
        )

    async def advance(
        self, selection: str, transition: str, name: str = "secretary", **input: Any
    ) -> dict[str, Any]:
        """Take a step of a resource selection that names nothing but its reason."""
        usual = {
            "resourceSelectionId": selection,
            "transition": transition,
            "reason": "As it stands.",
        }
        return await self.do(name, "advanceResourceSelection", "state", **(usual | input))

    async def select(
        self, selection: str, option: str, name: str = "board", **input: Any
    ) -> dict[str, Any]:
        """Decide for an option."""
        return await self.do(
            name,
            "selectResourceOption",
            "state selectedOption { title } "
            "decisions { transition total assessors bestScored reason option { title } }",
            **{
                "resourceSelectionId": selection,
                "resourceOptionId": option,
                "reason": "The best.",
                **input,
            },
        )

    async def agree(
        self, selection: str, name: str = "secretary", more: str = "", **input: Any
    ) -> dict[str, Any]:
        """Agree on the development of what was selected."""
        usual = {
            "resourceSelectionId": selection,
            "leadId": self.world.id("Person", self.world.people["nurse2"]),
            "support": "A day a week.",
            "startsOn": "2026-06-01",
            "endsOn": "2027-05-31",
            "code": "STROKE-1",
            "title": "Acute stroke",
            "public": True,
            "reason": "All agree.",
        }
        return await self.do(name, "agreeDevelopment", f"state {more}", **(usual | input))

    async def selected(self, **input: Any) -> tuple[str, str]:
        """Bring a resource selection to a selected option; return the proposal and its id."""
        proposal, selection = await self.prioritised()
        option = str((await self.add_option(selection, **input))["id"])
        other = str((await self.add_option(selection, "Do nothing"))["id"])
        for name in ("judge1", "judge2"):
            await self.assess(option, name, 5)
            await self.assess(other, name, 1)
        await self.advance(selection, "ASSESS")
        assert (await self.select(selection, option))["state"] == "SELECTED"
        return proposal, selection

    async def declare(self, name: str, topic: str, mitigation: str = "RECUSE") -> str:
        """Declare an interest; return its id."""
        viewer = await self.world.viewer(name)
        declared = await change(
            self.ask,
            viewer,
            "declareInterest",
            "interest { id }",
            topicId=topic,
            body="They are my cousin.",
            mitigation=mitigation,
        )
        return str(declared["interest"]["id"])


async def employ(world: World, name: str, role: Role, scope: UUID | None = None) -> None:
    """Add a person with a role, in the whole body or in one proposal."""
    id = world.people[name] = new_id()
    await world.add(
        Topic(id=id, kind=TopicKind.PERSON, scopes=[id]),
        Person(id=id, name=name.title(), email=f"{name}@example.org", created_at=NOW),
        Membership(
            person_id=id,
            role=role,
            scope_kind=ScopeKind.PROPOSAL if scope else ScopeKind.BODY,
            scope_id=scope,
            created_at=NOW,
        ),
    )


async def priorities(ask: Ask, world: World, *, opened: bool = True) -> Priorities:
    """Plan a cycle with three gateway criteria, and open it."""
    made = Priorities(ask, world)
    for name, role in STAFF.items():
        await employ(world, name, role)
    for number in (1, 2, 3):
        criterion = Criterion(
            number=number,
            version=1,
            kind=CriterionKind.GATEWAY,
            title=f"Criterion {number}",
            guidance="Look closely.",
            in_force_since=NOW,
        )
        await world.add(criterion)
        made.criteria.append(world.id("Criterion", criterion.id))
    for title in ("Nurse", "Paramedic"):
        profession = Profession(name=title)
        await world.add(profession)
        made.professions.append(world.id("Profession", profession.id))
    planned = await made.do(
        "secretary",
        "planCycle",
        title="Spring",
        purpose="To find what is needed most.",
        opensOn="2026-03-01",
        closesOn="2026-05-31",
    )
    made.cycle = planned["id"]
    if opened:
        assert (await made.move_cycle("OPEN"))["state"] == "OPEN"
    return made
