"""Runs one mutation by its name, so that a test reads as what is changed."""

from __future__ import annotations

from typing import Any

from domain.permissions import Viewer
from tests.conftest import Ask


async def change(
    ask: Ask, viewer: Viewer, mutation: str, selection: str, **input: Any
) -> dict[str, Any]:
    """Return what the mutation selects of its payload, or `code`, `message` and `path`."""
    name = mutation[0].upper() + mutation[1:]
    data = await ask(
        viewer,
        f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{"
        f" ... on {name}Payload {{ {selection} }} ... on Error {{ code message path }} }} }}",
        input=input,
    )
    return dict(data[mutation])
