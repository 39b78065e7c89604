"""Things with a global id: how a record becomes a node, and a global id a key."""

from __future__ import annotations

import asyncio
from binascii import b2a_base64
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

import strawberry
from strawberry import relay

from domain.errors import NotFound
from domain.rows import rows_of
from domain.texts import snake_case
from schema.batches import derived
from schema.context import Batch, Context
from schema.execution import ByClass, InstanceOf

T = TypeVar("T", bound=type)

# GraphQL type name to the batch that reads it, and the classes of its records to the type name.
LOADERS: dict[str, Batch] = {}
_NAMES: dict[type, str] = {}


def global_id(type_name: str, key: UUID) -> strawberry.ID:
    """Return the opaque id of a node."""
    return strawberry.ID(b2a_base64(f"{type_name}:{key}".encode(), newline=False).decode())


@strawberry.interface(description="Something with an id of its own, which never changes.")
class Node:
    """The Relay interface: every type with an id implements it."""

    resolve_type = ByClass(_NAMES)
    id: strawberry.ID = derived(
        lambda record: global_id(str(Node.resolve_type.name(type(record))), record.id),
        "The global id, to be treated as opaque.",
        reads=("id",),
    )


def node(record: type, load: Batch, description: str) -> Callable[[T], T]:
    """Make a class the node type of a record, readable by its global id through `load`."""

    def decorate(cls: T) -> T:
        LOADERS[cls.__name__] = load
        classes = (record, rows_of(record))
        _NAMES.update(dict.fromkeys(classes, cls.__name__))
        cls.is_type_of = InstanceOf(*classes)  # type: ignore[attr-defined]
        return strawberry.type(cls, description=description)

    return decorate


async def load_nodes(context: Context, ids: Sequence[tuple[str, UUID] | None]) -> list[Node | None]:
    """Return the node of each type name and key, the nodes of one type read together."""
    by_type: dict[str, list[int]] = defaultdict(list)
    for index, id in enumerate(ids):
        if id is not None:
            by_type[id[0]].append(index)
    found: list[Node | None] = [None] * len(ids)

    async def load(type_name: str, indices: Sequence[int]) -> None:
        keys = [ids[index][1] for index in indices]  # type: ignore[index] # None is left out above
        nodes = await context.load_all(LOADERS[type_name], keys)
        for index, node in zip(indices, nodes, strict=True):
            found[index] = node

    loads = [load(name, indices) for name, indices in by_type.items()]
    if len(loads) == 1:
        await loads[0]
    else:
        await asyncio.gather(*loads)
    return found


def type_of(noun: str) -> str:
    """Return the node type of an event's noun: "DeliveryPlan" for "delivery_plan"."""
    return "".join(part.capitalize() for part in noun.split("_"))


def key(id: str, path: str, *types: str) -> UUID:
    """Return the key that a global id of one of these types stands for.

    `path` is the name of the input field. Raises NotFound for anything else, because an id that is
    not of this type names nothing here.
    """
    type_name, value = parse(id, path)
    if type_name not in types:
        raise NotFound(
            f"The id in {path} is that of a {_words(type_name)}; "
            f"this needs the id of a {' or '.join(_words(each) for each in types)}.",
            (path,),
        )
    return value


def parse(id: str, path: str) -> tuple[str, UUID]:
    """Return the type name and the key of a global id; NotFound where it is none."""
    try:
        type_name, value = relay.from_base64(id)
        if type_name not in LOADERS:
            raise ValueError(type_name)
        return type_name, UUID(value)
    except ValueError:
        raise NotFound(
            f"{path} is not an id of ours. Please send an id as the API returned it.", (path,)
        ) from None


def _words(type_name: str) -> str:
    return snake_case(type_name).replace("_", " ")
