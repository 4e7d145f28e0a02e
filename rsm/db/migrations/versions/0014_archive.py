"""Which files hold rows that left the database, and who may let such rows go."""

import sqlalchemy as sa
from alembic import op

from rsm.db.migrations.security_0014 import let_old_rows_go, protect_archive

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    table = "archived_file"
    op.create_table(
        table,
        sa.Column("of_table", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("part > 0 AND row_count > 0", name=op.f("ck_archived_file_counts")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_archived_file_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archived_file")),
        sa.UniqueConstraint(
            "site_id",
            "of_table",
            "month",
            "part",
            name=op.f("uq_archived_file_site_id_of_table_month_part"),
        ),
    )
    protect_archive()
    let_old_rows_go()
