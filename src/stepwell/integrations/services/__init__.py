"""One module for each service; none leans on another."""
