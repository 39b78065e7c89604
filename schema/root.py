"""The query and the mutation roots: one line for each noun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from domain.errors import Invalid
from schema.agenda_items import AgendaItemMutation
from schema.approvals import ApprovalMutation, ApprovalQuery
from schema.ballots import BallotMutation
from schema.batches import Parents, batched
from schema.clocks import ClockMutation
from schema.comments import CommentMutation
from schema.context import Info
from schema.credentials import CredentialMutation, CredentialQuery
from schema.criteria import CriterionMutation, CriterionQuery
from schema.cycles import CycleMutation, CycleQuery
from schema.delivery_plans import DeliveryPlanMutation
from schema.delivery_reviews import DeliveryReviewMutation
from schema.dispositions import DispositionMutation
from schema.endorsements import EndorsementMutation
from schema.engagements import EngagementMutation, EngagementQuery
from schema.evaluations import EvaluationMutation, EvaluationQuery
from schema.facilitators import FacilitatorMutation
from schema.floor_requests import FloorRequestMutation
from schema.implementation_plans import ImplementationPlanMutation
from schema.interests import InterestMutation
from schema.moderation import ModerationMutation, ModerationQuery
from schema.module_assessments import ModuleAssessmentMutation
from schema.nodes import Node, load_nodes, parse
from schema.objections import ObjectionMutation
from schema.organisations import OrganisationMutation, OrganisationQuery
from schema.papers import PaperMutation
from schema.people import PeopleMutation, PeopleQuery
from schema.periodic_reviews import PeriodicReviewMutation
from schema.plan_conditions import PlanConditionMutation
from schema.proposals import ProposalMutation
from schema.proxies import ProxyMutation
from schema.reports import ReportMutation
from schema.resource_options import ResourceOptionMutation
from schema.resource_selections import ResourceSelectionMutation
from schema.responses import ResponseMutation
from schema.roundtables import RoundtableMutation, RoundtableQuery
from schema.sections import SectionMutation
from schema.specification_revisions import SpecificationRevisionMutation
from schema.specifications import SpecificationMutation, SpecificationQuery
from schema.stakeholders import StakeholderMutation
from schema.themes import ThemeMutation
from schema.views import ViewMutation
from schema.votes import VoteMutation
from schema.webinars import WebinarMutation
from schema.words import WordsMutation

MOST_NODES = 100


def _by_id(id: Annotated[strawberry.ID, strawberry.argument(description="A global id.")]) -> None:
    """Have the argument of `node`."""


def _by_ids(
    ids: Annotated[
        list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")
    ],
) -> None:
    """Have the argument of `nodes`."""


async def _node(parents: Parents, info: Info, id: str) -> Sequence[Node | None]:
    return await load_nodes(info.context, [parse(id, "id")] * len(parents))


async def _nodes(parents: Parents, info: Info, ids: list[str]) -> Sequence[list[Node | None]]:
    if len(ids) > MOST_NODES:
        raise Invalid(f"At most {MOST_NODES} ids can be asked for at once.", ("ids",))
    found = await load_nodes(info.context, [parse(id, "ids") for id in ids])
    return [found] * len(parents)


@strawberry.type(description="Everything that can be asked.")
class Query(
    PeopleQuery,
    OrganisationQuery,
    CredentialQuery,
    CriterionQuery,
    SpecificationQuery,
    EngagementQuery,
    RoundtableQuery,
    EvaluationQuery,
    ApprovalQuery,
    ModerationQuery,
    CycleQuery,
):
    """The root of queries."""

    node: Node | None = batched(
        _node, "The thing with this id; null where the viewer may see none.", like=_by_id
    )
    nodes: list[Node | None] = batched(
        _nodes, "The things with these ids, in that order.", like=_by_ids
    )


@strawberry.type(description="Everything that can be changed.")
class Mutation(
    CommentMutation,
    ModerationMutation,
    ThemeMutation,
    DispositionMutation,
    ResponseMutation,
    EngagementMutation,
    WebinarMutation,
    StakeholderMutation,
    RoundtableMutation,
    AgendaItemMutation,
    ClockMutation,
    FacilitatorMutation,
    FloorRequestMutation,
    BallotMutation,
    VoteMutation,
    ViewMutation,
    WordsMutation,
    PaperMutation,
    ObjectionMutation,
    ProxyMutation,
    InterestMutation,
    PeopleMutation,
    OrganisationMutation,
    CredentialMutation,
    CriterionMutation,
    SpecificationMutation,
    SpecificationRevisionMutation,
    SectionMutation,
    EndorsementMutation,
    ImplementationPlanMutation,
    PeriodicReviewMutation,
    EvaluationMutation,
    DeliveryPlanMutation,
    ModuleAssessmentMutation,
    DeliveryReviewMutation,
    PlanConditionMutation,
    ApprovalMutation,
    ReportMutation,
    CycleMutation,
    ProposalMutation,
    ResourceOptionMutation,
    ResourceSelectionMutation,
):
    """The root of mutations."""
