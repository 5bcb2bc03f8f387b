"""Commands out, outcomes back: what a Task's service call means, service by service.

Public: `Call`, `Outcome`, `Integration`, `Operations`, `Registry` (base). The integrations that come with Stepwell are
in `aws_lambda` (with `lambda_local` and `lambda_endpoint` behind it), `services.states` and `services.sfn`. An
integration calls once and never retries: Retry is the definition's business.
"""
