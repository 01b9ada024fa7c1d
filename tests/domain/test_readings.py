import pytest
from tests.domain.clone import Clone, code

from clone_cqrs.domain import GetUserProfileQuery, ListDocumentsQuery, UpdateUserCommand
from clone_cqrs.domain.readings import ViewStatement


async def test_eventual_reads_the_view_as_it_is_and_other_levels_what_is_committed(house: Clone) -> None:
    user_id = await house.user(name="Ada")
    await house.database.execute("SELECT refresh_all_materialized_views()")
    await house.do(UpdateUserCommand, {"user_id": user_id, "name": "Augusta"})
    await house.document(user_id)
    profile, documents = GetUserProfileQuery({"user_id": user_id}, user_id), ListDocumentsQuery({"user_id": user_id}, user_id)
    for level, name, count in (("eventual", "Ada", 0), ("session", "Augusta", 1), ("strong", "Augusta", 1)):
        seen = (await house.queries.execute(profile, consistency=level)).unwrap()  # type: ignore[arg-type]
        listed = (await house.queries.execute(documents, consistency=level)).unwrap()  # type: ignore[arg-type]
        assert (seen.name, len(listed.items)) == (name, count), level


async def test_a_user_whom_the_view_does_not_have_yet_has_an_empty_list_of_eventual_rows(house: Clone) -> None:
    user_id = await house.user()
    query = ListDocumentsQuery({"user_id": user_id}, user_id)
    assert (await house.queries.execute(query, consistency="eventual")).unwrap().items == ()
    profile = GetUserProfileQuery({"user_id": user_id}, user_id)
    assert code(await house.queries.execute(profile, consistency="eventual")) == "not_found"


def test_a_statement_without_a_view_has_no_two_readings() -> None:
    with pytest.raises(ValueError, match=r"get_user\.sql reads no view"):
        ViewStatement("clone_cqrs.domain.users", "get_user")
