"""Checks a report offline: its signature, the chains of its log, and its figures.

Those are compared with the log, and with what their counts come to under their rule.
"""

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
from api.reports.recount import OVER, contradictions, recountable
from domain.errors import Invalid
from domain.evidence import beginning, canonical, commitment, link

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


def checks(document: Mapping[str, Any]) -> list[str]:
    """Return what `problems` checked of a report in which it found nothing, as clauses."""
    chains = document["evidence"]["chains"]
    events = sum(len(chain["entries"]) for chain in chains)
    results = {key: result for key, (_, result) in _told(document).items() if result["status"]}
    logged = len(results.keys() & _logged(document).keys())
    counted = sum(map(recountable, results.values()))
    return [
        "the signature of the whole report",
        f"the seals and chains of its {len(chains)} logs, with {events} events",
        f"of {len(results)} results of ballots and rounds, {logged} against the log of their end",
        f"of {len(results)} results, {counted} by their counts under their rule, computed anew",
    ]


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
    """Compare what ballots and rounds came to with their counts, and with what the log says."""
    logged, forgotten = _logged(document), _forgotten(document)
    told = _told(document)
    for ballot, number in sorted(logged.keys() - told.keys()):
        yield f"{_name(ballot, number)} was closed, and is missing from the report."
    for (ballot, number), (item, result) in told.items():
        what = f"“{item['question']:.60}”: {_name(ballot, number)}"
        yield from contradictions(what, item, result)
        outcome = logged.get((ballot, number))
        if outcome is not None:
            yield from _compared(what, result, outcome)
        elif number == WHOLE and item["state"] in OVER and item["topic"] not in forgotten:
            yield f"{what} was closed, which the log does not show."


def _logged(document: Mapping[str, Any]) -> dict[tuple[str, int], Mapping[str, Any]]:
    """Return the outcome of each ballot and round whose end the log shows."""
    return {
        (data["ballot_id"], data.get("number", WHOLE)): data["outcome"]
        for chain in document["evidence"]["chains"]
        for data in (entry["fact"]["data"] for entry in chain["entries"] if "fact" in entry)
        if "outcome" in data
    }


def _forgotten(document: Mapping[str, Any]) -> set[str]:
    """Return the topics of which an event was forgotten, after it was committed to or before."""
    return {
        chain["topic"]
        for chain in document["evidence"]["chains"]
        if len(chain["entries"]) < chain["end"]
        or any(entry.get("erased") for entry in chain["entries"])
    }


def _told(
    document: Mapping[str, Any],
) -> dict[tuple[str, int], tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return each ballot and each round of it by its keys: the item and the result."""
    found: dict[tuple[str, int], tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
    for item in document["items"]:
        found[item["ballot"], WHOLE] = (item, item)
        for result in item["rounds"]:
            found[item["ballot"], result["number"]] = (item, {**item, **result})
    return found


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
