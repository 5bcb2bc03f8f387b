"""The local functions of the order workflow, as data: they are copied out and run in processes of their own."""
