"""What a definition says: one reading yields the compiled state machine and all diagnostics."""
