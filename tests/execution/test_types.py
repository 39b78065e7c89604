"""Objects of interfaces and unions, and whether a value is of the type that it should be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLError

from schema.execution import ByClass, InstanceOf
from tests.execution.both import agreed, always, by_core, by_us, made, planned, said, same

SDL = """
interface Named { name: String }
interface Owned implements Named { name: String owner: Owned }
type Dog implements Named & Owned { name: String owner: Owned barks: Boolean! friend: Pet }
type Cat implements Named { name: String meows: Boolean! friends: [Pet!] }
type Stone { weight: Int }
union Pet = Dog | Cat
type Query {
  pet: Pet
  pets: [Pet]
  strict: [Pet!]
  named: [Named]
  owned: Owned!
  dogs: [Dog]
  after: Int
}
"""
FRAGMENTS = """
fragment Whole on Pet {
  __typename
  ... on Dog { name barks friend { ...Short } }
  ... on Cat { name meows friends { ...Short } }
}
fragment Short on Pet { __typename ... on Named { name } ... on Dog { barks } }
"""
DOCUMENTS = (
    f"{{ pet {{ ...Whole }} pets {{ ...Whole }} }} {FRAGMENTS}",
    f"{{ strict {{ ...Whole }} named {{ name ...Short __typename }} }} {FRAGMENTS}",
    f"{{ after pets {{ ...Short }} pets {{ ...Whole }} strict {{ ...Short }} }} {FRAGMENTS}",
    "{ dogs { name barks owner { name } } named { __typename ... on Owned { owner { name } } } }",
    "{ owned { name owner { ... on Dog { barks } name } } after }",
)


@dataclass
class Pet:
    name: Any = None
    barks: Any = True
    meows: Any = True
    friend: Any = None
    friends: Any = ()
    owner: Any = None
    weight: int = 1


class Dog(Pet):
    pass


class Puppy(Dog):
    pass


class Cat(Pet):
    pass


class Stone(Pet):
    pass


async def later(value: Any) -> Any:
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


def root() -> dict[str, Any]:
    rex = Puppy("Rex", friend=Cat("Tom"))
    tom = Cat("Tom", friends=[rex, Dog(None, barks=None), Cat()], meows=False)
    wrong = [Stone("stone"), None, 5, "text", Dog("x", friend=Stone()), Cat(meows=None)]
    return {
        "pet": rex,
        "pets": [rex, tom, *wrong, Dog("late", owner=rex)],
        "strict": [tom, rex],
        "named": [tom, rex, Dog("z", owner=Dog("owner", owner=tom)), *wrong],
        "owned": Dog("y", owner=rex),
        "dogs": [rex, tom, Dog("w", owner=Stone()), None],
        "after": 1,
    }


def kind(value: Any, _info: Any = None, _type: Any = None) -> Any:
    """Name the type of a value, wrongly where there is none."""
    match value:
        case Dog():
            return "Dog"
        case Cat():
            return "Cat"
        case Stone():
            return "Stone"
        case 5:
            raise ValueError("Five is no pet.")
        case _:
            return None


def answering(dog: Any) -> Callable[..., Any]:
    """Return a `resolve_type` that has something of its own to say of dogs."""

    def resolve(value: Any, info: Any, type_: Any) -> Any:
        return dog() if isinstance(value, Dog) else kind(value, info, type_)

    return resolve


def failing() -> str:
    raise ValueError("No type.")


def told(value: Any, info: Any, _type: Any) -> Any:
    """Refuse with all that is known, so that what is known is compared."""
    if isinstance(value, Dog) and value.name == "z":
        raise GraphQLError(
            f"{info.field_name} {info.path.as_list()} {info.return_type} {info.parent_type}",
            extensions={"nodes": len(info.field_nodes)},
        )
    return kind(value)


def waiting(resolve: Callable[..., Any]) -> Callable[..., Any]:
    async def wait(*given: Any) -> Any:
        await asyncio.sleep(0)
        return resolve(*given)

    return wait


def is_dog(value: Any, _info: Any) -> Any:
    return isinstance(value, Dog)


def is_cat(value: Any, _info: Any) -> Any:
    if value == 5:
        raise ValueError("Five is no cat.")
    return "truthy" if isinstance(value, Cat) else ""


def is_a_certain_dog(value: Any, info: Any) -> Any:
    if getattr(value, "name", None) == "late":
        raise GraphQLError(f"{info.path.as_list()} {info.field_name} {info.return_type}")
    return isinstance(value, Dog) and value.name != "z"


BY_CLASS = ByClass({Dog: "Dog", Cat: "Cat", Stone: "Stone", str: "Nobody"})
CLASSES = {"Dog": InstanceOf(Dog), "Cat": InstanceOf(Cat)}
WAYS: Mapping[str, Mapping[str, Any]] = {
    "resolve_type": {"Pet": kind, "Named": kind, "Owned": kind},
    "resolve_type that waits": {
        "Pet": waiting(kind),
        "Named": waiting(kind),
        "Owned": waiting(kind),
    },
    "resolve_type and is_type_of": {
        "Pet": kind,
        "Named": kind,
        "Owned": kind,
        "Dog": is_a_certain_dog,
    },
    "resolve_type and is_type_of that waits": {
        "Pet": kind,
        "Named": kind,
        "Owned": kind,
        "Dog": waiting(is_a_certain_dog),
    },
    "is_type_of": {"Dog": is_dog, "Cat": is_cat},
    "is_type_of that waits": {"Dog": waiting(is_dog), "Cat": waiting(is_cat)},
    "is_type_of of which one waits": {"Dog": is_dog, "Cat": waiting(is_cat)},
    "classes": CLASSES,
    "by class": {"Pet": BY_CLASS, "Named": BY_CLASS, "Owned": BY_CLASS},
    "by class, and classes": {"Pet": BY_CLASS, "Named": BY_CLASS, "Owned": BY_CLASS, **CLASSES},
    "some by class": {"Pet": BY_CLASS, "Named": kind, "Owned": kind, "Dog": InstanceOf(Puppy)},
    "info": {"Pet": told, "Named": told, "Owned": told},
    "nothing": {},
    **{
        f"dogs are {name}": dict.fromkeys(("Pet", "Named", "Owned"), answering(answer))
        for name, answer in {
            "null": lambda: None,
            "unknown": lambda: "Wolf",
            "an interface": lambda: "Named",
            "a scalar": lambda: "Int",
            "no member": lambda: "Query",
            "a number": lambda: 5,
            "a list": lambda: ["Dog"],
            "an awaited list": lambda: later(["Dog"]),
            "awaited": lambda: later("Dog"),
            "awaited and unknown": lambda: later("Wolf"),
            "awaited and null": lambda: later(None),
            "awaited and failing": lambda: later(ValueError("No type.")),
            "failing": failing,
        }.items()
    },
}


TWINS = {
    "resolve_type that waits": "resolve_type",
    "resolve_type and is_type_of that waits": "resolve_type and is_type_of",
    "is_type_of that waits": "is_type_of",
    "is_type_of of which one waits": "is_type_of",
    "dogs are awaited": "resolve_type",
    "dogs are awaited and unknown": "dogs are unknown",
    "dogs are awaited and null": "dogs are null",
    "dogs are awaited and failing": "dogs are failing",
    "dogs are an awaited list": "dogs are a list",
}
"""By the name of a way that waits, the one that answers the same at once."""


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("way", WAYS)
async def test_every_way_to_find_a_type_finds_the_same(way: str, document: str) -> None:
    waits = way in TWINS
    expected = await by_core(made(SDL, WAYS[TWINS.get(way, way)]), document, root())
    plans = planned()
    for _ in range(2):
        same(await by_us(made(SDL, WAYS[way]), document, root(), plans), expected)
    if waits:  # graphql-core tells errors as they come in; the data is the same
        late = await by_core(made(SDL, WAYS[way]), document, root())
        assert said(late)[0] == said(expected)[0]


@pytest.mark.parametrize(
    "value",
    [
        {"__typename": "Dog", "name": "x", "barks": True},
        {"__typename": "Cat", "name": "x"},
        {"__typename": "Stone"},
        {"__typename": "Wolf"},
        {"__typename": 5},
        {"__typename": ""},
        {},
        5,
        "text",
    ],
)
async def test_a_value_may_name_its_type_itself(value: Any) -> None:
    for document in DOCUMENTS[:3]:
        given = {
            "pet": value,
            "pets": [value, Dog("y"), value],
            "strict": [value],
            "named": [value],
        }
        await agreed(made(SDL), document, always(given))


async def test_an_attribute_may_name_the_type() -> None:
    class Named:
        __typename = "Dog"
        name = "attributed"
        barks = True

    await agreed(made(SDL), "{ pet { __typename ... on Dog { name } } }", lambda: {"pet": Named()})


async def test_a_type_resolver_for_all_abstract_types_is_asked() -> None:
    await agreed(made(SDL), DOCUMENTS[0], root, type_resolver=kind)
    late = await by_us(made(SDL), DOCUMENTS[1], root(), type_resolver=waiting(kind))
    same(late, await by_core(made(SDL), DOCUMENTS[1], root(), type_resolver=kind))
    await agreed(made(SDL, {"Pet": kind}), DOCUMENTS[1], root, type_resolver=told)


async def test_the_type_of_the_root_is_asked_nothing() -> None:
    await agreed(made(SDL, {"Query": lambda _value, _info: False}), "{ after }", root)


async def test_classes_are_told_apart_only_once() -> None:
    asked = []

    class Known(type):
        def __subclasscheck__(cls, subclass: type) -> bool:
            asked.append(subclass)
            return super().__subclasscheck__(subclass)

    class Counting(metaclass=Known):
        name = "counted"

    class Inner(Counting):
        pass

    schema = made(
        "type Query { one: One many: [Any] } union Any = One | Two"
        " type One { name: String } type Two { name: String }",
        {"One": InstanceOf(Counting), "Any": ByClass({int: "Two", Counting: "One"})},
    )
    given = {"one": Inner(), "many": [Inner(), Counting(), Inner(), 5]}
    document = "{ one { name } many { __typename ... on One { name } } }"
    for _ in range(3):
        result = await by_us(schema, document, given)
        assert result.data is not None
        kinds = [each["__typename"] for each in result.data["many"]]
        assert kinds == ["One", "One", "One", "Two"]
        assert result.errors is None
    assert sorted(each.__name__ for each in asked) == sorted(
        [*["Inner", "Counting"] * 2, "int"][: len(asked)]
    )
    assert len(asked) <= 5


def test_of_several_classes_that_fit_the_first_counts() -> None:
    by_class = ByClass({Puppy: "Puppy", Dog: "Dog", object: "Anything"})
    info: Any = None
    assert [by_class(each, info, None) for each in (Puppy(), Dog(), Cat(), None)] == [
        "Puppy",
        "Dog",
        "Anything",
        "Anything",
    ]
    assert ByClass({Dog: "Dog"})(Cat(), info, None) is None
    assert InstanceOf(Dog, Stone)(Puppy(), info)
    assert InstanceOf(Dog, Stone)(Stone(), info)
    assert not InstanceOf(Dog, Stone)(Cat(), info)
