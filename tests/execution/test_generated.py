"""Whatever the schema, the values and the document: what graphql-core says, byte for byte.

It tries a few hundred; with CONCORDAT_FUZZ=long it tries ten thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from graphql import parse, validate
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from schema.execution import Plans
from tests.execution.both import LONG, by_core, by_us, same
from tests.execution.documents import Documents
from tests.execution.generated import Made, drawn

SCALARS: Mapping[str, tuple[Any, ...]] = {
    "Int": (0, -1, 7, 2**31 - 1),
    "Float": (0.5, -3, 1e20),
    "String": ("", "text", 'quo"ted \n\\ 💥'),
    "Boolean": (True, False),
    "ID": ("id", 5),
}


@settings(max_examples=10_000 if LONG else 300, deadline=None)
@given(
    seed=st.integers(0, 2**40),
    size=st.integers(2, 14),
    depth=st.integers(1, 6),
    width=st.integers(1, 6),
    spice=st.sampled_from((0, 2, 10, 30)),
    mutates=st.booleans(),
)
async def test_generated_documents_say_the_same(
    seed: int, size: int, depth: int, width: int, spice: int, *, mutates: bool
) -> None:
    random = Random(seed)  # noqa: S311 - of tests
    made = drawn(random, size)
    each, late = (Made(made, spice, as_drawn=as_drawn) for as_drawn in (False, True))
    documents = Documents(
        each.schema, random, lambda type_, _name: random.choice(SCALARS[type_]), depth, width
    )
    root = each.schema.mutation_type if mutates else each.schema.query_type
    assert root is not None
    found = documents.draw(root, "mutation" if mutates else "query")
    document = parse(found.text)
    assert validate(each.schema, document) == [], found.text
    note(f"{made.sdl}\n{made.ways}\n{found.text}\n{found.variables}")
    how: dict[str, Any] = {"raw_variable_values": found.variables}
    expected = await by_core(each.schema, document, each.values.root(seed), **how)
    reasons: set[str] = set()
    plans = Plans(unplanned=reasons.add)
    same(await by_us(each.schema, document, each.values.root(seed), plans, **how), expected)
    plans = Plans(unplanned=reasons.add)
    for _ in range(2):  # cold and warm
        result = await by_us(late.schema, document, late.values.root(seed), plans, **how)
        same(result, expected)
    assert reasons <= {"directive"}  # of a condition without its value
    event(f"{min(len(expected.errors or ()), 5)} errors")
