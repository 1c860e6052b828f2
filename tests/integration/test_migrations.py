"""Migrations on a real, empty database."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from portal import database as portal_database
from portal import migrations, tables


def test_migrations_make_exactly_the_tables_the_models_describe(empty_database):
    migrations.upgrade(portal_database.engine())
    with portal_database.engine().connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), tables.metadata())
    assert differences == []


def test_every_migration_can_be_taken_back_and_made_again(empty_database):
    engine = portal_database.engine()
    scripts = [script.revision for script in ScriptDirectory(str(migrations.SCRIPTS)).walk_revisions()]
    for revision in reversed(scripts):
        migrations.upgrade(engine, revision)
        older = scripts[scripts.index(revision) + 1 :]
        migrations.downgrade(engine, older[0] if older else "base")
        migrations.upgrade(engine, revision)
    migrations.downgrade(engine, "base")
    assert inspect(engine).get_table_names() in ([], ["alembic_version"])
    assert migrations.current(engine) is None


def test_there_is_one_newest_migration(empty_database):
    migrations.upgrade(portal_database.engine())
    assert migrations.current(portal_database.engine()) == migrations.head() is not None


def test_processes_that_start_together_migrate_one_after_the_other(empty_database):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _number: migrations.upgrade(portal_database.engine()), range(4)))
    assert migrations.current(portal_database.engine()) == migrations.head()


@pytest.mark.parametrize("name", ["outbox", "heartbeats"])
def test_a_clone_for_a_test_is_migrated(database, name):
    assert inspect(portal_database.engine()).has_table(name)
