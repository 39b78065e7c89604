"""Periodic reviews and evaluations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table('evaluations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('credential_id', sa.Uuid(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('smallest_count', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('DESIGN', 'COLLECTING', 'ANALYSIS', 'DRAFT_REPORT', 'PUBLISHED', name='evaluationstate', native_enum=False, length=40), nullable=False),
    sa.Column('report', sa.Text(), nullable=False),
    sa.Column('next_cycle', sa.Text(), nullable=False),
    sa.Column('published_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['credential_id'], ['credentials.id'], name=op.f('evaluations_credential_id_fkey')),
    sa.ForeignKeyConstraint(['id'], ['topics.id'], name=op.f('evaluations_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('evaluations_pkey'))
    )
    op.create_index(op.f('evaluations_credential_id_idx'), 'evaluations', ['credential_id'], unique=False)
    op.create_table('measures',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('evaluation_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('INDIVIDUAL', 'COLLECTIVE', name='measurekind', native_enum=False, length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['evaluation_id'], ['evaluations.id'], name=op.f('measures_evaluation_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('measures_pkey'))
    )
    op.create_index(op.f('measures_evaluation_id_idx'), 'measures', ['evaluation_id'], unique=False)
    op.create_table('data_points',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('measure_id', sa.Uuid(), nullable=False),
    sa.Column('evaluation_id', sa.Uuid(), nullable=False),
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('people_group', sa.Text(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('value', sa.Numeric(precision=18, scale=4), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['people.id'], name=op.f('data_points_author_id_fkey')),
    sa.ForeignKeyConstraint(['evaluation_id'], ['evaluations.id'], name=op.f('data_points_evaluation_id_fkey')),
    sa.ForeignKeyConstraint(['measure_id'], ['measures.id'], name=op.f('data_points_measure_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('data_points_pkey')),
    sa.UniqueConstraint('measure_id', 'period', 'people_group', name=op.f('data_points_measure_id_period_people_group_key'))
    )
    op.create_index(op.f('data_points_evaluation_id_idx'), 'data_points', ['evaluation_id'], unique=False)
    op.create_table('periodic_reviews',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('specification_id', sa.Uuid(), nullable=False),
    sa.Column('trigger', sa.Enum('SCHEDULE', 'FRAMEWORK', 'REGULATION', 'SAFETY', 'NEED', name='periodicreviewtrigger', native_enum=False, length=40), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('TRIGGERED', 'EVIDENCE', 'CONSULTING', 'RECONFIRMED', 'MINOR_REVISION', 'MAJOR_REVISION', 'MERGED', 'RETIRED', name='periodicreviewstate', native_enum=False, length=40), nullable=False),
    sa.Column('engagement_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('successor_id', sa.Uuid(), nullable=True),
    sa.Column('merged_into_id', sa.Uuid(), nullable=True),
    sa.Column('next_review_on', sa.Date(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['decided_by_id'], ['people.id'], name=op.f('periodic_reviews_decided_by_id_fkey')),
    sa.ForeignKeyConstraint(['engagement_id'], ['engagements.id'], name=op.f('periodic_reviews_engagement_id_fkey')),
    sa.ForeignKeyConstraint(['merged_into_id'], ['credentials.id'], name=op.f('periodic_reviews_merged_into_id_fkey')),
    sa.ForeignKeyConstraint(['specification_id'], ['specifications.id'], name=op.f('periodic_reviews_specification_id_fkey')),
    sa.ForeignKeyConstraint(['successor_id'], ['specifications.id'], name=op.f('periodic_reviews_successor_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('periodic_reviews_pkey'))
    )
    op.create_index('periodic_reviews_open_key', 'periodic_reviews', ['specification_id'], unique=True, postgresql_where=sa.text("state IN ('TRIGGERED', 'EVIDENCE', 'CONSULTING')"))
    op.create_index('periodic_reviews_specification_id_id_idx', 'periodic_reviews', ['specification_id', 'id'], unique=False)
    op.create_table('review_evidence',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('periodic_review_id', sa.Uuid(), nullable=False),
    sa.Column('specification_id', sa.Uuid(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['people.id'], name=op.f('review_evidence_author_id_fkey')),
    sa.ForeignKeyConstraint(['periodic_review_id'], ['periodic_reviews.id'], name=op.f('review_evidence_periodic_review_id_fkey')),
    sa.ForeignKeyConstraint(['specification_id'], ['specifications.id'], name=op.f('review_evidence_specification_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('review_evidence_pkey'))
    )
    op.create_index(op.f('review_evidence_periodic_review_id_idx'), 'review_evidence', ['periodic_review_id'], unique=False)
    op.create_index(op.f('review_evidence_specification_id_idx'), 'review_evidence', ['specification_id'], unique=False)
    op.add_column('blocks', sa.Column('origin_id', sa.Uuid(), nullable=True))
    op.add_column('sections', sa.Column('origin_id', sa.Uuid(), nullable=True))
    op.add_column('specifications', sa.Column('review_on', sa.Date(), nullable=True))
    op.execute(
        "UPDATE specifications SET review_on = (launched_at AT TIME ZONE 'UTC')::date + 1095 "
        "WHERE state = 'LAUNCHED'"
    )
    # What was found and decided stays on record; data points are corrected.
    op.execute(
        "GRANT SELECT, INSERT, UPDATE ON periodic_reviews, review_evidence, evaluations, "
        "measures, data_points TO concordat_app"
    )


def downgrade() -> None:
    op.drop_column('specifications', 'review_on')
    op.drop_column('sections', 'origin_id')
    op.drop_column('blocks', 'origin_id')
    op.drop_index(op.f('review_evidence_specification_id_idx'), table_name='review_evidence')
    op.drop_index(op.f('review_evidence_periodic_review_id_idx'), table_name='review_evidence')
    op.drop_table('review_evidence')
    op.drop_index('periodic_reviews_specification_id_id_idx', table_name='periodic_reviews')
    op.drop_index('periodic_reviews_open_key', table_name='periodic_reviews', postgresql_where=sa.text("state IN ('TRIGGERED', 'EVIDENCE', 'CONSULTING')"))
    op.drop_table('periodic_reviews')
    op.drop_index(op.f('data_points_evaluation_id_idx'), table_name='data_points')
    op.drop_table('data_points')
    op.drop_index(op.f('measures_evaluation_id_idx'), table_name='measures')
    op.drop_table('measures')
    op.drop_index(op.f('evaluations_credential_id_idx'), table_name='evaluations')
    op.drop_table('evaluations')
