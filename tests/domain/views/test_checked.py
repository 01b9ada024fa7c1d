"""The clone's views are declared as the catalog and the planner would have it, and verify says what its tests say."""

from datetime import UTC, datetime

from tests.domain.schema.rows import Connection
from tests.domain.views.chance import Chance

from clone_cqrs.domain.views import VIEWS
from clone_cqrs.postgres import Database
from clone_cqrs.views import check_views, refresh_view, verify_view


async def test_nothing_is_wrong_with_the_clone_s_views(clone: Connection, clone_dsn: str) -> None:
    await Chance(3, datetime.now(UTC)).stored().insert(clone)
    async with Database.open(clone_dsn) as database:
        assert await check_views(database, VIEWS) == ()
        verified = [await verify_view(database, view, sample=None) for view in VIEWS]
    assert [verification.view for verification in verified if not verification.passed] == []
    assert all(verification.rows for verification in verified)


async def test_rows_that_no_trigger_noted_are_found_and_repaired(clone: Connection, clone_dsn: str) -> None:
    await Chance(3, datetime.now(UTC)).stored().insert(clone)
    (documents,) = (view for view in VIEWS if view.name == "document_summary_view")
    async with Database.open(clone_dsn) as database:
        await refresh_view(database, documents.name)
        await clone.execute("ALTER TABLE knowledge_documents DISABLE TRIGGER USER")
        await clone.execute("UPDATE knowledge_documents SET filename = 'other.pdf'")
        assert "trigger_disabled" in {finding.code for finding in await check_views(database, [documents])}
        found = await verify_view(database, documents, repair=True)
        assert found.different == found.noted == await clone.fetchval("SELECT count(*) FROM document_summary_definition") > 0
        assert (await verify_view(database, documents, sample=None)).passed
