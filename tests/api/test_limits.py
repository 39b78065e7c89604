"""What documents are refused, and by which sentence."""

from dataclasses import replace

import pytest
from graphql import GraphQLError, get_introspection_query
from hypothesis import given
from hypothesis import strategies as st

from schema.documents import RequestErrors
from schema.limits import Limits, check_document, check_variables, parse_document
from schema.operations import Operations, Request
from tests.api.toy import schema

LIMITS = Limits()
OPERATIONS = Operations(schema, LIMITS, suggestions=False)


def check(text: str, limits: Limits = LIMITS) -> list[str]:
    return [error.message for error in check_document(parse_document(text, limits), limits)]


def nested(depth: int) -> str:
    return "{" + "node {" * (depth - 1) + "id" + "}" * depth


def doubling(levels: int, body: str = "id") -> str:
    """A document whose expansion is 2 to the power of its levels."""
    fragments = [
        f"fragment F{level} on Node {{ ...F{level + 1} ...F{level + 1} }}"
        for level in range(levels)
    ]
    return f"{{ ...F0 }} {' '.join(fragments)} fragment F{levels} on Node {{ {body} }}"


def test_twelve_levels_pass_and_thirteen_do_not() -> None:
    assert check(nested(12)) == []
    assert check(nested(13)) == [
        "This is too much for one request: it may nest fields 12 levels deep."
    ]


def test_depth_counts_through_fragments_and_not_for_them() -> None:
    inner = nested(6).removeprefix("{").removesuffix("}")
    fragment = f"fragment Inner on Node {{ {inner} }}"
    outer = "node {" * 6 + "... on Node { ...Inner }" + "}" * 6
    assert check(f"{{ {outer} }} {fragment}") == []
    assert len(check(f"{{ node {{ {outer} }} }} {fragment}")) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{" + " ".join(f"a{n}: id" for n in range(31)) + "}", "may have 30 aliases"),
        ("{ id " + "@skip(if: false) " * 51 + "}", "may have 50 directives"),
        ("query " + "@x " * 51 + "{ id }", "may have 50 directives"),
        ("query ($a: Int " + "@x " * 51 + ") { id }", "may have 50 directives"),
        (doubling(60), "may select 5000 fields, with its fragments expanded"),
        (doubling(60, "a: id"), "may have 30 aliases"),
        (
            "{ __schema { types {" + "ofType {" * 20 + "name" + "}" * 23,
            "may nest introspection 20 levels deep",
        ),
    ],
)
def test_each_limit_has_its_sentence(text: str, sentence: str) -> None:
    assert f"This is too much for one request: it {sentence}." in check(text)


def test_fragments_that_spread_themselves_are_refused() -> None:
    text = "{ ...A } fragment A on Node { ...B } fragment B on Node { ...A }"
    [message] = check(text)
    assert message.startswith("Fragments may not spread themselves, but these do: ")
    assert len(check("{ ...A } fragment A on Node { ...A }")) == 1


def test_unknown_fragments_are_left_to_validation() -> None:
    assert check("{ ...Nowhere } fragment A on Node { ...Elsewhere }") == []


def test_the_introspection_queries_of_tools_pass() -> None:
    query = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True
    )
    assert OPERATIONS.find(Request(query)).kind.value == "query"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("#" * 65_537, "the document is longer than 65536 bytes"),
        ("{" + "id " * 2_001 + "}", "Document contains more than 2000 tokens"),
        ("#\n" * 2_001, "Document contains more than 2000 comments"),
        ("{" + "node {" * 400 + "id" + "}" * 401, "nested too deeply"),
        ("{ echo(value: " + "[" * 900 + "]" * 900 + ") }", "nested too deeply"),
        ("{ echo(value: " + "{a:" * 600 + "1" + "}" * 600 + ") }", "nested too deeply"),
        ("query ($a: " + "[" * 900 + "Int" + "]" * 900 + ") { id }", "nested too deeply"),
    ],
)
def test_what_cannot_be_parsed_within_the_limits_is_a_syntax_error(
    text: str, sentence: str
) -> None:
    with pytest.raises(GraphQLError, match=sentence):
        parse_document(text, LIMITS)


@pytest.mark.parametrize(
    "text",
    [
        doubling(100),
        "{" + "id " * 1_990 + "}",
        "{" + "node { id } " * 490 + "}",
        "{" + " ".join(f"field{n}" for n in range(1_990)) + "}",
        "{ hello(" + "name: 1 " * 600 + ") }",
        "{" + "...F " * 100 + "} " + "fragment F on Node { id } " * 100,
        "query ($a: Int = " + "9" * 5_000 + ") { hello(name: $a) }",
        "{ hello(name: " + "9" * 5_000 + ") }",
        "{ hello(name: 1e" + "9" * 5_000 + ") }",
        '{ hello(name: "\ud800") }',
        '{ hello(name: "\\ud800") }',
        "\x00",
        "type Query { id: Int }",
        "",
        "}",
    ],
)
def test_hostile_documents_are_refused_in_words(text: str) -> None:
    with pytest.raises(RequestErrors) as refused:
        OPERATIONS.find(Request(text))
    codes = {error["extensions"]["code"] for error in refused.value.result["errors"]}
    assert codes <= {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"}


def test_a_document_too_costly_to_check_is_refused_in_a_sentence() -> None:
    with pytest.raises(RequestErrors, match="ask for less at a time"):
        OPERATIONS.find(Request("{" + "id " * 1_990 + "}"))


def test_variables_have_a_size_and_a_depth() -> None:
    assert check_variables(None, LIMITS) is None
    assert check_variables({"a": [1] * 9_998}, LIMITS) is None
    assert "10000 values" in str(check_variables({"a": [1] * 10_000}, LIMITS))
    deep: object = 1
    for _ in range(70):
        deep = [deep]
    assert "64 levels" in str(check_variables({"a": deep}, LIMITS))


@given(st.recursive(st.just("id"), lambda inner: st.lists(inner, min_size=1, max_size=3)))
def test_the_weight_with_fragments_is_the_weight_without(tree: object) -> None:
    """Moving every selection set into a fragment changes nothing."""
    fragments: list[str] = []

    def plain(tree: object) -> str:
        return (
            "node { " + " ".join(map(plain, tree)) + " }" if isinstance(tree, list) else str(tree)
        )

    def spread(tree: object) -> str:
        if not isinstance(tree, list):
            return str(tree)
        body = " ".join(map(spread, tree))
        fragments.append(f"fragment F{len(fragments)} on Node {{ {body} }}")
        return f"node {{ ...F{len(fragments) - 1} }}"

    tight = replace(LIMITS, depth=3, fields=6)
    assert check(f"{{ {plain(tree)} }}", tight) == check(
        f"{{ {spread(tree)} }} {' '.join(fragments)}", tight
    )
