"""Kill -9, SIGTERM and SIGINT at random moments to every command, with one process, two processes and a Dask cluster. Linux."""
