"""What it costs to have integrations: nothing heavy is loaded before a call needs it."""

import subprocess
import sys

PROGRAM = """
import sys
import stepwell.functions.pool
import stepwell.integrations.aws_call
import stepwell.integrations.lambda_endpoint
import stepwell.integrations.lambda_local
import stepwell.integrations.services.sfn
import stepwell.integrations.services.states
stepwell.functions.pool.FunctionPool("/nowhere")
stepwell.integrations.lambda_endpoint.EndpointInvoker("http://127.0.0.1:1", None, None)
stepwell.integrations.aws_call.AwsCaller({})
from stepwell.integrations.aws_tasks import AwsTasks
from stepwell.integrations.base import Registry
from stepwell.integrations.http_tasks import HttpTasks
aws = AwsTasks()
aws.register(Registry())
HttpTasks(aws, account="000000000000", environment={}).register(Registry())
late = sorted(name for name in sys.modules if name.endswith((".catalog", ".aws_sdk", ".aws_parts")))
assert not late, late
heavy = sorted(name for name in ("aiohttp", "botocore", "awslambdaric") if name in sys.modules)
assert not heavy, heavy
"""


def test_http_clients_and_service_models_are_loaded_late():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
