"""Starts, watches and stops the processes of one stack (scripts/up, down, status, logs).

    table.py       which processes there are: binary, ports, flags, order
    layout.py      where one stack lives: folders and ports
    machine.py     what the machine allows: ports, disk, users, leftovers
    postgres.py    the private PostgreSQL
    supervisor.py  the private supervisord that holds the processes
    stack.py       desired state -> running processes
    facts.py       demo.json, operator.json, and what `up` prints
    signing.py     request signatures (scripts/sign and the examples)
    cli.py         the commands
"""
