"""The query and the mutation roots: one line for each noun."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.errors import Invalid
from schema.agenda_items import AgendaItemMutation
from schema.ballots import BallotMutation
from schema.clocks import ClockMutation
from schema.comments import CommentMutation
from schema.context import Info
from schema.credentials import CredentialMutation, CredentialQuery
from schema.criteria import CriterionMutation, CriterionQuery
from schema.delivery_plans import DeliveryPlanMutation
from schema.engagements import EngagementMutation, EngagementQuery
from schema.floor_requests import FloorRequestMutation
from schema.nodes import LOADERS, Node, load_nodes, parse
from schema.organisations import OrganisationMutation, OrganisationQuery
from schema.people import PeopleMutation, PeopleQuery
from schema.roundtables import RoundtableMutation, RoundtableQuery
from schema.sections import SectionMutation
from schema.specification_revisions import SpecificationRevisionMutation
from schema.specifications import SpecificationMutation, SpecificationQuery
from schema.stakeholders import StakeholderMutation
from schema.votes import VoteMutation
from schema.webinars import WebinarMutation

MOST_NODES = 100


@strawberry.type(description="Everything that can be asked.")
class Query(
    PeopleQuery,
    OrganisationQuery,
    CredentialQuery,
    CriterionQuery,
    SpecificationQuery,
    EngagementQuery,
    RoundtableQuery,
):
    """The root of queries."""

    @strawberry.field(description="The thing with this id; null where the viewer may see none.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="A global id.")],
    ) -> Node | None:
        """Read any node by its global id."""
        type_name, key = parse(id, "id")
        found: Node | None = await info.context.load(LOADERS[type_name], key)
        return found

    @strawberry.field(description="The things with these ids, in that order.")
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")
        ],
    ) -> list[Node | None]:
        """Read many nodes by their global ids."""
        if len(ids) > MOST_NODES:
            raise Invalid(f"At most {MOST_NODES} ids can be asked for at once.", ("ids",))
        return await load_nodes(info.context, [parse(id, "ids") for id in ids])


@strawberry.type(description="Everything that can be changed.")
class Mutation(
    CommentMutation,
    EngagementMutation,
    WebinarMutation,
    StakeholderMutation,
    RoundtableMutation,
    AgendaItemMutation,
    ClockMutation,
    FloorRequestMutation,
    BallotMutation,
    VoteMutation,
    PeopleMutation,
    OrganisationMutation,
    CredentialMutation,
    CriterionMutation,
    SpecificationMutation,
    SpecificationRevisionMutation,
    SectionMutation,
    DeliveryPlanMutation,
):
    """The root of mutations."""
