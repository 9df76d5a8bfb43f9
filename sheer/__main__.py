"""`python -m sheer`: the command line."""

from sheer.cli.main import main

main()
