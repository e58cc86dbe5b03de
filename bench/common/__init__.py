"""What every bench needs: processes pinned to a core, their CPU time and memory, figures and a table."""
