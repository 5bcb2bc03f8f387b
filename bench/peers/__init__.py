"""The same workflow on other durable engines: ten steps that do nothing, one after another, a worker outside."""
