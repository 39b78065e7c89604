"""Checks a report offline: its signature, the chains of its log, and its figures against them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from api.reports.document import FORMAT, VERSION
from api.reports.notary import signed
from domain.errors import Invalid
from domain.evidence import beginning, canonical, commitment, link

ENDED = ("CLOSED", "DECIDED", "DROPPED")
WHOLE = 0
"""The number of a ballot as a whole among its rounds, which are numbered from 1."""


def read(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; Invalid with a sentence where there is none."""
    try:
        found = orjson.loads(path.read_bytes())
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from None
    except orjson.JSONDecodeError as error:
        raise Invalid(f"{path} is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise Invalid(f"{path} is not a JSON object.")
    return found


def public_key(document: Mapping[str, Any]) -> OKPKey:
    """Return the Ed25519 key of a JWK, or of a JWK Set with one; Invalid where there is none."""
    keys = document.get("keys")
    jwk = keys[0] if isinstance(keys, list) and len(keys) == 1 else document
    try:
        return OKPKey.import_key(dict(jwk))
    except (JoseError, KeyError, ValueError, TypeError):
        raise Invalid("The key is not an Ed25519 key in JSON (JWK).") from None


def problems(document: Mapping[str, Any], key: OKPKey | None = None) -> list[str]:
    """Return what is wrong with a report, in sentences; nothing where all of it holds.

    Without a key, that of the report itself is believed: whoever can make another key could then
    have made another report.
    """
    if document.get("format") != FORMAT or document.get("version") != VERSION:
        return [f"This is no report in the format {FORMAT}, version {VERSION}."]
    try:
        found = public_key(document["evidence"]["key"]) if key is None else key
        return [*_signature(document, found), *_chains(document, found), *_figures(document)]
    except Invalid as error:
        return [error.message]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        return [f"The report is damaged: {type(error).__name__} at {error}."]


def _signature(document: Mapping[str, Any], key: OKPKey) -> Iterator[str]:
    plain = {name: value for name, value in document.items() if name != "signature"}
    statement = signed(document.get("signature"), key)
    if statement is None:
        yield "The signature of the report is missing, or is not by this key."
    elif statement != {"sha256": sha256(canonical(plain)).hexdigest()}:
        yield "The report was changed after it was signed."


def _chains(document: Mapping[str, Any], key: OKPKey) -> Iterator[str]:
    for chain in document["evidence"]["chains"]:
        stream = (UUID(chain["topic"]), chain["audience"])
        where = f"the log of {chain['topic']} ({chain['audience'].lower()})"
        head, last = beginning(*stream), 0
        heads = {}
        for entry in chain["entries"]:
            sequence, digest = entry["sequence"], bytes.fromhex(entry["digest"])
            if sequence <= last:
                yield f"Event {sequence} follows event {last} in {where}: they were swapped."
            if "fact" in entry and not _stands_for(entry, stream):
                yield f"Event {sequence} of {where} is not what was committed to."
            head, last = link(head, sequence, digest), sequence
            heads[sequence] = head.hex()
        sealed = 0
        for number, signature in enumerate(chain["seals"], 1):
            statement = signed(signature, key)
            if statement is None:
                yield f"Seal {number} of {where} is not by this key."
                continue
            sealed = max(sealed, statement["sequence"])
            if (statement["topic_id"], statement["audience"]) != (chain["topic"], stream[1]):
                yield f"Seal {number} of {where} belongs to another log."
            elif heads.get(statement["sequence"]) != statement["head"]:
                yield (
                    f"{where.capitalize()} was changed before event {statement['sequence']}: it "
                    "does not lead to the head that was sealed there."
                )
        if sealed != last:
            yield f"{where.capitalize()} ends at event {last}, and was sealed up to {sealed}."


def _stands_for(entry: Mapping[str, Any], stream: tuple[UUID, str]) -> bool:
    fact = entry["fact"]
    return (
        commitment(fact, bytes.fromhex(entry["salt"])).hex() == entry["digest"]
        and (fact["topic_id"], fact["audience"]) == (str(stream[0]), stream[1])
        and fact["sequence"] == entry["sequence"]
    )


def _figures(document: Mapping[str, Any]) -> Iterator[str]:
    """Compare what ballots and rounds came to with what the log says of their end."""
    logged: dict[tuple[str, int], Mapping[str, Any]] = {}
    forgotten = set()
    for chain in document["evidence"]["chains"]:
        entries = chain["entries"]
        # An event may have been forgotten after it was committed to, or before.
        if len(entries) < chain["end"] or any(entry.get("erased") for entry in entries):
            forgotten.add(chain["topic"])
        for fact in (entry["fact"] for entry in entries if "fact" in entry):
            data = fact["data"]
            if "outcome" in data:
                logged[data["ballot_id"], data.get("number", WHOLE)] = data["outcome"]
    told = dict(_told(document))
    for ballot, number in sorted(logged.keys() - told.keys()):
        yield f"{_name(ballot, number)} was closed, and is missing from the report."
    for (ballot, number), (item, result) in told.items():
        what = f"“{item['question']:.60}”: {_name(ballot, number)}"
        outcome = logged.get((ballot, number))
        if outcome is not None:
            yield from _compared(what, result, outcome)
        elif number == WHOLE and item["state"] in ENDED and item["topic"] not in forgotten:
            yield f"{what} was closed, which the log does not show."


def _told(
    document: Mapping[str, Any],
) -> Iterator[tuple[tuple[str, int], tuple[Mapping[str, Any], Mapping[str, Any]]]]:
    """Yield each ballot and each round of it: its keys, the item and the result."""
    for item in document["items"]:
        yield (item["ballot"], WHOLE), (item, item)
        for result in item["rounds"]:
            yield (item["ballot"], result["number"]), (item, {**item, **result})


def _name(ballot: str, number: int) -> str:
    return f"ballot {ballot}" if number == WHOLE else f"round {number} of ballot {ballot}"


def _compared(what: str, result: Mapping[str, Any], outcome: Mapping[str, Any]) -> Iterator[str]:
    for name in ("status", "reasons", "turnout", "rule_hash", "rule"):
        if result[name] != outcome[name]:
            yield f"The {name.replace('_', ' ')} of {what} is not that of the log."
    overall = [] if outcome["overall"] is None else [outcome["overall"]]
    logged = [*overall, *outcome["by_constituency"]]
    if len(result["groups"]) != len(logged):
        yield f"{what} has {len(result['groups'])} groups; the log has {len(logged)}."
    for group, figures in zip(result["groups"], logged, strict=False):
        for name, value in figures.items():
            if group[name] != value:
                yield (
                    f"{what}, {figures['label']}: the report says {group[name]} for "
                    f"{name.replace('_', ' ')}, the log {value}."
                )
