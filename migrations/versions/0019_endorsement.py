"""The board's endorsement and the launch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0019"
down_revision = "0017"


def upgrade() -> None:
    op.create_table('implementation_plans',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('specification_id', sa.Uuid(), nullable=False),
    sa.Column('launch_on', sa.Date(), nullable=False),
    sa.Column('teach_out_on', sa.Date(), nullable=True),
    sa.Column('resources', sa.Text(), nullable=False),
    sa.Column('pilot', sa.Text(), nullable=False),
    sa.Column('pilot_evaluation', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['specification_id'], ['specifications.id'], name=op.f('implementation_plans_specification_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('implementation_plans_pkey')),
    sa.UniqueConstraint('specification_id', name=op.f('implementation_plans_specification_id_key'))
    )
    op.create_table('endorsements',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('specification_id', sa.Uuid(), nullable=False),
    sa.Column('engagement_id', sa.Uuid(), nullable=False),
    sa.Column('ballot_id', sa.Uuid(), nullable=False),
    sa.Column('content_hash', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('OPEN', 'PASSED', 'FAILED', 'WITHDRAWN', name='endorsementstate', native_enum=False, length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('concluded_by_id', sa.Uuid(), nullable=True),
    sa.Column('concluded_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['ballot_id'], ['ballots.id'], name=op.f('endorsements_ballot_id_fkey')),
    sa.ForeignKeyConstraint(['concluded_by_id'], ['people.id'], name=op.f('endorsements_concluded_by_id_fkey')),
    sa.ForeignKeyConstraint(['engagement_id'], ['engagements.id'], name=op.f('endorsements_engagement_id_fkey')),
    sa.ForeignKeyConstraint(['specification_id'], ['specifications.id'], name=op.f('endorsements_specification_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('endorsements_pkey')),
    sa.UniqueConstraint('ballot_id', name=op.f('endorsements_ballot_id_key')),
    sa.UniqueConstraint('engagement_id', name=op.f('endorsements_engagement_id_key'))
    )
    op.create_index('endorsements_open_key', 'endorsements', ['specification_id'], unique=True, postgresql_where=sa.text("state = 'OPEN'"))
    op.create_index('endorsements_specification_id_id_idx', 'endorsements', ['specification_id', 'id'], unique=False)
    op.create_table('implementation_points',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('implementation_plan_id', sa.Uuid(), nullable=False),
    sa.Column('specification_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('ENABLER', 'BARRIER', name='implementationpointkind', native_enum=False, length=40), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['implementation_plan_id'], ['implementation_plans.id'], name=op.f('implementation_points_implementation_plan_id_fkey')),
    sa.ForeignKeyConstraint(['specification_id'], ['specifications.id'], name=op.f('implementation_points_specification_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('implementation_points_pkey'))
    )
    op.create_index(op.f('implementation_points_implementation_plan_id_idx'), 'implementation_points', ['implementation_plan_id'], unique=False)
    op.create_index(op.f('implementation_points_specification_id_idx'), 'implementation_points', ['specification_id'], unique=False)
    op.create_table('endorsement_conditions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('endorsement_id', sa.Uuid(), nullable=False),
    sa.Column('specification_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('answered_by_id', sa.Uuid(), nullable=True),
    sa.Column('met_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('met_reason', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['answered_by_id'], ['people.id'], name=op.f('endorsement_conditions_answered_by_id_fkey')),
    sa.ForeignKeyConstraint(['endorsement_id'], ['endorsements.id'], name=op.f('endorsement_conditions_endorsement_id_fkey')),
    sa.ForeignKeyConstraint(['specification_id'], ['specifications.id'], name=op.f('endorsement_conditions_specification_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('endorsement_conditions_pkey'))
    )
    op.create_index(op.f('endorsement_conditions_endorsement_id_idx'), 'endorsement_conditions', ['endorsement_id'], unique=False)
    op.create_index(op.f('endorsement_conditions_specification_id_idx'), 'endorsement_conditions', ['specification_id'], unique=False)
    op.add_column('specifications', sa.Column('teach_out_on', sa.Date(), nullable=True))
    # What was decided stays on record, and so does what was planned.
    op.execute(
        "GRANT SELECT, INSERT, UPDATE ON endorsements, endorsement_conditions, "
        "implementation_plans, implementation_points TO concordat_app"
    )


def downgrade() -> None:
    op.drop_column('specifications', 'teach_out_on')
    op.drop_index(op.f('endorsement_conditions_specification_id_idx'), table_name='endorsement_conditions')
    op.drop_index(op.f('endorsement_conditions_endorsement_id_idx'), table_name='endorsement_conditions')
    op.drop_table('endorsement_conditions')
    op.drop_index(op.f('implementation_points_specification_id_idx'), table_name='implementation_points')
    op.drop_index(op.f('implementation_points_implementation_plan_id_idx'), table_name='implementation_points')
    op.drop_table('implementation_points')
    op.drop_index('endorsements_specification_id_id_idx', table_name='endorsements')
    op.drop_index('endorsements_open_key', table_name='endorsements', postgresql_where=sa.text("state = 'OPEN'"))
    op.drop_table('endorsements')
    op.drop_table('implementation_plans')
