"""The reference page of integrations is the catalog in words. STEPWELL_WRITE_PAGES=1 writes it anew."""

import os

from stepwell.asl.resource import PATTERNS
from stepwell.integrations.aws_lambda import LambdaIntegration
from stepwell.integrations.catalog_services import SERVICES
from stepwell.integrations.http.endpoint import HttpIntegration
from stepwell.integrations.services.apigateway import ApiGatewayIntegration
from stepwell.integrations.services.kubernetes import EksCall, EksRunJob
from stepwell.integrations.services.states import StatesIntegration
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

A `.sync` task has a token too (`$$.Task.Token`): answered, it ends the task, and the job goes on unheard.

## If the server stops while a call is in flight

A call leaves after its attempt is safely recorded, and is never made twice unless the service can tell a repetition.

| after a restart | the task |
| --- | --- |
| made again | the service knows it by a token that follows from the attempt, or repeating has no effect |
| outcome unknown | fails with `States.TaskFailed`, and `Retry` or `Catch` decide; `--recovery rerun` makes the call again |

A `.sync` job that was already submitted is watched again, and never submitted again. The last column of each table below
says which of the two holds.

## How soon the end of a job is seen

The service is asked: a second after the job was submitted, then ever less often, down to every 30 seconds, and at most twenty
times a second for all jobs of a service. Whoever knows more may say so: an event of EventBridge (such as *ECS Task State
Change*), sent by `POST` to `/job-events` as `application/json`, has the job that it names asked about at once.

```sh
curl -H 'Content-Type: application/json' -d @event.json http://127.0.0.1:8083/job-events
```

An API destination of EventBridge sends events so, if it can reach the server. They are hints, answered with 202 whether
anybody waits or not: nothing breaks if one is lost, comes twice or is wrong, and only the service's own answer ends a task. Of
several nodes the one that is told passes it on to those that it [reaches directly](../how-to/several-nodes.md).

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

### In whose name

| `--roles` | the machine's role | the role of a task's `Credentials` |
| --- | --- | --- |
| `server` | is not assumed: calls go in the name of the server's own credentials | is assumed by the server. At an address of your own it only says whose account it is |
| `assume` | is assumed by the server, through STS | is assumed by the machine's role |

A session of a role is used until a minute before it expires. A role that must not be assumed fails the task with
`States.TaskFailed`, in AWS's words. Buckets of distributed Maps
are read and written in the same name as AWS is called.

## HTTP APIs: `http:invoke`

[How to call an HTTP API](../how-to/http-apis.md) shows connections and the network that may be called.

| what | rule |
| --- | --- |
| `Method` | `GET`, `POST`, `PUT`, `DELETE`, `PATCH`, `OPTIONS`, `HEAD` |
| `RequestBody` | sent as JSON, text as it is; `Transform.RequestBodyEncoding: URL_ENCODED` makes a form of it, with lists as `RequestEncodingOptions.ArrayFormat` says |
| connection | required. What it adds to headers, query and body replaces what the task says, and is never shown |
| limits | 60 s, 256 KiB of answer, unpacked; one request, no redirect |
| 2xx | the task succeeds with `Headers`, `ResponseBody` (JSON as a value), `StatusCode`, `StatusText` |
| any other status | `States.Http.StatusCode.<status>`, the body as cause |
| nobody answered, or nobody may be asked | `States.Http.Socket` |
| a connection that cannot be used | `Events.ConnectionResource.NotFound`, `...AccessDenied`, `...InvalidConnectionState`, `...InvalidSecretArn` |

`TestState` with `inspectionLevel: TRACE` shows request and answer; what the connection added is in it only with
`revealSecrets`.

## Integrations with code of their own

## Optimized integrations

Errors of a service begin with its name here. Members in *JSON text* take any JSON value and send its text.

"""
ROW = "| action | patterns | JSON text | if the server stops |\n| --- | --- | --- | --- |\n"
CODE = {
    ("apigateway", "invoke"): (ApiGatewayIntegration(None, None, None), "errors are `ApiGateway.<status>`"),
    ("eks", "call"): (EksCall(None), "Kubernetes' API; errors are `EKS.<status>`"),
    ("eks", "runJob"): (EksRunJob(None, None), "a Kubernetes job, with its logs if `LogOptions` asks for them"),
    ("http", "invoke"): (HttpIntegration(None, []), "see above"),
    ("lambda", "invoke"): (LambdaIntegration(None), "local functions, or Lambda's API"),
    ("states", "startExecution"): (StatesIntegration(None), "this server's own executions, named by the attempt"),
}
CODE_ROW = "| action | patterns | what it is | if the server stops |\n| --- | --- | --- | --- |\n"
PLAIN, SUFFIXES = "plain", ("sync", "sync:2", "waitForTaskToken")


def page():
    head, mark, optimized = HEAD.partition("## Optimized integrations")
    parts = [head, CODE_ROW]
    for (service, action), (integration, what) in CODE.items():
        where = f"| `{service}:{action}` | {patterns(service, action)} | {what} |"
        parts.append(f"{where} {crash(integration.is_repeatable(action))} |\n")
    parts.append(f"\n{mark}{optimized}")
    for service in sorted(SERVICES, key=lambda service: service.name):
        parts.append(f"### `{service.name}`\n\nErrors begin with `{service.prefix}.`\n\n{ROW}")
        parts += [
            f"| `{action.name}` | {patterns(service.name, action.name)} | {texts(action)} | {crash(action.repeatable)} |\n"
            for action in service.actions
        ]
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"


def patterns(service, action):
    found = PATTERNS[service, action]
    return ", ".join([PLAIN, *(f"`.{pattern}`" for pattern in SUFFIXES if pattern in found)])


def texts(action):
    return ", ".join(f"`{name}`" for name in sorted(action.texts)) or "–"


def crash(repeatable):
    return "made again" if repeatable else "outcome unknown"


def test_every_action_that_is_recognised_is_on_the_page():
    described = {(service.name, action.name) for service in SERVICES for action in service.actions}
    assert described | CODE.keys() == PATTERNS.keys()


def test_the_page_is_the_catalog():
    if os.environ.get("STEPWELL_WRITE_PAGES"):
        PAGE.write_text(page())
    assert PAGE.read_text() == page()
