"""Tables of the service: who leads, what is paused, what a slot still owes. `slot` itself is in `app.store.tables`."""

import sqlalchemy as sa

from app.store.columns import cluster_id, number, one_open, words
from app.store.tables import metadata

_INSTANT = sa.DateTime(timezone=True)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.Text, primary_key=True, comment="what is led"),
    words("holder", "the process that leads"),
    sa.Column("until", _INSTANT, nullable=False, comment="when others may take it, by the database's clock"),
    comment="Which of several services keeps the schedule.",
)

enrolment = sa.Table(
    "enrolment",
    metadata,
    cluster_id(),
    sa.Column("since", _INSTANT, nullable=False, comment="when a schedule first named the cluster"),
    sa.PrimaryKeyConstraint("cluster_id"),
    comment="Slots after this moment are accounted for, whether a service ran or not.",
)

pause = sa.Table(
    "pause",
    metadata,
    cluster_id(),
    sa.Column("since", _INSTANT, nullable=False, comment="first moment that is paused"),
    words("who", "who paused it"),
    words("why", "for what reason"),
    sa.Column("until", _INSTANT, comment="last moment that is paused; null while it lasts"),
    words("resumed_by", "who ended it; empty while it lasts"),
    sa.PrimaryKeyConstraint("cluster_id", "since"),
    comment="Times in which a person let no slot of a cluster run.",
)
one_open(pause.c.cluster_id, "until IS NULL")

slot_job = sa.Table(
    "slot_job",
    metadata,
    cluster_id(),
    sa.Column("due_at", _INSTANT, nullable=False, comment="the slot"),
    words("job", "name of the work"),
    number("position", "in which order the slot's work is done"),
    words("status", "pending, done, failed or skipped"),
    number("attempts", "how often it was tried"),
    sa.Column("tried_at", _INSTANT, comment="when it was tried last"),
    words("reason", "why the last attempt failed, or why it was not wanted; else empty"),
    sa.PrimaryKeyConstraint("cluster_id", "due_at", "job"),
    sa.CheckConstraint("status IN ('pending', 'done', 'failed', 'skipped')", name="status"),
    comment="Work that follows a slot, such as its report: noted before the slot begins, so that none is lost.",
)

chore = sa.Table(
    "chore",
    metadata,
    sa.Column("name", sa.Text, nullable=False, comment="name of the chore"),
    sa.Column("due_at", _INSTANT, nullable=False, comment="scheduled time"),
    sa.Column("ended_at", _INSTANT, comment="when it ended; null while it runs, or when its process died"),
    words("problem", "what it found or why it failed; else empty"),
    sa.PrimaryKeyConstraint("name", "due_at"),
    comment="Work for the whole store, such as checking its chains; once for each scheduled time.",
)
