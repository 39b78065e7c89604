"""Organisations in GraphQL."""

from __future__ import annotations

from datetime import datetime

from domain.models import organisations as models
from domain.models.organisations import Nation, OrganisationKind
from domain.queries import organisations as queries
from schema.fields import enum, text
from schema.nodes import Node, node

enum(
    Nation,
    "One of the four nations, each with its own system requirements.",
    ENGLAND="England.",
    NORTHERN_IRELAND="Northern Ireland.",
    SCOTLAND="Scotland.",
    WALES="Wales.",
)
enum(
    OrganisationKind,
    "What an organisation is to the process.",
    EMPLOYER="It employs practitioners.",
    EDUCATION_PROVIDER="It delivers education, or wishes to: a university, say.",
    PROFESSIONAL_BODY="It represents a profession.",
    REGULATOR="It regulates professions by statute.",
    PATIENT_ORGANISATION="It speaks for patients, carers or the public.",
    GOVERNMENT="It is a department or an agency of a government.",
    OTHER="None of these.",
)


@node(models.Organisation, queries.by_ids, "An organisation that takes part.")
class Organisation(Node):
    """An organisation."""

    name: str = text(description="The name, which no other organisation has.")
    kind: OrganisationKind = text(description="What it is to the process.")
    nation: Nation | None = text(description="Where it is; null where it works in several.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was entered.")
