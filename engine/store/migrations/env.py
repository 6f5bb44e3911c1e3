"""Run migrations on the connection that the store hands over."""

from alembic import context

from engine.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,  # SQLite can, and a start that is killed half-way must leave nothing behind
)
with context.begin_transaction():
    context.run_migrations()
