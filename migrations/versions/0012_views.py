"""Ballots in which organisations vote, and the views of their members."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

STATES = sa.Enum("GIVEN", "STALE", "WITHDRAWN", name="viewstate", native_enum=False, length=40)


def upgrade() -> None:
    op.add_column(
        "ballots",
        sa.Column("votes_by", sa.String(40), nullable=False, server_default="PEOPLE"),
    )
    op.alter_column("ballots", "votes_by", server_default=None)
    op.add_column("electors", sa.Column("organisation_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("electors_organisation_id_fkey"),
        "electors",
        "organisations",
        ["organisation_id"],
        ["id"],
    )
    op.create_unique_constraint(
        op.f("electors_ballot_id_organisation_id_key"),
        "electors",
        ["ballot_id", "organisation_id"],
    )
    op.create_table(
        "views",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("choice", sa.SmallInteger(), nullable=True),
        sa.Column("options", sa.ARRAY(sa.SmallInteger()), nullable=True),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("state", STATES, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballots.id"], name=op.f("views_ballot_id_fkey")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("views_organisation_id_fkey")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("views_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("views_pkey")),
        sa.UniqueConstraint("ballot_id", "person_id", "round", name=op.f("views_ballot_id_person_id_round_key")),
    )
    op.create_index(
        "views_ballot_id_organisation_id_idx", "views", ["ballot_id", "organisation_id"]
    )
    op.create_index(op.f("views_person_id_idx"), "views", ["person_id"])
    op.create_table(
        "view_revisions",
        sa.Column("view_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.SmallInteger(), nullable=True),
        sa.Column("options", sa.ARRAY(sa.SmallInteger()), nullable=True),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("state", STATES, nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["view_id"], ["views.id"], name=op.f("view_revisions_view_id_fkey")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("view_revisions_organisation_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("view_id", "revision", name=op.f("view_revisions_pkey")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON views TO concordat_app")
    op.execute("GRANT SELECT, INSERT ON view_revisions TO concordat_app")


def downgrade() -> None:
    op.drop_table("view_revisions")
    op.drop_table("views")
    op.drop_column("electors", "organisation_id")
    op.drop_column("ballots", "votes_by")
