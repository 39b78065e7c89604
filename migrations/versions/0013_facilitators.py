"""Facilitators who take turns, in general or by agenda item."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "facilitators",
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("since", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topics.id"], name=op.f("facilitators_topic_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("facilitators_person_id_fkey")
        ),
        sa.PrimaryKeyConstraint("topic_id", "person_id", name=op.f("facilitators_pkey")),
    )
    op.create_index(
        "facilitators_present_idx",
        "facilitators",
        ["topic_id"],
        unique=True,
        postgresql_where=sa.text("since IS NOT NULL"),
    )
    op.create_index(op.f("facilitators_person_id_idx"), "facilitators", ["person_id"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON facilitators TO concordat_app")
    op.add_column("agenda_items", sa.Column("facilitator_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("agenda_items_facilitator_id_fkey"),
        "agenda_items",
        "people",
        ["facilitator_id"],
        ["id"],
    )


def downgrade() -> None:
    op.drop_column("agenda_items", "facilitator_id")
    op.drop_table("facilitators")
