"""Specifications in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain.commands import specifications as commands
from domain.lifecycle import (
    DRAFTABLE,
    SPECIFICATION,
    SpecificationState,
    SpecificationTransition,
)
from domain.models import specifications as models
from domain.models.specifications import BlockKind
from domain.permissions import Permission
from domain.queries import (
    approvals,
    comments,
    credentials,
    delivery_plans,
    endorsements,
    engagements,
    implementation_plans,
    people,
    periodic_reviews,
    resource_selections,
)
from domain.queries import specifications as queries
from schema.batches import batched
from schema.comments import Thread
from schema.context import Info
from schema.fields import (
    Expecting,
    Idempotent,
    Material,
    enum,
    expected,
    is_public,
    mutation,
    perform,
    permitted,
    relation,
    text,
)
from schema.interests import Interest, interests
from schema.nodes import Node, key, node
from schema.pagination import (
    After,
    Before,
    Connection,
    First,
    Last,
    connection,
    enlist,
    page,
)
from schema.people import Profession
from schema.transitions import TransitionOption, transitions

if TYPE_CHECKING:
    from schema.approvals import Approval
    from schema.credentials import Credential
    from schema.delivery_plans import DeliveryPlan
    from schema.endorsements import Endorsement
    from schema.engagements import Engagement
    from schema.implementation_plans import ImplementationPlan
    from schema.periodic_reviews import PeriodicReview
    from schema.resource_selections import ResourceSelection
    from schema.sections import Block, Section
    from schema.specification_revisions import SpecificationRevision

enum(
    BlockKind,
    "What a block of a specification states.",
    PARAGRAPH="Running text.",
    CAPABILITY="An advanced-level capability.",
    LEARNING_OUTCOME="What a learner can do at the end; delivery plans must cover it.",
    ASSESSMENT="How learning is assessed.",
)
enum(
    SpecificationState,
    "Where a version of a specification stands.",
    IN_DEVELOPMENT="It is being written.",
    CONSULTATION="It is being written, and stakeholders are asked about it.",
    REVISING="It is being revised after a consultation.",
    CANDIDATE="Its text is locked and hashed, for review and endorsement.",
    ENDORSED="The board endorsed its text.",
    ENDORSED_WITH_CONDITIONS="The board endorsed its text, and named what has to be done first.",
    DECLINED="The board declined its text.",
    SCHEDULED="It is endorsed, and the day of its launch is set.",
    LAUNCHED="It is the version from which providers deliver.",
    SUPERSEDED="A later version was launched.",
    RETIRED="The board retired it.",
    ABANDONED="Its development was given up.",
)
enum(
    SpecificationTransition,
    "A step in the life of a specification.",
    CONSULT="Ask stakeholders about it.",
    REVISE="Revise it after a consultation, or after a review.",
    MAKE_CANDIDATE="Lock and hash its text.",
    ENDORSE="Have it endorsed, by the conclusion of the board's endorsement.",
    ENDORSE_WITH_CONDITIONS="Have it endorsed with conditions, by that conclusion.",
    DECLINE="Have it declined, by that conclusion.",
    SCHEDULE="Set the day of its launch, which the implementation plan names.",
    UNSCHEDULE="Take that back.",
    LAUNCH="Launch it, in place of the version that is launched now.",
    RETIRE="Have it retired, by the outcome of a periodic review.",
    SUPERSEDE="Give way to a later version, by the launch of that.",
    ABANDON="Give up its development.",
)


@strawberry.type(description="A profession that a specification is designed for.")
class TargetProfession:
    """A target profession."""

    profession: Profession = relation(
        people.professions_by_ids, "The profession.", by="profession_id"
    )
    requirement: str = text(description="What the specification requires of it.")


@node(models.Specification, queries.by_ids, "One version of the blueprint of a credential.")
class Specification(Node):
    """A specification."""

    credential: Annotated[Credential, strawberry.lazy("schema.credentials")] | None = relation(
        credentials.by_ids,
        "The credential that it describes; null where the viewer may not know of that.",
        by="credential_id",
    )
    version: int = text(description="Its number among the versions of its credential, from 1.")
    title: str = text(description="The title.")
    summary: str = text(description="What it is about, in short.")
    state: SpecificationState = text(description="Where it stands.")
    revision: int = text(description="Counts its changes, every change of the text among them.")
    content_hash: str | None = text(
        description="The SHA-256, in hex, of the locked text; null while it may change."
    )
    launched_at: datetime | None = text(description="When it was launched, if it was.")
    teach_out_on: date | None = text(
        description="The last day on which it is taught, since it was superseded."
    )
    created_at: datetime = text(description="When this version was begun.")
    sections: list[Annotated[Section, strawberry.lazy("schema.sections")]] = relation(
        queries.sections, "Its sections, in their order."
    )
    learning_outcomes: list[Annotated[Block, strawberry.lazy("schema.sections")]] = relation(
        queries.learning_outcomes, "Its learning outcomes, in the order of the text."
    )
    target_professions: list[TargetProfession] = relation(
        queries.target_professions, "The professions that it is designed for."
    )
    revisions: Connection[
        Annotated[SpecificationRevision, strawberry.lazy("schema.specification_revisions")]
    ] = connection(
        queries.revisions, queries.count_revisions, "Its named revisions, the first one first."
    )
    engagements: Connection[Annotated[Engagement, strawberry.lazy("schema.engagements")]] = (
        connection(
            engagements.of_specifications,
            engagements.count_of_specifications,
            "The engagement exercises about it that the viewer may know of.",
        )
    )
    endorsements: Connection[Annotated[Endorsement, strawberry.lazy("schema.endorsements")]] = (
        connection(
            endorsements.of_specifications,
            endorsements.count_of_specifications,
            "What the board was asked about it.",
        )
    )
    periodic_reviews: Connection[
        Annotated[PeriodicReview, strawberry.lazy("schema.periodic_reviews")]
    ] = connection(
        periodic_reviews.of_specifications,
        periodic_reviews.count_of_specifications,
        "The reviews of whether it is current and still needed.",
    )
    review_on: date | None = text(
        description="The day on which its next periodic review is due, if it is launched."
    )
    implementation_plan: (
        Annotated[ImplementationPlan, strawberry.lazy("schema.implementation_plans")] | None
    ) = relation(implementation_plans.of_specifications, "How it comes into use.")
    interests: Connection[Interest] = interests()
    threads: Connection[Thread] = connection(
        comments.threads_of_topics,
        comments.count_threads_of_topics,
        "The threads that are held in its own place.",
    )
    delivery_plans: Connection[
        Annotated[DeliveryPlan, strawberry.lazy("schema.delivery_plans")]
    ] = connection(
        delivery_plans.of_specifications,
        delivery_plans.count_of_specifications,
        "The delivery plans for it that the viewer may see.",
    )
    resource_selection: (
        Annotated[ResourceSelection, strawberry.lazy("schema.resource_selections")] | None
    ) = relation(
        resource_selections.of_specifications,
        "How its development was agreed on; null where it began without a proposal.",
    )
    approvals: Connection[Annotated[Approval, strawberry.lazy("schema.approvals")]] = connection(
        approvals.of_specifications,
        approvals.count_of_specifications,
        "The approvals of providers to deliver it.",
    )
    available_transitions: list[TransitionOption[SpecificationTransition]] = transitions(
        SPECIFICATION, queries.facts, "What can happen to it next, and what stands in the way."
    )

    public: bool = batched(
        is_public, "Whether everybody may read it, or only its members.", reads=("id",)
    )
    viewer_can_draft: bool = permitted(
        Permission.DRAFT,
        "Whether the viewer can change its text now, and name it.",
        by="id",
        where=lambda specification: specification.state in DRAFTABLE,
        reads=("state",),
    )


@strawberry.input(description="The next version of a credential's specification.")
class CreateSpecificationInput(Idempotent):
    """See domain.commands.specifications.create_specification."""

    credential_id: strawberry.ID = text(description="The credential that it describes.")
    title: str = text(description="The title, at most 300 characters.")
    summary: str = text(description="What it is about, in short; may be empty.", default="")
    public: bool = text(description="Whether everybody may read it, or only its members.")
    continues_id: strawberry.ID | None = text(
        description="An earlier version of the same credential, whose text it begins with.",
        default=None,
    )


@strawberry.input(description="A profession with what the specification requires of it.")
class TargetProfessionInput:
    """A target profession."""

    profession_id: strawberry.ID = text(description="The profession.")
    requirement: str = text(description="What is required of it, at most 4,000 characters.")


@strawberry.input(description="Other words about a specification; what is null stays as it is.")
class EditSpecificationInput(Expecting, Material):
    """See domain.commands.specifications.edit_specification."""

    specification_id: strawberry.ID = text(description="The specification.")
    title: str | None = text(description="The new title.", default=None)
    summary: str | None = text(description="The new summary.", default=None)
    target_professions: list[TargetProfessionInput] | None = text(
        description="All professions that it is designed for, in place of the present ones.",
        default=None,
    )


@strawberry.input(description="A step in the life of a specification, with a reason.")
class AdvanceSpecificationInput(Expecting):
    """See domain.commands.specifications.advance_specification."""

    specification_id: strawberry.ID = text(description="The specification.")
    transition: SpecificationTransition = text(description="The step.")
    reason: str = text(description="Why; it stays in the history.")


@strawberry.type
class SpecificationQuery:
    """What can be asked about specifications."""

    @strawberry.field(
        description="The specifications that the viewer may see.",
        graphql_type=Connection[Specification],
    )
    async def specifications(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        state: Annotated[
            SpecificationState | None,
            strawberry.argument(description="Only those in this state."),
        ] = None,
    ) -> Any:
        """List specifications, perhaps of one state."""
        return await enlist(
            info,
            queries.listed,
            queries.count_listed,
            page(first, after, last, before),
            state=state,
        )


@strawberry.type
class SpecificationMutation:
    """What can be done with specifications as a whole."""

    @mutation(Specification, "Begin the next version of a credential's specification.")
    async def create_specification(self, info: Info, input: CreateSpecificationInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.create_specification,
            credential_id=key(input.credential_id, "credentialId", "Credential"),
            title=input.title,
            summary=input.summary,
            public=input.public,
            continues_id=None
            if input.continues_id is None
            else key(input.continues_id, "continuesId", "Specification"),
        )

    @mutation(Specification, "Change the title, summary or target professions.")
    async def edit_specification(self, info: Info, input: EditSpecificationInput) -> UUID:
        """See the command."""
        targets = input.target_professions
        return await perform(
            info,
            input,
            commands.edit_specification,
            specification_id=key(input.specification_id, "specificationId", "Specification"),
            title=input.title,
            summary=input.summary,
            target_professions=None
            if targets is None
            else [
                (key(each.profession_id, "targetProfessions", "Profession"), each.requirement)
                for each in targets
            ],
            expected_revision=expected(input),
            material=input.material,
        )

    @mutation(Specification, "Take a step in the life of a specification.")
    async def advance_specification(self, info: Info, input: AdvanceSpecificationInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_specification,
            specification_id=key(input.specification_id, "specificationId", "Specification"),
            transition=input.transition,
            reason=input.reason,
            expected_revision=expected(input),
        )
