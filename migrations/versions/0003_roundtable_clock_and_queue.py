"""Agenda items, the clock, the speaking queue and slow mode of roundtables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "agenda_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("roundtable_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("planned_minutes", sa.Integer(), nullable=False),
        sa.Column("seconds_spent", sa.Double(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["roundtable_id"], ["roundtables.id"], name=op.f("agenda_items_roundtable_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("agenda_items_pkey")),
    )
    op.create_index(
        op.f("agenda_items_roundtable_id_idx"), "agenda_items", ["roundtable_id"], unique=False
    )
    op.create_table(
        "floor_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("roundtable_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("constituency_id", sa.Uuid(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "WAITING",
                "SPEAKING",
                "FINISHED",
                "WITHDRAWN",
                name="floorrequeststate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("given_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ended_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["constituency_id"],
            ["constituencies.id"],
            name=op.f("floor_requests_constituency_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("floor_requests_person_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["roundtable_id"], ["roundtables.id"], name=op.f("floor_requests_roundtable_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("floor_requests_pkey")),
    )
    op.create_index(
        "floor_requests_roundtable_id_id_idx",
        "floor_requests",
        ["roundtable_id", "id"],
        unique=False,
    )
    op.create_index(
        "floor_requests_waiting_key",
        "floor_requests",
        ["roundtable_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("state = 'WAITING'"),
    )
    op.create_index(
        "floor_requests_speaking_key",
        "floor_requests",
        ["roundtable_id"],
        unique=True,
        postgresql_where=sa.text("state = 'SPEAKING'"),
    )
    # What a new column says of the roundtables that there are; new ones say it themselves.
    op.add_column(
        "roundtables",
        sa.Column("slow_mode_seconds", sa.Integer(), nullable=False, server_default="0"),
    )
    op.add_column(
        "roundtables",
        sa.Column(
            "clock_state",
            sa.Enum(
                "NOT_STARTED",
                "RUNNING",
                "PAUSED",
                "ENDED",
                name="clockstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
            server_default="NOT_STARTED",
        ),
    )
    op.alter_column("roundtables", "slow_mode_seconds", server_default=None)
    op.alter_column("roundtables", "clock_state", server_default=None)
    op.add_column(
        "roundtables", sa.Column("clock_since", sa.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column("roundtables", sa.Column("clock_item_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("roundtables_clock_item_id_fkey"),
        "roundtables",
        "agenda_items",
        ["clock_item_id"],
        ["id"],
    )
    # Slow mode asks for the last comment of one author.
    op.drop_index(op.f("comments_topic_id_idx"), table_name="comments")
    op.create_index(
        "comments_topic_id_author_id_idx", "comments", ["topic_id", "author_id"], unique=False
    )
    # Who asked for the floor, stays on record; what is on the agenda can be taken off it.
    op.execute("GRANT SELECT, INSERT, UPDATE ON agenda_items, floor_requests TO concordat_app")
    op.execute("GRANT DELETE ON agenda_items TO concordat_app")


def downgrade() -> None:
    op.drop_index("comments_topic_id_author_id_idx", table_name="comments")
    op.create_index(op.f("comments_topic_id_idx"), "comments", ["topic_id"], unique=False)
    op.drop_constraint(
        op.f("roundtables_clock_item_id_fkey"), "roundtables", type_="foreignkey"
    )
    op.drop_column("roundtables", "clock_item_id")
    op.drop_column("roundtables", "clock_since")
    op.drop_column("roundtables", "clock_state")
    op.drop_column("roundtables", "slow_mode_seconds")
    op.drop_table("floor_requests")
    op.drop_table("agenda_items")
