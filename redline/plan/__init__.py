"""What a company of some size needs: `redline plan`. From what was measured, with all that was extrapolated marked.

figures  what was measured, as `bench.plan_figures` gathers it from bench/results into figures.json
sizing   load and figures in, a plan out; pure
shown    the plan as a table
"""
