"""The console's side of the server: the bundle for browsers, the reads that it makes, and the streams it follows."""
