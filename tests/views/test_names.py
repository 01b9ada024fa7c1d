"""Names of views: what SQL reads, and nothing that would be more than a name."""

import pytest

from clone_cqrs.views import MaterializedView, ViewName


@pytest.mark.parametrize(
    ("text", "schema", "name", "quoted"),
    [
        ("user_profile_view", None, "user_profile_view", '"user_profile_view"'),
        ("public.user_profile_view", "public", "user_profile_view", '"public"."user_profile_view"'),
        ("Public.View", "public", "view", '"public"."view"'),
        ('"Odd name"', None, "Odd name", '"Odd name"'),
        ('"a.b"."say ""hi"""', "a.b", 'say "hi"', '"a.b"."say ""hi"""'),
        ("übersicht", None, "übersicht", '"übersicht"'),
        ("a$1", None, "a$1", '"a$1"'),
    ],
)
def test_reads_a_name_as_sql_does(text: str, schema: str | None, name: str, quoted: str) -> None:
    parsed = ViewName.parse(text)
    assert (parsed.schema, parsed.name, parsed.quoted) == (schema, name, quoted)
    assert ViewName.parse(parsed.quoted) == parsed


@pytest.mark.parametrize(
    "text",
    ["", " ", "a b", "a;b", "a.b.c", ".a", "a.", '"', '""', '"a', "1a", "a-b", 'a"b', "a\n", "'a'", '"a\x00b"', "é" * 32],
)
def test_refuses_what_is_no_name(text: str) -> None:
    with pytest.raises(ValueError, match="name"):
        ViewName.parse(text)


def test_a_view_has_a_name_and_a_key() -> None:
    view = MaterializedView(name="session_view", key="id", list_key="user_id", time_columns=["age"])  # type: ignore[arg-type]
    assert (view.key_columns, view.time_columns) == (("id",), ("age",))
    assert MaterializedView(name="v", key=("user_id", "day")).key_columns == ("user_id", "day")


@pytest.mark.parametrize(
    "declared",
    [
        {"name": "no name", "key": "id"},
        {"name": "v", "key": ()},
        {"name": "v", "key": "a.b"},
        {"name": "v", "key": "id", "list_key": "x; y"},
        {"name": "v", "key": "id", "time_columns": ("1",)},
    ],
)
def test_refuses_a_view_that_cannot_be(declared: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"name|key"):
        MaterializedView(**declared)  # type: ignore[arg-type]
