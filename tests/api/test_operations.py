"""What only a caller of Operations can do wrong, and what fails before the first event."""

import pytest
import strawberry
from strawberry.extensions import MaskErrors

from schema.documents import RequestErrors
from schema.operations import Operations, Request
from tests.api.toy import LIMITS, Query, schema

OPERATIONS = Operations(schema, LIMITS)


async def code_of(failing: str, request: Request) -> object:
    with pytest.raises(RequestErrors) as refused:
        await getattr(OPERATIONS, failing)(request, None)
    assert refused.value.result.keys() == {"errors"}
    return refused.value.result["errors"][0]["extensions"]["code"]


async def test_each_kind_of_operation_has_its_method() -> None:
    subscription = Request("subscription { ticks { number } }")
    assert await code_of("execute", subscription) == "BAD_REQUEST"
    assert await code_of("subscribe", Request("{ id }")) == "BAD_REQUEST"


async def test_a_subscription_that_cannot_start_has_request_errors() -> None:
    query = "subscription ($to: Int) { ticks(to: $to) { number } }"
    assert await code_of("subscribe", Request(query, variables={"to": None})) == "BAD_USER_INPUT"


def test_a_schema_whose_extensions_would_not_run_is_refused() -> None:
    extended = strawberry.Schema(Query, extensions=[MaskErrors])
    with pytest.raises(TypeError, match="does not run extensions"):
        Operations(extended, LIMITS)
