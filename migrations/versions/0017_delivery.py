"""Delivery plans judged and decided, and the approvals that come of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_plan_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "ACTIVE",
                "SUSPENDED",
                "WITHDRAWN",
                "LAPSED",
                name="approvalstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_plan_id"],
            ["delivery_plans.id"],
            name=op.f("approvals_delivery_plan_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["id"], ["topics.id"], name=op.f("approvals_id_fkey")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("approvals_organisation_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["specifications.id"],
            name=op.f("approvals_specification_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("approvals_pkey")),
        sa.UniqueConstraint("delivery_plan_id", name=op.f("approvals_delivery_plan_id_key")),
    )
    op.create_index(
        "approvals_in_force_key",
        "approvals",
        ["organisation_id", "specification_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('ACTIVE', 'SUSPENDED')"),
    )
    op.create_index(
        op.f("approvals_organisation_id_idx"), "approvals", ["organisation_id"], unique=False
    )
    op.create_index(
        op.f("approvals_specification_id_idx"), "approvals", ["specification_id"], unique=False
    )
    op.create_table(
        "panel_seats",
        sa.Column("delivery_plan_id", sa.Uuid(), nullable=False),
        sa.Column("panel", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_plan_id"],
            ["delivery_plans.id"],
            name=op.f("panel_seats_delivery_plan_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("panel_seats_person_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "delivery_plan_id", "panel", "person_id", name=op.f("panel_seats_pkey")
        ),
    )
    op.create_table(
        "plan_conditions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_plan_id", sa.Uuid(), nullable=False),
        sa.Column("panel", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "OPEN", "EVIDENCED", "MET", name="planconditionstate", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_plan_id"],
            ["delivery_plans.id"],
            name=op.f("plan_conditions_delivery_plan_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("plan_conditions_person_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("plan_conditions_pkey")),
    )
    op.create_index(
        op.f("plan_conditions_delivery_plan_id_idx"),
        "plan_conditions",
        ["delivery_plan_id"],
        unique=False,
    )
    op.create_table(
        "plan_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_plan_id", sa.Uuid(), nullable=False),
        sa.Column("submission", sa.Integer(), nullable=False),
        sa.Column("panel", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "transition",
            sa.Enum(
                "SUBMIT",
                "CHECK",
                "REVIEW",
                "CONVENE",
                "APPROVE",
                "APPROVE_WITH_CONDITIONS",
                "RETURN",
                "REFUSE",
                "APPEAL",
                "UPHOLD",
                "ALLOW",
                "WITHDRAW",
                name="deliveryplantransition",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "DRAFT",
                "SUBMITTED",
                "THRESHOLD_CHECK",
                "STANDARDS_REVIEW",
                "PANEL",
                "APPROVED",
                "APPROVED_WITH_CONDITIONS",
                "RETURNED",
                "REFUSED",
                "APPEALED",
                "WITHDRAWN",
                name="deliveryplanstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("met", sa.Integer(), nullable=False),
        sa.Column("partly_met", sa.Integer(), nullable=False),
        sa.Column("not_met", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_plan_id"],
            ["delivery_plans.id"],
            name=op.f("plan_decisions_delivery_plan_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("plan_decisions_person_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("plan_decisions_pkey")),
    )
    op.create_index(
        op.f("plan_decisions_delivery_plan_id_idx"),
        "plan_decisions",
        ["delivery_plan_id"],
        unique=False,
    )
    op.create_table(
        "standards_reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_plan_id", sa.Uuid(), nullable=False),
        sa.Column("submission", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("handed_in_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_plan_id"],
            ["delivery_plans.id"],
            name=op.f("standards_reviews_delivery_plan_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("standards_reviews_person_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("standards_reviews_pkey")),
        sa.UniqueConstraint(
            "delivery_plan_id",
            "submission",
            "person_id",
            name=op.f("standards_reviews_delivery_plan_id_submission_person_id_key"),
        ),
    )
    op.create_table(
        "threshold_answers",
        sa.Column("delivery_plan_id", sa.Uuid(), nullable=False),
        sa.Column("submission", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_plan_id"],
            ["delivery_plans.id"],
            name=op.f("threshold_answers_delivery_plan_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("threshold_answers_person_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "delivery_plan_id", "submission", "number", name=op.f("threshold_answers_pkey")
        ),
    )
    op.create_table(
        "approval_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column(
            "transition",
            sa.Enum(
                "SUSPEND",
                "RESTORE",
                "WITHDRAW",
                "LAPSE",
                name="approvaltransition",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "ACTIVE",
                "SUSPENDED",
                "WITHDRAWN",
                "LAPSED",
                name="approvalstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.id"], name=op.f("approval_decisions_approval_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("approval_decisions_person_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("approval_decisions_pkey")),
    )
    op.create_index(
        op.f("approval_decisions_approval_id_idx"),
        "approval_decisions",
        ["approval_id"],
        unique=False,
    )
    op.create_table(
        "module_assessments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_plan_id", sa.Uuid(), nullable=False),
        sa.Column("module_id", sa.Uuid(), nullable=False),
        sa.Column("block_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["block_id"], ["blocks.id"], name=op.f("module_assessments_block_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_plan_id"],
            ["delivery_plans.id"],
            name=op.f("module_assessments_delivery_plan_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("module_assessments_module_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("module_assessments_pkey")),
    )
    op.create_index(
        op.f("module_assessments_block_id_idx"), "module_assessments", ["block_id"], unique=False
    )
    op.create_index(
        op.f("module_assessments_delivery_plan_id_idx"),
        "module_assessments",
        ["delivery_plan_id"],
        unique=False,
    )
    op.create_index(
        op.f("module_assessments_module_id_idx"), "module_assessments", ["module_id"], unique=False
    )
    op.create_table(
        "standard_judgements",
        sa.Column("standards_review_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "finding",
            sa.Enum("MET", "PARTLY_MET", "NOT_MET", name="finding", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["standards_review_id"],
            ["standards_reviews.id"],
            name=op.f("standard_judgements_standards_review_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "standards_review_id", "number", name=op.f("standard_judgements_pkey")
        ),
    )
    op.create_table(
        "assessed_outcomes",
        sa.Column("module_assessment_id", sa.Uuid(), nullable=False),
        sa.Column("block_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["block_id"], ["blocks.id"], name=op.f("assessed_outcomes_block_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["module_assessment_id"],
            ["module_assessments.id"],
            name=op.f("assessed_outcomes_module_assessment_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "module_assessment_id", "block_id", name=op.f("assessed_outcomes_pkey")
        ),
    )
    op.create_index(
        op.f("assessed_outcomes_block_id_idx"), "assessed_outcomes", ["block_id"], unique=False
    )
    # Plans that there are get empty parts, and those that were handed in count as submitted once.
    for name in ("supervision", "placements", "quality_assurance"):
        op.add_column(
            "delivery_plans", sa.Column(name, sa.Text(), nullable=False, server_default="")
        )
        op.alter_column("delivery_plans", name, server_default=None)
    for name in ("submission", "panel"):
        op.add_column(
            "delivery_plans", sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        )
        op.alter_column("delivery_plans", name, server_default=None)
    op.add_column("delivery_plans", sa.Column("edition", sa.Integer(), nullable=True))
    op.execute("UPDATE delivery_plans SET submission = 1, edition = 1 WHERE state = 'SUBMITTED'")
    op.drop_constraint(
        op.f("delivery_plans_organisation_id_specification_id_key"),
        "delivery_plans",
        type_="unique",
    )
    op.create_index(
        "delivery_plans_in_hand_key",
        "delivery_plans",
        ["organisation_id", "specification_id"],
        unique=True,
        postgresql_where=sa.text(
            "state NOT IN ('APPROVED', 'APPROVED_WITH_CONDITIONS', 'WITHDRAWN')"
        ),
    )
    op.create_index(
        op.f("delivery_plans_organisation_id_idx"),
        "delivery_plans",
        ["organisation_id"],
        unique=False,
    )
    op.execute("GRANT SELECT, INSERT ON plan_decisions, approval_decisions TO concordat_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON approvals, threshold_answers TO concordat_app")
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON module_assessments, assessed_outcomes, "
        "standards_reviews, standard_judgements, panel_seats, plan_conditions TO concordat_app"
    )


def downgrade() -> None:
    op.drop_index(op.f("delivery_plans_organisation_id_idx"), table_name="delivery_plans")
    op.drop_index(
        "delivery_plans_in_hand_key",
        table_name="delivery_plans",
        postgresql_where=sa.text(
            "state NOT IN ('APPROVED', 'APPROVED_WITH_CONDITIONS', 'WITHDRAWN')"
        ),
    )
    op.create_unique_constraint(
        op.f("delivery_plans_organisation_id_specification_id_key"),
        "delivery_plans",
        ["organisation_id", "specification_id"],
    )
    op.drop_column("delivery_plans", "edition")
    op.drop_column("delivery_plans", "panel")
    op.drop_column("delivery_plans", "submission")
    op.drop_column("delivery_plans", "quality_assurance")
    op.drop_column("delivery_plans", "placements")
    op.drop_column("delivery_plans", "supervision")
    op.drop_index(op.f("assessed_outcomes_block_id_idx"), table_name="assessed_outcomes")
    op.drop_table("assessed_outcomes")
    op.drop_table("standard_judgements")
    op.drop_index(op.f("module_assessments_module_id_idx"), table_name="module_assessments")
    op.drop_index(op.f("module_assessments_delivery_plan_id_idx"), table_name="module_assessments")
    op.drop_index(op.f("module_assessments_block_id_idx"), table_name="module_assessments")
    op.drop_table("module_assessments")
    op.drop_index(op.f("approval_decisions_approval_id_idx"), table_name="approval_decisions")
    op.drop_table("approval_decisions")
    op.drop_table("threshold_answers")
    op.drop_table("standards_reviews")
    op.drop_index(op.f("plan_decisions_delivery_plan_id_idx"), table_name="plan_decisions")
    op.drop_table("plan_decisions")
    op.drop_index(op.f("plan_conditions_delivery_plan_id_idx"), table_name="plan_conditions")
    op.drop_table("plan_conditions")
    op.drop_table("panel_seats")
    op.drop_index(op.f("approvals_specification_id_idx"), table_name="approvals")
    op.drop_index(op.f("approvals_organisation_id_idx"), table_name="approvals")
    op.drop_index(
        "approvals_in_force_key",
        table_name="approvals",
        postgresql_where=sa.text("state IN ('ACTIVE', 'SUSPENDED')"),
    )
    op.drop_table("approvals")
