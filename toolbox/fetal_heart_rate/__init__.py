"""Fetal heart rate in labour: recordings, what FIGO's rules count in them, simulated births."""
