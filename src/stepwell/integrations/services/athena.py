"""Athena: queries; `.sync` is done when the query has succeeded, and shows its execution."""

from stepwell.integrations.catalog import Action, Ask, Service, Sync, member_of, submitted, under

SERVICE = Service(
    name="athena",
    model="athena",
    prefix="Athena",
    label="AmazonAthena",
    actions=(
        Action(
            "startQueryExecution",
            repeatable=True,
            sync=Sync(
                poll=Ask("GetQueryExecution", submitted(QueryExecutionId="QueryExecutionId")),
                find=member_of("QueryExecution"),
                status="Status.State",
                done=frozenset({"SUCCEEDED"}),
                failed=frozenset({"FAILED", "CANCELLED"}),
                show=under("QueryExecution"),
                cancel=Ask("StopQueryExecution", submitted(QueryExecutionId="QueryExecutionId")),
            ),
        ),
        Action("stopQueryExecution", repeatable=True),
        Action("getQueryExecution", repeatable=True),
        Action("getQueryResults", repeatable=True),
    ),
)
