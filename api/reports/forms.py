"""The forms that a report has: how each is written, and what it is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from api.reports.page import POLICY, as_html
from api.reports.tables import as_csv


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a report: its media type, and how a document is written in it."""

    media_type: str
    write: Callable[[Mapping[str, Any]], bytes]


def _as_json(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


FORMS = {
    "json": Form("application/json", _as_json),
    "csv": Form("text/csv; charset=utf-8", as_csv),
    "html": Form("text/html; charset=utf-8", as_html),
}
HEADERS = {
    "content-security-policy": f"{POLICY}; frame-ancestors 'none'",
    "cache-control": "private, no-cache",
    "vary": "authorization",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
