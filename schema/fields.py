"""How a field is declared: a relation by its batch, a mutation by its command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from enum import Enum
from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import errors
from domain.permissions import Permission, allowed
from domain.queries import topics
from domain.queries.pages import ById
from domain.texts import snake_case
from domain.unit_of_work import UnitOfWork
from schema.ahead import of_records
from schema.batches import Parents, batched
from schema.context import PERSONAL_BATCHES, Batch, Info
from schema.errors import Conflict, Invalid, NotAllowed, NotFound
from schema.execution import InstanceOf, Reads
from schema.nodes import LOADERS, load_nodes, type_of

text = strawberry.field


Command = Callable[..., Awaitable[UUID]]


def enum(cls: type[Enum], description: str, **values: str) -> None:
    """Make an enumeration of the domain one of the API, with a description of every value."""
    strawberry.enum(cls, description=description)
    definition = cls.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values.pop(value.name)
    if values:
        raise ValueError(f"{cls.__name__} has no values {', '.join(values)}.")


def relation(batch: Batch, description: str, *, by: str = "id", personal: bool = False) -> Any:
    """Declare a field that is read for all parents at once.

    `batch` gets the session, the viewer and a list of keys, and returns one value for each in that
    order; `by` is the attribute of the parent that holds the key. A key of None is a value of None.
    `personal` marks what depends on who exactly asks; see schema.sharing.
    """
    if personal:
        PERSONAL_BATCHES.add(batch)
    key = attrgetter(by)

    async def resolve(parents: Parents, info: Info, wanted: Reads = None) -> Sequence[Any]:
        return await info.context.load_all(batch, list(map(key, parents)), wanted=wanted)

    ahead = of_records if isinstance(batch, ById) else None
    return batched(resolve, description, personal=personal, reads=(by,), ahead=ahead)


def node_relation(
    of: Callable[[Any], tuple[str, UUID] | None],
    description: str,
    *,
    reads: Sequence[str] | None = None,
) -> Any:
    """Declare a field that is a node of a type that differs from parent to parent.

    `of` returns the name of the type and the key, or None for nothing; `reads` is as of `batched`.
    """

    async def resolve(parents: Parents, info: Info) -> Sequence[Any]:
        return await load_nodes(info.context, list(map(of, parents)))

    return batched(resolve, description, reads=reads)


def topic_node(description: str) -> Any:
    """Declare the topic that each parent names by its `topic_id`, as the node that it is."""

    async def resolve(parents: Parents, info: Info) -> Sequence[Any]:
        places = await info.context.load_all(topics.by_ids, [each.topic_id for each in parents])
        return await load_nodes(
            info.context, [(type_of(place.kind.lower()), place.id) for place in places]
        )

    return batched(resolve, description, reads=("topic_id",))


def permitted(
    permission: Permission,
    description: str,
    *,
    by: str = "topic_id",
    where: Callable[[Any], bool] = lambda _parent: True,
    reads: Sequence[str] = (),
) -> Any:
    """Declare whether the viewer has a permission in the topic of each parent.

    `by` is the attribute that holds the topic's id; `where` says what else has to be so, and
    `reads` at which attributes it looks.
    """

    async def resolve(parents: Parents, info: Info) -> Sequence[bool]:
        places = [getattr(parent, by) if where(parent) else None for parent in parents]
        return await viewer_can(info, permission, places)

    return batched(resolve, description, reads=(by, *reads))


@strawberry.input
class Idempotent:
    """The input of a mutation that must not be done twice."""

    idempotency_key: str | None = text(
        description="1 to 200 characters of your choice: repeating a request with the same key "
        "repeats nothing and returns the first result.",
        default=None,
    )


@strawberry.input
class Expecting(Idempotent):
    """The input of a mutation of something that several people may be changing."""

    expected_revision: int | None = text(
        description="The revision that was seen. Required; null overwrites whatever there is.",
        default=strawberry.UNSET,
    )


@strawberry.input
class Material:
    """The input of a change of a text that people may be voting on."""

    material: bool = text(
        description="Whether it changes what is voted on: votes about it in open ballots then no "
        "longer count, until they are cast again.",
        default=False,
    )


def expected(input: Expecting) -> int | None:
    """Return the expected revision; Invalid where the field was left out."""
    if input.expected_revision is strawberry.UNSET:
        raise errors.Invalid(
            "Please send the revision that you saw as expectedRevision, or null to overwrite "
            "whatever there is.",
            ("expected_revision",),
        )
    return input.expected_revision


async def perform(info: Info, input: Any, command: Command, **arguments: Any) -> UUID:
    """Run a command in one unit of work, once for each idempotency key; return its result."""
    async with UnitOfWork(info.context.database, info.context.viewer) as uow:
        result = await uow.once(
            getattr(input, "idempotency_key", None),
            [info.field_name, asdict(input)],
            lambda: command(uow, **arguments),
        )
    if uow.changed_own_rights:
        await info.context.renew()
    return result


def mutation(node_type: type, description: str) -> Callable[[Any], Any]:
    """Declare a mutation whose resolver returns the key of the node that it changed.

    `addComment` of a `Comment` gets the type `AddCommentPayload { comment }` and the result union
    `AddCommentResult` of that payload and the four refusals.
    """
    field = snake_case(node_type.__name__)
    load = LOADERS[node_type.__name__]

    async def changed(keys: Parents, info: Info) -> Sequence[Any]:
        return await info.context.load_all(load, keys)

    def declare(resolver: Any) -> Any:
        name = "".join(part.capitalize() for part in resolver.__name__.split("_"))
        payload = strawberry.type(
            type(
                f"{name}Payload",
                (),
                {
                    "__annotations__": {field: node_type},
                    field: batched(changed, "As it is now."),
                    "is_type_of": InstanceOf(UUID),
                },
            ),
            description=f"What `{name[0].lower()}{name[1:]}` changed.",
        )
        return answering(name, payload, resolver, description)

    return declare


def answering(name: str, payload: Any, resolver: Any, description: str) -> Any:
    """Declare a mutation that answers with its payload or with one of the four refusals."""
    result = Annotated[
        payload | NotFound | NotAllowed | Conflict | Invalid,
        strawberry.union(f"{name}Result", description="What was changed, or why nothing was."),
    ]
    field = strawberry.mutation(resolver=resolver, description=description, graphql_type=result)
    for argument in field.base_resolver.arguments:
        argument.description = "What to do, and to what."
    return field


async def viewer_can(
    info: Info, permission: Permission, topic_ids: Sequence[UUID | None]
) -> list[bool]:
    """Say whether the viewer has a permission in each of these topics; in no topic, they do not."""
    viewer = info.context.viewer
    return [
        topic is not None and allowed(viewer, permission, topic)
        for topic in await info.context.load_all(topics.by_ids, topic_ids)
    ]


async def is_public(topics_: Parents, info: Info) -> Sequence[bool]:
    """Say of things that are topics themselves whether everybody may read them."""
    found = await info.context.load_all(topics.by_ids, [each.id for each in topics_])
    return [bool(topic.public) for topic in found]
