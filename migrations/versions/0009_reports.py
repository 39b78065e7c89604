"""What is stated in reports, and the evidence of streams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def _stream() -> list[sa.Column]:
    return [
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "PUBLIC", "MEMBERS", "MODERATORS", name="audience", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "report_statements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("panel_selection", sa.Text(), nullable=False),
        sa.Column("consensus_definition", sa.Text(), nullable=False),
        sa.Column("anonymity", sa.Text(), nullable=False),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("deviations", sa.Text(), nullable=False),
        sa.Column("conflicts_of_interest", sa.Text(), nullable=False),
        sa.Column("funding", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagements.id"], name=op.f("report_statements_engagement_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["people.id"], name=op.f("report_statements_author_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("report_statements_pkey")),
        sa.UniqueConstraint(
            "engagement_id", "revision", name=op.f("report_statements_engagement_id_revision_key")
        ),
    )
    op.create_table(
        "commitments",
        *_stream(),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "topic_id", "audience", "sequence", name=op.f("commitments_pkey")
        ),
    )
    op.create_table(
        "seals",
        *_stream(),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("topic_id", "audience", "sequence", name=op.f("seals_pkey")),
    )
    # Nothing of these is ever changed by the application; salts are erased by the owner.
    op.execute("GRANT SELECT, INSERT ON report_statements, commitments, seals TO concordat_app")


def downgrade() -> None:
    op.drop_table("seals")
    op.drop_table("commitments")
    op.drop_table("report_statements")
