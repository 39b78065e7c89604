"""A roundtable that is held for a test, and what people do in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.api.inputs import MUTATIONS
from tests.conftest import Ask
from tests.mutations import change
from tests.world import World


@dataclass(frozen=True)
class Held:
    """A roundtable by its global id, and the invitations to it by the name of the person."""

    ask: Ask
    world: World
    id: str
    invitations: dict[str, str]

    async def do(
        self, name: str, mutation: str, selection: str = "__typename", **input: Any
    ) -> dict[str, Any]:
        """Run a mutation in this roundtable, whatever its revision is; return as `change` does."""
        fields = MUTATIONS[mutation].args["input"].type.of_type.fields
        usual = {"roundtableId": self.id, "expectedRevision": None}
        given = {field: value for field, value in usual.items() if field in fields} | input
        return await change(self.ask, await self.world.viewer(name), mutation, selection, **given)

    async def show(self, selection: str, name: str = "moderator") -> dict[str, Any]:
        """Return what somebody sees of the roundtable."""
        data = await self.ask(
            await self.world.viewer(name),
            f"query ($id: ID!) {{ node(id: $id) {{ ... on Roundtable {{ {selection} }} }} }}",
            id=self.id,
        )
        return dict(data["node"])

    async def step(self, transition: str) -> dict[str, Any]:
        """Open or close the roundtable."""
        return await self.do(
            "moderator", "advanceRoundtable", transition=transition, reason="It is time."
        )

    async def add_item(self, title: str, **more: Any) -> str:
        """Add an item of five minutes to the agenda; return its id."""
        input = {"title": title, "plannedMinutes": 5, **more}
        done = await self.do("moderator", "addAgendaItem", "agendaItem { id }", **input)
        return str(done["agendaItem"]["id"])

    async def ask_floor(self, name: str) -> str:
        """Ask for the floor; return the id of the request."""
        done = await self.do(name, "requestFloor", "floorRequest { id }", about=f"{name} asks")
        return str(done["floorRequest"]["id"])


async def held(ask: Ask, world: World, *guests: str, opened: bool = True) -> Held:
    """Plan a roundtable of the world's exercise, invite people to it, and open it."""
    moderator = await world.viewer("moderator")
    planned = await change(
        ask,
        moderator,
        "createRoundtable",
        "roundtable { id }",
        engagementId=world.id("Engagement", world.engagement),
        title="By invitation",
        startsAt="2026-02-03T10:00:00Z",
    )
    made = Held(ask, world, planned["roundtable"]["id"], {})
    if guests:
        invited = await made.do(
            "moderator",
            "invite",
            "roundtable { invitations { nodes { id person { name } } } }",
            stakeholderIds=[world.id("Stakeholder", world.stakeholders[name]) for name in guests],
        )
        for node in invited["roundtable"]["invitations"]["nodes"]:
            made.invitations[node["person"]["name"].lower()] = node["id"]
    if opened:
        await made.step("OPEN")
    return made
