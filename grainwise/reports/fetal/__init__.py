"""Reports of fetal heart rates, for clinicians."""
