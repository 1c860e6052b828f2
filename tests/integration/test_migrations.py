"""Migrations on a real, empty database."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

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


def test_a_migration_throws_nobody_out_who_holds_one_table_and_comes_for_another(empty_database):
    engine = portal_database.engine()
    migrations.upgrade(engine, "first_tables")
    with ThreadPoolExecutor(1) as pool, engine.connect() as other:
        other.execute(text("lock table user_tasks in row exclusive mode"))
        migrating = pool.submit(migrations.upgrade, engine)
        with pytest.raises(TimeoutError):
            migrating.result(3 * migrations.PATIENCE)
        other.execute(text("lock table waits in row exclusive mode"))
        other.commit()
        migrating.result(60)
    assert migrations.current(engine) == migrations.head()


@pytest.mark.parametrize("name", ["outbox", "heartbeats"])
def test_a_clone_for_a_test_is_migrated(database, name):
    assert inspect(portal_database.engine()).has_table(name)


def _newer_release_has_migrated(revision: str, *, bears: str = "") -> None:
    """Do to the database what a release after this one does."""
    with portal_database.engine().begin() as connection:
        connection.execute(text("update alembic_version set version_num = :revision"), {"revision": revision})
        if bears:
            connection.execute(text("update schema_compatibility set oldest = :oldest"), {"oldest": bears})


def test_a_database_that_a_newer_release_has_migrated_is_left_as_it_is(database):
    _newer_release_has_migrated("of_tomorrow")
    migrations.upgrade(portal_database.engine())
    assert migrations.current(portal_database.engine()) == "of_tomorrow"


def test_a_database_that_bears_only_newer_releases_is_refused_with_what_to_do(database):
    _newer_release_has_migrated("of_tomorrow", bears="of_today")
    with pytest.raises(migrations.DatabaseTooNew, match="of_tomorrow"):
        migrations.upgrade(portal_database.engine())


@pytest.mark.parametrize(
    ("revision", "bears", "state"),
    [
        ("", "", "ok"),
        ("first_tables", "", "behind"),
        ("of_tomorrow", "", "ahead"),
        ("of_tomorrow", "of_today", "too_new"),
    ],
)
def test_the_database_says_whether_this_release_may_work_on_it(database, session, revision, bears, state):
    if revision:
        _newer_release_has_migrated(revision, bears=bears)
    assert migrations.state(session) == state
