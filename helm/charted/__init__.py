"""What helm/generate.py makes the chart's files with."""
