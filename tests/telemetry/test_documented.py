"""docs/telemetry.md names the metrics that there are, with their labels, and no other."""

import re
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase
from tests.docs.markdown import ROOT
from tests.telemetry.test_metrics import values_of
from tests.telemetry.watched import watched

from clone_cqrs.telemetry.meters import Meters

_ROW = re.compile(r"^\| (?P<names>`cqrs_[^|]+)\|(?P<labels>[^|]*)\|", re.MULTILINE)


def documented() -> dict[str, set[str]]:
    page = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
    return {
        name: set(re.findall(r"`(\w+)`", row["labels"]))
        for row in _ROW.finditer(page)
        for name in re.findall(r"`(\w+)`", row["names"])
    }


def counted() -> Iterator[tuple[str, set[str]]]:
    for metric in vars(Meters(CollectorRegistry())).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            yield family.name + ("_total" if family.type == "counter" else ""), set(metric._labelnames)


async def test_every_metric_is_documented_with_its_labels(points_dsn: str) -> None:
    async with watched(points_dsn) as application:
        await application.drain(60.0)
        told = await values_of(application)
    there = dict(counted())
    for name, labels in told:
        if name.startswith("cqrs_") and not name.endswith(("_bucket", "_count", "_sum", "_created")):
            there.setdefault(name, set()).update(label for label, _ in labels)
    written = documented()
    # Views with a fresh reading alone have these, and there is none here.
    absent = {name: labels for name, labels in written.items() if name not in there}
    assert {name for name in absent if not name.startswith("cqrs_view_")} == set()
    assert all(labels == {"view"} for labels in absent.values())
    assert {name: written.get(name) for name in there} == there
