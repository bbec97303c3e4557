"""Fetal heart rate in labour: recordings, windows before delivery, what FIGO's rules count."""
