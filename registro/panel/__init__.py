"""The operator's page, the metrics and the health answer: what the first project showed in a window.

The panel reads a frozen status and gives a handful of commands, both through the seam of
`registro.panel.status`; it knows nothing of lines, sessions or stores.
"""
