"""What a GraphQL request may ask for, and the one linear pass that weighs a document."""

from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    parse,
)
from graphql.validation.rules import overlapping_fields_can_be_merged

# graphql-core compares each field with every field of the same name, which is quadratic. It meters
# this work and takes its budget from here: its 500,000 units last 540 ms, these 36 ms. The
# introspection query needs fewer than 2,000.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 20_000


@dataclass(frozen=True)
class Limits:
    """The most that one request may ask for.

    `depth` to `fields` are counted per operation with its fragments expanded. What is below
    `__schema` and `__type` has a depth limit of its own, so that the introspection queries of all
    tools pass.
    """

    body_bytes: int = 1024 * 1024
    values: int = 10_000
    value_depth: int = 64
    document_bytes: int = 64 * 1024
    tokens: int = 2_000
    depth: int = 12
    introspection_depth: int = 20
    aliases: int = 30
    directives: int = 50
    fields: int = 5_000


SENTENCES = {
    "depth": "may nest fields {} levels deep",
    "introspection_depth": "may nest introspection {} levels deep",
    "aliases": "may have {} aliases",
    "directives": "may have {} directives",
    "fields": "may select {} fields, with its fragments expanded",
}


@dataclass
class Weight:
    """What a definition asks for: the numbers of `SENTENCES`, and the fragments that it spreads.

    A spread is the name of the fragment, the depth around it, and whether that is introspection.
    """

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    spreads: list[tuple[str, int, bool]] = field(default_factory=list)

    def deepen(self, depth: int, *, introspection: bool) -> None:
        """Note that fields are nested this deep."""
        if introspection:
            self.introspection_depth = max(self.introspection_depth, depth)
        else:
            self.depth = max(self.depth, depth)

    def expand(self, fragments: "dict[str, Weight]", limits: Limits) -> None:
        """Add the fragments that are spread here, expanded themselves.

        Sums stop just above their limits, because they grow exponentially.
        """
        for name, depth, introspection in self.spreads:
            fragment = fragments.get(name, Weight())
            self.deepen(depth + fragment.depth, introspection=introspection)
            self.introspection_depth = max(self.introspection_depth, fragment.introspection_depth)
            self.aliases = min(self.aliases + fragment.aliases, limits.aliases + 1)
            self.directives = min(self.directives + fragment.directives, limits.directives + 1)
            self.fields = min(self.fields + fragment.fields, limits.fields + 1)


def parse_document(text: str, limits: Limits) -> DocumentNode:
    """Parse a document that is no longer than the limits; raises GraphQLSyntaxError.

    graphql-core bounds the nesting itself, so no text raises RecursionError.
    """
    if len(text.encode(errors="surrogatepass")) > limits.document_bytes:
        msg = f"the document is longer than {limits.document_bytes} bytes. Send a shorter one."
        raise GraphQLSyntaxError(Source(""), 0, msg)
    return parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.tokens)


def check_document(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """Weigh each operation with its fragments; an empty list when all are within the limits.

    This is a function to call before validation and not a rule of it, because rules run side by
    side: a rule could not keep the costly ones from a costly document. Strawberry's limiters are
    rules, and visit a fragment as often as it is spread, which is exponential.
    """
    operations: list[tuple[OperationDefinitionNode, Weight]] = []
    fragments: dict[str, Weight] = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            operations.append((node, _weigh(node)))
        elif isinstance(node, FragmentDefinitionNode):
            fragments[node.name.value] = _weigh(node)

    spreads = {name: {spread[0] for spread in weight.spreads} for name, weight in fragments.items()}
    try:
        for name in TopologicalSorter(spreads).static_order():
            if name in fragments:
                fragments[name].expand(fragments, limits)
    except CycleError as error:
        cycle = ", ".join(error.args[1][:5])
        return [GraphQLError(f"Fragments may not spread themselves, but these do: {cycle}.")]

    errors = []
    for node, weight in operations:
        weight.expand(fragments, limits)
        for name, sentence in SENTENCES.items():
            limit = getattr(limits, name)
            if getattr(weight, name) > limit:
                message = f"This is too much for one request: it {sentence.format(limit)}."
                errors.append(GraphQLError(message, node))
    return errors


def _weigh(node: OperationDefinitionNode | FragmentDefinitionNode) -> Weight:
    """Weigh a definition without the fragments that it spreads."""
    directives = [node.directives, *(each.directives for each in node.variable_definitions or ())]
    weight = Weight(directives=sum(len(each or ()) for each in directives))
    pending: list[tuple[SelectionSetNode, int, bool]] = [(node.selection_set, 0, False)]
    while pending:
        selection_set, around, introspection = pending.pop()
        for selection in selection_set.selections:
            weight.directives += len(selection.directives or ())
            if isinstance(selection, FragmentSpreadNode):
                weight.spreads.append((selection.name.value, around, introspection))
            elif isinstance(selection, InlineFragmentNode):
                pending.append((selection.selection_set, around, introspection))
            elif isinstance(selection, FieldNode):
                begins = not introspection and selection.name.value in {"__schema", "__type"}
                depth = 1 if begins else around + 1
                weight.deepen(depth, introspection=introspection or begins)
                weight.fields += 1
                weight.aliases += selection.alias is not None
                if selection.selection_set:
                    pending.append((selection.selection_set, depth, introspection or begins))
    return weight


def check_variables(variables: dict[str, Any] | None, limits: Limits) -> GraphQLError | None:
    """Refuse variables that take long to coerce, or that no answer could hold: None when good."""
    count, level = 0, list[Any]([variables])
    for _ in range(limits.value_depth):
        level = [
            value
            for outer in level
            if isinstance(outer, dict | list)
            for value in (outer.values() if isinstance(outer, dict) else outer)
        ]
        count += len(level)
        if count > limits.values:
            return GraphQLError(f"Variables may hold {limits.values} values.")
        if not level:
            return None
    return GraphQLError(f"Variables may nest {limits.value_depth} levels deep.")
