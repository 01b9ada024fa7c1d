"""The check of rules, on the clone: the shipped rules pass it, the floor does not, and the report says what is missing."""

from dataclasses import replace

from tests.domain.clone import Clone

from clone_cqrs.consistency.check import check_rules
from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.domain import DEFAULT_CONSISTENCY_RULES, EVENTS, FLOOR_CONSISTENCY_RULES
from clone_cqrs.messages import Payload, Query


async def test_the_shipped_rules_pass(house: Clone) -> None:
    report = await check_rules(house.database, house.queries, DEFAULT_CONSISTENCY_RULES, EVENTS)
    assert report.passed, str(report)


async def test_the_floor_does_not_and_the_report_names_what_is_missing(house: Clone) -> None:
    report = await check_rules(house.database, house.queries, FLOOR_CONSISTENCY_RULES, EVENTS)
    missing = {(each.event_type, each.query_type) for each in report.stale}
    assert ("user.updated", "user.get_profile") in missing
    assert ("conversation.ended", "user.get_profile") in missing
    assert ("user.created", "user.get") not in missing
    assert "user.updated changes users: no rule drops user.get" in str(report).splitlines()
    assert {each.event_type for each in report.stale} >= {event.type_name for event in EVENTS} - {
        rule.event_type for rule in FLOOR_CONSISTENCY_RULES
    }


async def test_every_single_query_type_left_out_of_a_rule_is_reported(house: Clone) -> None:
    for index, rule in enumerate(DEFAULT_CONSISTENCY_RULES):
        for left_out in rule.affected_query_types:
            rules = list(DEFAULT_CONSISTENCY_RULES)
            rules[index] = replace(rule, affected_query_types=[each for each in rule.affected_query_types if each != left_out])
            report = await check_rules(house.database, house.queries, rules, EVENTS)
            assert [(each.event_type, each.query_type) for each in report.stale] == [(rule.event_type, left_out)]


class Nothing(Payload): ...


class ForgottenQuery(Query[Nothing, int], type="test.forgotten"): ...


class MisspelledQuery(Query[Nothing, int], type="test.misspelled"): ...


async def test_query_types_that_nothing_drops_or_declares_are_reported(house: Clone) -> None:
    @house.queries.handles(ForgottenQuery, policy=anyone)
    async def forgotten(query: ForgottenQuery) -> int:
        return 1

    @house.queries.handles(MisspelledQuery, policy=anyone, reads=("user_view",))
    async def misspelled(query: MisspelledQuery) -> int:
        return 1

    report = await check_rules(house.database, house.queries, DEFAULT_CONSISTENCY_RULES, EVENTS)
    assert report.unnamed == ("test.forgotten", "test.misspelled")
    assert report.undeclared == ("test.forgotten",)
    assert report.unknown == ("user_view",)
    assert not report.passed
