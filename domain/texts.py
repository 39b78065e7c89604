"""What people type: cleaned of what no reader could see, refused where it is too long."""

from __future__ import annotations

import re
import unicodedata

from domain.errors import Invalid

NAME_LENGTH = 200
TITLE_LENGTH = 300
REASON_LENGTH = 4_000
COMMENT_LENGTH = 20_000
DOCUMENT_LENGTH = 100_000

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean(text: str, *path: str, limit: int, required: bool = True) -> str:
    """Return `text` in normal form C without surrounding white space.

    `path` names the input field, `limit` is in characters. Raises Invalid for control characters
    other than tab, carriage return and line feed, for lone surrogates, for text that is too long,
    and for empty text where it is required.
    """
    require_storable(text, *path)
    result = unicodedata.normalize("NFC", text).strip()
    if required and not result:
        raise Invalid(f"{_label(path)} is empty. Please write something.", path)
    if len(result) > limit:
        raise Invalid(
            f"{_label(path)} has {len(result):,} characters; at most {limit:,} are possible.", path
        )
    return result


def storable(text: str) -> bool:
    """Say whether a text can be stored, and so whether it is worth looking for."""
    return _FORBIDDEN.search(text) is None


def require_storable(text: str, *path: str) -> None:
    """Raise Invalid for a text with a character that no text may have; see `clean`."""
    if found := _FORBIDDEN.search(text):
        raise Invalid(
            f"{_label(path)} contains the character U+{ord(found[0]):04X} at position "
            f"{found.start() + 1}, which cannot be stored. Please remove it.",
            path,
        )


def _label(path: tuple[str, ...]) -> str:
    return f"The {path[-1].replace('_', ' ')}" if path else "The text"


def snake_case(name: str) -> str:
    """Return the name of a class as fields and files spell it: "delivery_plan" for DeliveryPlan."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
