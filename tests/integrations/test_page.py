"""The reference page of integrations is the catalog in words. STEPWELL_WRITE_PAGES=1 writes it anew."""

import os

from stepwell.asl.resource import PATTERNS
from stepwell.integrations.catalog_services import SERVICES
from tests.tidy.trees import ROOT

PAGE = ROOT / "docs" / "reference" / "integrations.md"
HEAD = """\
# Integrations

What a Task can call, in which patterns, and what happens to a call that was in flight when the server stopped.

## Patterns

| resource ends in | the task succeeds with |
| --- | --- |
| nothing | the answer of the call |
| `.sync` | the description of the job, when it has ended well; stopping the execution stops the job |
| `.waitForTaskToken` | what `SendTaskSuccess` brings |

## If the server stops while a call is in flight

A call leaves after its attempt is safely recorded, and is never made twice unless the service can tell a repetition.

| after a restart | the task |
| --- | --- |
| made again | the service knows it by a token that follows from the attempt, or repeating has no effect |
| outcome unknown | fails with `States.TaskFailed`, and `Retry` or `Catch` decide; `--recovery rerun` makes the call again |

A `.sync` job that was already submitted is watched again, and never submitted again.

## Any AWS API: `aws-sdk`

`arn:aws:states:::aws-sdk:SERVICE:ACTION` calls every action of every service that botocore knows, plain or with
`.waitForTaskToken`. Parameters and results are PascalCase at every depth, as Step Functions spells them. Event streams
cannot be read or written. After a restart, actions that read (`get...`, `list...`, `describe...` and the like) and those
that take an idempotency token are made again; the outcome of any other is unknown.

`aws-sdk:sfn` calls this server itself; `aws-sdk:lambda:invoke` runs the functions that Lambda tasks run.

## Where the calls go

To AWS, or to the address that `AWS_ENDPOINT_URL` or `AWS_ENDPOINT_URL_<SERVICE>` names (or `endpoint_url` in a profile),
with the credentials of AWS's usual chain. An address of your own gets the account as access key where there are no
credentials. The host in an SQS `QueueUrl` is called only if it is one of AWS; with an address of your own, that is
called instead.

## Optimized integrations

Members in *JSON text* take any JSON value and send its text.

"""
ROW = "| action | patterns | JSON text | if the server stops |\n| --- | --- | --- | --- |\n"
PLAIN, SUFFIXES = "plain", ("sync", "sync:2", "waitForTaskToken")


def page():
    parts = [HEAD]
    for service in sorted(SERVICES, key=lambda service: service.name):
        parts.append(f"### `{service.name}`\n\nErrors begin with `{service.prefix}.`\n\n{ROW}")
        parts += [
            f"| `{action.name}` | {patterns(service, action)} | {texts(action)} | {crash(action)} |\n"
            for action in service.actions
        ]
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"


def patterns(service, action):
    found = PATTERNS[service.name, action.name]
    return ", ".join([PLAIN, *(f"`.{pattern}`" for pattern in SUFFIXES if pattern in found)])


def texts(action):
    return ", ".join(f"`{name}`" for name in sorted(action.texts)) or "–"


def crash(action):
    return "made again" if action.repeatable else "outcome unknown"


def test_the_page_is_the_catalog():
    if os.environ.get("STEPWELL_WRITE_PAGES"):
        PAGE.write_text(page())
    assert PAGE.read_text() == page()
