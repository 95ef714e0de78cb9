"""The live desk in a terminal: what it shows, what is done in it, and the screen (R6.4, R3d2.1c).

`state` and `forms` hold frozen values and pure functions; `look` and `acts` stand over the desk; `app`
and its widgets are all that knows the library of the screen. `watch` is the plain way of `sdcli list`.
"""
