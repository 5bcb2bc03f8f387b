"""A stand-in for AWS beside the server: moto's services in a process of their own, gone with the server.

Public: `Sandbox` and `SandboxError` (process). The package moto is optional, and loaded by the child process only.
"""
