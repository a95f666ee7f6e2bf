"""The boards as Python: what is asked, how it is drawn, and where it stands."""
