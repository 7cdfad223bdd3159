"""Own texts keep their history; jobs say when their worker was last alive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Turn each own text into the first of its versions."""
    made = op.create_table(
        "own_text_version",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("territory", sa.String(80), nullable=False),
        sa.Column("chapter", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("territory", "chapter", "number"),
    )
    old = sa.table(
        "own_text",
        sa.column("territory", sa.String),
        sa.column("chapter", sa.String),
        sa.column("text", sa.Text),
        sa.column("changed", sa.DateTime(timezone=True)),
    )
    op.execute(
        made.insert().from_select(
            ["territory", "chapter", "number", "text", "created"],
            sa.select(
                old.c.territory, old.c.chapter, sa.literal(1), old.c.text, old.c.changed
            ).order_by(old.c.territory, old.c.chapter),
        )
    )
    op.drop_table("own_text")
    op.add_column("job", sa.Column("alive", sa.DateTime(timezone=True)))
