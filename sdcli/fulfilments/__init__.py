"""Fulfilment on one desk: what is offered, the search for what fits, approval, the walk, figures.

What `sdcli fulfil`, `approve`, `reject` and `procedure` call (R3b.1, R3b.2, R3c2.1-R3c2.4, R3d3.3).
The rules are in `sdcli.fulfilment`, the files in `sdcli.policy.procedures`.
"""
